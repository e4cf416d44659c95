internal import NeedletailNumerics

/// Vectors as floating-point numbers of 32 or 16 bits.
struct FloatCodec: BlockCodec {
  let specification: CodecSpecification
  let dimension: Int

  var codeBytes: Int { specification == .float32 ? 4 * dimension : 2 * dimension }
  var sharedBytes: Int { 0 }
  var queryBytes: Int { 4 * dimension }
  var scoreTolerance: Float { 1e-5 }

  func writeParameters(to writer: inout ByteWriter) {}

  func encode(
    _ row: UnsafePointer<Float>, into code: UnsafeMutablePointer<UInt8>, residual: UnsafeMutablePointer<UInt8>
  ) {
    let target = UnsafeMutableRawPointer(code)
    for index in 0..<dimension {
      let value = unsafe row[index]
      switch specification {
      case .float32: unsafe target.storeBytes(of: value, toByteOffset: 4 * index, as: Float.self)
      case .bfloat16: unsafe target.storeBytes(of: Self.brain(value), toByteOffset: 2 * index, as: UInt16.self)
      default:
        var (half, value) = (UInt16(0), max(-65_504, min(65_504, value)))
        unsafe DistanceKernels.current.convert(&value, count: 1, toHalves: &half)
        unsafe target.storeBytes(of: half, toByteOffset: 2 * index, as: UInt16.self)
      }
    }
  }

  /// The nearest bfloat16, of two equally near ones the even; the largest finite one for numbers beyond.
  static func brain(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let rounded = bits &+ 0x7fff &+ ((bits >> 16) & 1)
    let brain = UInt16(truncatingIfNeeded: rounded >> 16)
    return brain & 0x7f80 == 0x7f80 ? (brain & 0x8000) | 0x7f7f : brain
  }

  func decode(
    _ code: UnsafePointer<UInt8>, residual: UnsafePointer<UInt8>?, into row: UnsafeMutablePointer<Float>
  ) {
    let source = unsafe UnsafeRawPointer(code)
    for index in 0..<dimension {
      switch specification {
      case .float32: unsafe row[index] = source.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)
      case .bfloat16:
        unsafe row[index] = Float(brainPrecision: source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
      default:
        unsafe row[index] = Float(halfPrecision: source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
      }
    }
  }

  func prepare(_ query: UnsafePointer<Float>, _ prepared: CodeQuery) {
    unsafe prepared.pointer(to: Float.self).update(from: query, count: dimension)
  }

  func score(
    _ prepared: CodeQuery, _ blocks: UnsafePointer<UInt8>, count: Int, into scores: UnsafeMutablePointer<Float>
  ) {
    let query = unsafe prepared.pointer(to: Float.self)
    let raw = unsafe UnsafeRawPointer(blocks)
    switch specification {
    case .float32:
      let rows = unsafe RowPointer(base: raw.assumingMemoryBound(to: Float.self), stride: dimension, dimension: dimension)
      unsafe DistanceKernels.current.dot(query, rows, indices: nil, count: count, into: scores)
    case .bfloat16:
      unsafe CodeKernels.current.dot(
        query, brainRows: raw.assumingMemoryBound(to: UInt16.self), stride: dimension, count: count,
        dimension: dimension, into: scores)
    default:
      let rows = unsafe RowPointer(base: raw.assumingMemoryBound(to: UInt16.self), stride: dimension, dimension: dimension)
      unsafe DistanceKernels.current.dot(query, rows, indices: nil, count: count, into: scores)
    }
  }
}
