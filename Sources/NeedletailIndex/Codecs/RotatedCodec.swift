internal import NeedletailNumerics

/// 1 to 8 bits for each component of a randomly rotated vector, with a bound on the error of each score.
///
/// J. Gao and C. Long, "RaBitQ: quantizing high-dimensional vectors with a theoretical error bound for approximate nearest
/// neighbor search", SIGMOD 2024, section 3, and J. Gao et al., "Practical and asymptotically optimal quantization of
/// high-dimensional vectors in Euclidean space for approximate nearest neighbor search", SIGMOD 2025, for more than one
/// bit. With `o` the rotated vector scaled to length 1 and `v` its code around the middle, `⟨q, o⟩` is estimated without
/// bias by `⟨q, v⟩ / ⟨o, v⟩`, and is off by at most `ε √((1 - c²) / (c² (d - 1)))` with high probability, where
/// `c = ⟨o, v⟩ / |v|`.
///
/// Deviations: the query is rounded to two levels of 8 bits instead of 4 bits at random; the scale of a code is the best
/// of a grid of candidates instead of all critical ones.
struct RotatedCodec: BlockCodec {
  let dimension: Int
  let bits: Int
  let rotation: RandomRotation

  /// In front of the planes: what products are multiplied by, and the bound for a query of length 1.
  private static let termBytes = 8
  /// `ε` of the bound: errors beyond it have a probability of some percent for a single row.
  private static let confidence: Float = 1.9

  private var width: Int { roundedToGroups(dimension) }
  private var middle: Float { Float(1 << bits - 1) / 2 }

  var specification: CodecSpecification { .rotated(bits: bits) }
  var codeBytes: Int { Self.termBytes + bits * width / 8 }
  var sharedBytes: Int { MemoryLayout<UInt64>.size }
  var queryBytes: Int { 2 * width + 4 * dimension }
  var scoreTolerance: Float { bits <= 2 ? 0.02 : 2e-3 }
  var hasMargins: Bool { true }

  func squaredLength(ofRow row: Float, decoded: Float) -> Float { row }

  func writeParameters(to writer: inout ByteWriter) { writer.append(rotation.seed) }

  func encode(
    _ row: UnsafePointer<Float>, into code: UnsafeMutablePointer<UInt8>, residual: UnsafeMutablePointer<UInt8>
  ) {
    unsafe ScratchMemory.use(of: Float.self, count: dimension) { turned in
      let vector = turned.baseAddress!
      unsafe vector.update(from: row, count: dimension)
      unsafe rotation.turn(vector)
      unsafe ScratchMemory.use(of: UInt8.self, count: dimension) { codes in
        let best = unsafe choose(vector, codes.baseAddress!)
        unsafe PlaneCodes.write(
          codes.baseAddress!, count: dimension, planes: bits, planeBytes: width / 8, into: code + Self.termBytes)
        unsafe UnsafeMutableRawPointer(code).storeBytes(of: best.factor, as: Float.self)
        unsafe UnsafeMutableRawPointer(code).storeBytes(of: best.bound, toByteOffset: 4, as: Float.self)
      }
    }
  }

  /// Finds the code whose direction is nearest to the vector's.
  private func choose(
    _ vector: UnsafePointer<Float>, _ codes: UnsafeMutablePointer<UInt8>
  ) -> (factor: Float, bound: Float) {
    var (squared, largest): (Float, Float) = (0, 0)
    for index in 0..<dimension {
      unsafe squared += vector[index] * vector[index]
      largest = unsafe max(largest, abs(vector[index]))
    }
    guard squared > 0, largest > 0 else {
      for index in 0..<dimension { unsafe codes[index] = 0 }
      return (0, 0)
    }
    var best = (cosine: -Float.infinity, step: Float(0))
    for step in candidates(largest: largest, length: squared.squareRoot()) {
      let (product, codeSquare) = unsafe assess(vector, step)
      let cosine = product / (codeSquare.squareRoot() * squared.squareRoot())
      if cosine > best.cosine { best = (cosine, step) }
    }
    for index in 0..<dimension { unsafe codes[index] = UInt8(level(vector[index], best.step) + middle) }
    let (product, codeSquare) = unsafe assess(vector, best.step)
    let cosine = min(1, product / (codeSquare.squareRoot() * squared.squareRoot()))
    let spread = max(0, (1 - cosine * cosine) / (cosine * cosine * Float(max(1, dimension - 1)))).squareRoot()
    return (squared / product, Self.confidence * spread * squared.squareRoot())
  }

