/// e to the power of numbers that are not above 0, eight at a time: the relative error is below 3e-7; below -87 the result is 0.
@inlinable public func exponential(ofNonPositive x: SIMD8<Float>) -> SIMD8<Float> {
  let clamped = pointwiseMax(x, SIMD8(repeating: -87))
  let power = (clamped * 1.442_695_04).rounded(.toNearestOrEven)
  // The logarithm of 2 in two parts, so that the rest keeps its digits.
  let rest = clamped - power * 0.693_359_375 + power * 2.121_944_4e-4
  var value = SIMD8<Float>(repeating: 1.388_888_9e-3)
  value = value * rest + 8.333_334e-3
  value = value * rest + 4.166_666_8e-2
  value = value * rest + 0.166_666_67
  value = value * rest + 0.5
  value = value * rest + 1
  value = value * rest + 1
  let exponent = (SIMD8<Int32>(power) &+ 127) &<< 23
  let scale = unsafe unsafeBitCast(exponent, to: SIMD8<Float>.self)
  return (value * scale).replacing(with: 0, where: x .< -87)
}
