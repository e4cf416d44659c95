internal import NeedletailNumerics

/// Each component in 255 or 16 equal steps between its least and its greatest value among all rows.
///
/// Eight bits are kept as signed numbers around the middle, four bits as numbers from 0, two to a byte in the order of
/// `needletail_codes.h`.
struct ScalarCodec: BlockCodec {
  let dimension: Int
  let bits: Int
  /// The value of code 0, and of one step, for each component; zeros behind.
  let origins: [Float]
  let steps: [Float]

  private var width: Int { roundedToGroups(dimension) }
  private var largestCode: Float { bits == 8 ? 127 : 15 }
  private var leastCode: Float { bits == 8 ? -127 : 0 }

  var specification: CodecSpecification { .scalar(bits: bits) }
  var codeBytes: Int { bits == 8 ? dimension : width / 2 }
  var sharedBytes: Int { 8 * dimension }
  var queryBytes: Int { 2 * width + 4 * dimension }
  var scoreTolerance: Float { 3e-4 }

  init(dimension: Int, bits: Int, origins: [Float], steps: [Float]) {
    self.dimension = dimension
    self.bits = bits
    self.origins = origins
    self.steps = steps
  }

  init(training values: [Float], dimension: Int, bits: Int) {
    var least = [Float](repeating: .infinity, count: dimension)
    var greatest = [Float](repeating: -.infinity, count: dimension)
    for start in stride(from: 0, to: values.count, by: max(1, dimension)) {
      for index in 0..<dimension {
        least[index] = min(least[index], values[start + index])
        greatest[index] = max(greatest[index], values[start + index])
      }
    }
    let isKnown = !values.isEmpty
    self.init(
      dimension: dimension, bits: bits,
      origins: (0..<dimension).map { isKnown ? (bits == 8 ? (least[$0] + greatest[$0]) / 2 : least[$0]) : 0 },
      steps: (0..<dimension).map { isKnown ? (greatest[$0] - least[$0]) / (bits == 8 ? 254 : 15) : 0 })
  }

  func writeParameters(to writer: inout ByteWriter) {
    for value in origins + steps { writer.append(value) }
  }

  func encode(
    _ row: UnsafePointer<Float>, into code: UnsafeMutablePointer<UInt8>, residual: UnsafeMutablePointer<UInt8>
  ) {
    for index in 0..<dimension {
      let position = unsafe steps[index] > 0 ? (row[index] - origins[index]) / steps[index] : 0
      let value = max(leastCode, min(largestCode, position.rounded()))
      if bits == 8 {
        unsafe code[index] = UInt8(bitPattern: Int8(value))
      } else {
        unsafe NibbleRow.set(UInt8(value), at: index, in: code)
      }
    }
  }

  func decode(
    _ code: UnsafePointer<UInt8>, residual: UnsafePointer<UInt8>?, into row: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<dimension {
      let value = unsafe bits == 8 ? Float(Int8(bitPattern: code[index])) : Float(NibbleRow.value(at: index, in: code))
      unsafe row[index] = origins[index] + steps[index] * value
    }
  }

  func prepare(_ query: UnsafePointer<Float>, _ prepared: CodeQuery) {
    let scaled = unsafe prepared.pointer(to: Float.self, at: 2 * width)
    var offset: Float = 0
    for index in 0..<dimension {
      unsafe offset += query[index] * origins[index]
      unsafe scaled[index] = query[index] * steps[index]
    }
    prepared.offset = offset
    prepared.scale = unsafe IntegerQuery.split(
      scaled, count: dimension, high: prepared.pointer(to: Int8.self), low: prepared.pointer(to: Int8.self, at: width))
  }

  func score(
    _ prepared: CodeQuery, _ blocks: UnsafePointer<UInt8>, count: Int, into scores: UnsafeMutablePointer<Float>
  ) {
    unsafe IntegerCodes.products(
      high: prepared.pointer(to: Int8.self), low: prepared.pointer(to: Int8.self, at: width), blocks, stride: codeBytes,
      bits: bits, count: count, dimension: bits == 8 ? dimension : width, into: scores)
    for index in 0..<count { unsafe scores[index] = prepared.offset + prepared.scale * scores[index] }
  }
}

/// Rows of 4-bit codes in the order of `needletail_codes.h`: 64 components to 32 bytes.
enum NibbleRow {
  @inline(__always)
  private static func place(_ index: Int) -> (byte: Int, shift: UInt8) {
    (index / 64 * 32 + index % 32, index % 64 < 32 ? 0 : 4)
  }

  @inline(__always)
  static func set(_ value: UInt8, at index: Int, in code: UnsafeMutablePointer<UInt8>) {
    let (byte, shift) = place(index)
    unsafe code[byte] = code[byte] & ~(15 << shift) | value << shift
  }

  @inline(__always)
  static func value(at index: Int, in code: UnsafePointer<UInt8>) -> UInt8 {
    let (byte, shift) = place(index)
    return unsafe code[byte] >> shift & 15
  }
}

/// Products of a two-level query with rows of integer codes.
enum IntegerCodes {
  /// `127 · ⟨high, code⟩ + ⟨low, code⟩` for `count` rows of 8-bit signed or 4-bit unsigned codes, `stride` bytes apart.
  static func products(
    high: UnsafePointer<Int8>, low: UnsafePointer<Int8>, _ rows: UnsafePointer<UInt8>, stride: Int, bits: Int, count: Int,
    dimension: Int, into products: UnsafeMutablePointer<Float>
  ) {
    unsafe ProductBuffer.use { upper, lower in
      for start in Swift.stride(from: 0, to: count, by: ProductBuffer.rows) {
        let size = min(ProductBuffer.rows, count - start)
        let first = unsafe rows + start * stride
        if bits == 8 {
          let signed = unsafe RowPointer(
            base: UnsafeRawPointer(first).assumingMemoryBound(to: Int8.self), stride: stride, dimension: dimension)
          unsafe DistanceKernels.current.dot(high, signed, indices: nil, count: size, into: upper)
          unsafe DistanceKernels.current.dot(low, signed, indices: nil, count: size, into: lower)
        } else {
          let kernels = CodeKernels.current
          unsafe kernels.dot(high, nibbleRows: first, stride: stride, count: size, dimension: dimension, into: upper)
          unsafe kernels.dot(low, nibbleRows: first, stride: stride, count: size, dimension: dimension, into: lower)
        }
        for index in 0..<size {
          unsafe products[start + index] = 127 * Float(upper[index]) + Float(lower[index])
        }
      }
    }
  }
}