  /// The level of a component around the middle: a half, three halves and so on.
  @inline(__always)
  private func level(_ value: Float, _ step: Float) -> Float {
    max(-middle, min(middle, (value * step - 0.5).rounded() + 0.5))
  }

  /// The product of vector and code, and the squared length of the code.
  private func assess(_ vector: UnsafePointer<Float>, _ step: Float) -> (product: Float, codeSquare: Float) {
    var (product, codeSquare): (Float, Float) = (0, 0)
    for index in 0..<dimension {
      let level = unsafe level(vector[index], step)
      unsafe product += level * vector[index]
      codeSquare += level * level
    }
    return (product, codeSquare)
  }

  /// Steps from "the largest component has the last level" to "components of ordinary size have".
  private func candidates(largest: Float, length: Float) -> [Float] {
    guard bits > 1 else { return [1 / largest] }
    let (low, high) = (middle / largest, middle * Float(dimension).squareRoot() / length)
    guard high > low else { return [low] }
    return (0...12).map { low + (high - low) * Float($0) / 12 }
  }

  private static func terms(_ code: UnsafePointer<UInt8>) -> (factor: Float, bound: Float) {
    let raw = unsafe UnsafeRawPointer(code)
    return unsafe (raw.loadUnaligned(as: Float.self), raw.loadUnaligned(fromByteOffset: 4, as: Float.self))
  }

  func decode(
    _ code: UnsafePointer<UInt8>, residual: UnsafePointer<UInt8>?, into row: UnsafeMutablePointer<Float>
  ) {
    let factor = unsafe Self.terms(code).factor
    for index in 0..<dimension {
      let value = unsafe PlaneCodes.value(at: index, planes: bits, planeBytes: width / 8, in: code + Self.termBytes)
      unsafe row[index] = factor * (Float(value) - middle)
    }
    unsafe rotation.turnBack(row)
  }

  func prepare(_ query: UnsafePointer<Float>, _ prepared: CodeQuery) {
    let turned = unsafe prepared.pointer(to: Float.self, at: 2 * width)
    unsafe turned.update(from: query, count: dimension)
    unsafe rotation.turn(turned)
    var sum: Float = 0
    for index in 0..<dimension { unsafe sum += turned[index] }
    prepared.offset = -middle * sum
    prepared.scale = unsafe IntegerQuery.split(
      turned, count: dimension, high: prepared.pointer(to: Int8.self), low: prepared.pointer(to: Int8.self, at: width))
    guard bits <= 2 else { return }
    // One level suffices for coarse codes; the sum is that of the rounded query, so that the middle cancels.
    let high = unsafe prepared.pointer(to: Int8.self)
    var whole = 0
    for index in 0..<dimension { unsafe whole += Int(high[index]) }
    prepared.scale *= 127
    prepared.offset = -middle * prepared.scale * Float(whole)
  }

  func score(
    _ prepared: CodeQuery, _ blocks: UnsafePointer<UInt8>, count: Int, into scores: UnsafeMutablePointer<Float>
  ) {
    unsafe PlaneCodes.products(
      high: prepared.pointer(to: Int8.self), low: bits <= 2 ? nil : prepared.pointer(to: Int8.self, at: width),
      blocks + Self.termBytes, stride: codeBytes, planes: bits, count: count, dimension: width, into: scores)
    for index in 0..<count {
      let factor = unsafe Self.terms(blocks + index * codeBytes).factor
      unsafe scores[index] = factor * (prepared.offset + prepared.scale * scores[index])
    }
  }

  func margins(_ blocks: UnsafePointer<UInt8>, count: Int, into margins: UnsafeMutablePointer<Float>) {
    // The rounding of the query adds its own, much smaller error.
    let rounding: Float = bits <= 2 ? 4e-3 : 5e-5
    for index in 0..<count {
      let (factor, bound) = unsafe Self.terms(blocks + index * codeBytes)
      unsafe margins[index] = bound + rounding * abs(factor) * middle
    }
  }
}
