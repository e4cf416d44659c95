internal import NeedletailCore
internal import NeedletailNumerics

/// The stored vectors of all rows, in one of the codecs, and the exact late interaction with them.
struct TokenRows: Sendable {
  let dimension: Int
  let codec: TokenCodec
  /// `float32`: components; `float16`: halves; `int8` and residuals: codes.
  let components: Region
  /// `int8`: the scale of each vector.
  let scales: Column<Float>
  /// Residuals: what they are left over from.
  let residuals: ResidualCodec?
  /// Residuals: the centroid of each vector.
  let assignments: Column<UInt32>

  /// Bytes between the vectors of a codec.
  static func bytesPerVector(_ codec: TokenCodec, dimension: Int) -> Int {
    switch codec {
    case .float32: dimension * 4
    case .float16: dimension * 2
    case .int8: dimension
    case .residual(let bits): (dimension * bits + 7) / 8
    }
  }

  /// The stored vectors of one row.
  func decoded(_ tokens: Range<Int>) -> [Float] {
    var values = [Float](repeating: 0, count: tokens.count * dimension)
    guard !tokens.isEmpty else { return values }
    let count = values.count
    unsafe values.withUnsafeMutableBufferPointer { values in
      let start = unsafe values.baseAddress.unsafelyUnwrapped
      switch codec {
      case .float32: unsafe start.update(from: pointer(Float.self) + tokens.lowerBound * dimension, count: count)
      case .float16:
        unsafe DistanceKernels.current.convert(halves: pointer(UInt16.self) + tokens.lowerBound * dimension, count: count, to: start)
      case .int8:
        let codes = unsafe pointer(Int8.self) + tokens.lowerBound * dimension
        for place in 0..<count { unsafe start[place] = Float(codes[place]) * scales[tokens.lowerBound + place / dimension] }
      case .residual: unsafe residuals?.decode(tokens, codes: pointer(UInt8.self), assignments: assignments.start, into: start)
      }
    }
    return values
  }

  /// Where the codes start, valid while the region is held.
  @unsafe func pointer<Element>(_: Element.Type) -> UnsafePointer<Element> {
    unsafe components.bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Element.self)
  }
}

/// A query made ready to be compared with stored rows; holds the scratch memory of one running search.
struct PreparedTokens {
  private let values: [Float]
  private let count: Int
  private var codes: [Int8] = []
  private var scales: [Float] = []
  private var best: [Float]
  private var decoded: [Float] = []

  init(_ values: [Float], for rows: TokenRows) {
    self.values = values
    count = values.count / rows.dimension
    best = [Float](repeating: 0, count: max(1, count))
    guard rows.codec == .int8 else { return }
    codes = [Int8](repeating: 0, count: values.count)
    (codes, scales) = Self.quantized(values, dimension: rows.dimension)
  }

  /// The Chamfer similarity: for each vector of the query the best inner product with the row's, summed; 0 for a row without vectors.
  mutating func score(_ tokens: Range<Int>, of rows: TokenRows) -> Float {
    guard count > 0, !tokens.isEmpty else { return 0 }
    let (kernels, dimension) = (DistanceKernels.current, rows.dimension)
    switch rows.codec {
    case .float32: return unsafe floatScore(rows.pointer(Float.self) + tokens.lowerBound * dimension, tokens.count, dimension)
    case .float16:
      let base = unsafe rows.pointer(UInt16.self) + tokens.lowerBound * dimension
      return unsafe values.withUnsafeBufferPointer { values in
        unsafe best.withUnsafeMutableBufferPointer { best in
          unsafe kernels.maxSim(
            VectorSet(base: values.baseAddress.unsafelyUnwrapped, count: count, stride: dimension),
            VectorSet(base: base, count: tokens.count, stride: dimension), dimension: dimension, best: best.baseAddress.unsafelyUnwrapped)
        }
      }
    case .int8:
      let base = unsafe rows.pointer(Int8.self) + tokens.lowerBound * dimension
      let rowScales = unsafe rows.scales.start + tokens.lowerBound
      return unsafe codes.withUnsafeBufferPointer { codes in
        unsafe best.withUnsafeMutableBufferPointer { best in
          unsafe kernels.maxSim(
            VectorSet(base: codes.baseAddress.unsafelyUnwrapped, count: count, stride: dimension), scales: scales,
            VectorSet(base: base, count: tokens.count, stride: dimension), rowScales: rowScales, dimension: dimension,
            best: best.baseAddress.unsafelyUnwrapped)
        }
      }
    case .residual:
      if decoded.count < tokens.count * dimension { decoded = [Float](repeating: 0, count: tokens.count * dimension) }
      unsafe decoded.withUnsafeMutableBufferPointer { decoded in
        unsafe rows.residuals?.decode(
          tokens, codes: rows.pointer(UInt8.self), assignments: rows.assignments.start, into: decoded.baseAddress.unsafelyUnwrapped)
      }
      return unsafe decoded.withUnsafeBufferPointer { decoded in
        unsafe floatScore(decoded.baseAddress.unsafelyUnwrapped, tokens.count, dimension)
      }
    }
  }

  private mutating func floatScore(_ base: UnsafePointer<Float>, _ rowCount: Int, _ dimension: Int) -> Float {
    unsafe values.withUnsafeBufferPointer { values in
      unsafe best.withUnsafeMutableBufferPointer { best in
        unsafe DistanceKernels.current.maxSim(
          VectorSet(base: values.baseAddress.unsafelyUnwrapped, count: count, stride: dimension),
          VectorSet(base: base, count: rowCount, stride: dimension), dimension: dimension, best: best.baseAddress.unsafelyUnwrapped)
      }
    }
  }

  /// 8-bit codes of vectors, each over its own largest component, and what a code is worth.
  static func quantized(_ values: [Float], dimension: Int) -> (codes: [Int8], scales: [Float]) {
    var codes = [Int8](repeating: 0, count: values.count)
    var scales: [Float] = []
    scales.reserveCapacity(values.count / dimension)
    unsafe values.withUnsafeBufferPointer { values in
      unsafe codes.withUnsafeMutableBufferPointer { codes in
        for start in stride(from: 0, to: values.count, by: dimension) {
          var largest: Float = 0
          for place in start..<start + dimension { largest = unsafe max(largest, abs(values[place])) }
          scales.append(largest / 127)
          guard largest > 0 else { continue }
          unsafe DistanceKernels.quantize(
            values.baseAddress.unsafelyUnwrapped + start, count: dimension, inverseScale: 127 / largest,
            into: codes.baseAddress.unsafelyUnwrapped + start)
        }
      }
    }
    return (codes, scales)
  }
}
