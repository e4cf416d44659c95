internal import NeedletailCore
internal import NeedletailNumerics

/// The vectors that scores are computed from, in whole cache lines, zeros behind the last component.
struct ExactRows: Sendable {
  enum Values: Sendable {
    case float32(Column<Float>)
    case float16(Column<UInt16>)
  }

  let values: Values
  let count: Int
  let similarity: Similarity
  /// Elements from one row to the next, zeros included.
  let stride: Int
  /// The power of two that stored components are multiplied by, so that binary16 neither overflows nor underflows.
  let scale: Float

  static func stride(dimension: Int, codec: VectorCodecKind) -> Int {
    let width = elementBytes(codec)
    return roundedToLines(dimension * width) / width
  }

  static func elementBytes(_ codec: VectorCodecKind) -> Int {
    codec == .float32 ? MemoryLayout<Float>.size : MemoryLayout<UInt16>.size
  }

  var region: Region {
    switch values {
    case .float32(let column): column.region
    case .float16(let column): column.region
    }
  }

  /// What a query's components are multiplied by before it meets the stored rows.
  var queryFactor: Float { similarity == .euclidean ? scale : 1 / scale }

  /// The scores of rows `indices`, or of `firstRow` and those behind it, for a query that was multiplied by
  /// `queryFactor` and padded with zeros.
  @unsafe func score(
    _ query: UnsafePointer<Float>, indices: UnsafePointer<Row>?, firstRow: Int = 0, count: Int,
    into scores: UnsafeMutablePointer<Float>
  ) {
    let start = unsafe region.bytes.baseAddress.unsafelyUnwrapped + firstRow * stride * elementBytes
    unsafe score(query, rowsAt: start, stride: stride, indices: indices, count: count, into: scores)
  }

  /// The same for rows of this form that lie elsewhere, so many elements apart.
  @unsafe func score(
    _ query: UnsafePointer<Float>, rowsAt start: UnsafeRawPointer, stride rowStride: Int, indices: UnsafePointer<Row>?,
    count: Int, into scores: UnsafeMutablePointer<Float>
  ) {
    let kernels = DistanceKernels.current
    switch values {
    case .float32:
      let rows = unsafe RowPointer(base: start.assumingMemoryBound(to: Float.self), stride: rowStride, dimension: stride)
      if similarity == .euclidean {
        unsafe kernels.squaredEuclidean(query, rows, indices: indices, count: count, into: scores)
      } else {
        unsafe kernels.dot(query, rows, indices: indices, count: count, into: scores)
      }
    case .float16:
      let rows = unsafe RowPointer(base: start.assumingMemoryBound(to: UInt16.self), stride: rowStride, dimension: stride)
      if similarity == .euclidean {
        unsafe kernels.squaredEuclidean(query, rows, indices: indices, count: count, into: scores)
      } else {
        unsafe kernels.dot(query, rows, indices: indices, count: count, into: scores)
      }
    }
    guard similarity == .euclidean else { return }
    let factor = -1 / (scale * scale)
    for index in 0..<count { unsafe scores[index] *= factor }
  }

  private var elementBytes: Int {
    switch values {
    case .float32: MemoryLayout<Float>.size
    case .float16: MemoryLayout<UInt16>.size
    }
  }

  /// One stored row as floats, still multiplied by `scale`.
  @unsafe func load(_ row: Int, into components: UnsafeMutablePointer<Float>) {
    switch values {
    case .float32(let column):
      unsafe components.update(from: column.start + row * stride, count: stride)
    case .float16(let column):
      unsafe DistanceKernels.current.convert(halves: column.start + row * stride, count: stride, to: components)
    }
  }
}
