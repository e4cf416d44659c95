internal import NeedletailNumerics

/// The sign of each component, and one magnitude for all (M. Charikar, "Similarity estimation techniques from rounding
/// algorithms", STOC 2002, without the random projection).
struct SignCodec: BlockCodec {
  let dimension: Int
  /// The mean magnitude of a component, which every decoded component has.
  let magnitude: Float

  private var width: Int { roundedToGroups(dimension) }
  var specification: CodecSpecification { .signs }
  var codeBytes: Int { width / 8 }
  var sharedBytes: Int { 4 }
  var queryBytes: Int { 2 * width }
  var scoreTolerance: Float { 3e-4 }

  init(dimension: Int, magnitude: Float) {
    self.dimension = dimension
    self.magnitude = magnitude
  }

  init(training values: [Float], dimension: Int) {
    let sum = values.reduce(0.0) { $0 + Double(abs($1)) }
    self.init(dimension: dimension, magnitude: values.isEmpty ? 0 : Float(sum / Double(values.count)))
  }

  func writeParameters(to writer: inout ByteWriter) { writer.append(magnitude) }

  func encode(
    _ row: UnsafePointer<Float>, into code: UnsafeMutablePointer<UInt8>, residual: UnsafeMutablePointer<UInt8>
  ) {
    for byte in 0..<codeBytes { unsafe code[byte] = 0 }
    for index in 0..<dimension where unsafe row[index] >= 0 { unsafe code[index / 8] |= 1 << UInt8(index % 8) }
  }

  func decode(
    _ code: UnsafePointer<UInt8>, residual: UnsafePointer<UInt8>?, into row: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<dimension {
      unsafe row[index] = code[index / 8] >> UInt8(index % 8) & 1 == 1 ? magnitude : -magnitude
    }
  }

  func prepare(_ query: UnsafePointer<Float>, _ prepared: CodeQuery) {
    var sum: Float = 0
    for index in 0..<dimension { unsafe sum += query[index] }
    prepared.offset = -magnitude * sum
    let step = unsafe IntegerQuery.split(
      query, count: dimension, high: prepared.pointer(to: Int8.self), low: prepared.pointer(to: Int8.self, at: width))
    prepared.scale = 2 * magnitude * step
  }

  func score(
    _ prepared: CodeQuery, _ blocks: UnsafePointer<UInt8>, count: Int, into scores: UnsafeMutablePointer<Float>
  ) {
    unsafe PlaneCodes.products(
      high: prepared.pointer(to: Int8.self), low: prepared.pointer(to: Int8.self, at: width), blocks, stride: codeBytes,
      planes: 1, count: count, dimension: width, into: scores)
    for index in 0..<count { unsafe scores[index] = prepared.offset + prepared.scale * scores[index] }
  }
}

/// Products of a two-level query with rows of bit planes.
enum PlaneCodes {
  /// `127 · ⟨high, code⟩ + ⟨low, code⟩` for `count` rows, `stride` bytes apart; without `low`, `⟨high, code⟩`.
  static func products(
    high: UnsafePointer<Int8>, low: UnsafePointer<Int8>?, _ rows: UnsafePointer<UInt8>, stride: Int, planes: Int,
    count: Int, dimension: Int, into products: UnsafeMutablePointer<Float>
  ) {
    unsafe ProductBuffer.use { upper, lower in
      for start in Swift.stride(from: 0, to: count, by: ProductBuffer.rows) {
        let size = min(ProductBuffer.rows, count - start)
        let (first, kernels) = unsafe (rows + start * stride, CodeKernels.current)
        unsafe kernels.dot(
          high, planeRows: first, stride: stride, count: size, dimension: dimension, planes: planes, into: upper)
        guard let low = unsafe low else {
          for index in 0..<size { unsafe products[start + index] = Float(upper[index]) }
          continue
        }
        unsafe kernels.dot(
          low, planeRows: first, stride: stride, count: size, dimension: dimension, planes: planes, into: lower)
        for index in 0..<size { unsafe products[start + index] = 127 * Float(upper[index]) + Float(lower[index]) }
      }
    }
  }

  /// Writes the binary digits of the codes of all components, the heaviest plane first.
  static func write(
    _ codes: UnsafePointer<UInt8>, count: Int, planes: Int, planeBytes: Int, into target: UnsafeMutablePointer<UInt8>
  ) {
    for byte in 0..<planes * planeBytes { unsafe target[byte] = 0 }
    for index in 0..<count {
      for plane in 0..<planes where unsafe codes[index] >> UInt8(planes - 1 - plane) & 1 == 1 {
        unsafe target[plane * planeBytes + index / 8] |= 1 << UInt8(index % 8)
      }
    }
  }

  /// The code of one component.
  @inline(__always)
  static func value(at index: Int, planes: Int, planeBytes: Int, in code: UnsafePointer<UInt8>) -> Int {
    var value = 0
    for plane in 0..<planes {
      value = unsafe 2 * value + Int(code[plane * planeBytes + index / 8] >> UInt8(index % 8) & 1)
    }
    return value
  }
}
