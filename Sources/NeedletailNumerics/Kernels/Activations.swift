internal import CNeedletailKernels

/// Rows of numbers on their way through a network, one row per token.
///
/// The rows lie in aligned memory with a gap after each, so that equal columns of neighbouring rows do not compete for the same
/// place in the cache. Every operation checks shapes. Several threads may work on one object at a time as long as no row (or, in a
/// product, no range of columns) is written by one and touched by another.
public final class Activations: @unchecked Sendable {
  public let precision: MatrixPrecision
  /// How many rows there is room for.
  public let rowCapacity: Int
  public let columns: Int

  let stride: Int
  private let memory: AlignedMemory
  // With int8: the value of an entry is scale * entry + offset, scales of all rows first, then offsets.
  private let ranges: AlignedMemory?

  /// Makes rows of zeros.
  public init(_ precision: MatrixPrecision, rows: Int, columns: Int) {
    precondition(rows >= 0 && columns >= 0, "a matrix of \(rows) x \(columns)")
    self.precision = precision
    self.rowCapacity = rows
    self.columns = columns
    let cacheLines = (columns * precision.byteCount + 63) / 64
    stride = (cacheLines | 1) * 64 / precision.byteCount
    memory = AlignedMemory(byteCount: rows * stride * precision.byteCount)
    ranges = precision == .int8 ? AlignedMemory(byteCount: 2 * rows * MemoryLayout<Float>.stride) : nil
  }

  /// Bytes of memory held.
  public var byteCount: Int { memory.byteCount + (ranges?.byteCount ?? 0) }

  /// The values of one row.
  ///
  /// - Precondition: the precision is `.float32`.
  public subscript(row: Int) -> [Float] {
    get { unsafe Array(UnsafeBufferPointer(start: floats(at: row), count: columns)) }
    set {
      precondition(newValue.count == columns, "\(newValue.count) values for a row of \(columns)")
      unsafe floats(at: row).update(from: newValue, count: columns)
    }
  }

  @unsafe func bytes(at row: Int, column: Int = 0) -> UnsafeMutableRawPointer {
    precondition(row >= 0 && row <= rowCapacity && column >= 0 && column <= columns, "row \(row) of \(rowCapacity), column \(column)")
    return unsafe memory.bytes(at: (row * stride + column) * precision.byteCount)
  }

  @unsafe func floats(at row: Int, column: Int = 0) -> UnsafeMutablePointer<Float> {
    precondition(precision == .float32, "these activations are \(precision)")
    return unsafe bytes(at: row, column: column).assumingMemoryBound(to: Float.self)
  }

  @unsafe func scales(at row: Int) -> UnsafeMutablePointer<Float>? {
    unsafe ranges?.pointer(to: Float.self, at: row)
  }

  @unsafe func offsets(at row: Int) -> UnsafeMutablePointer<Float>? {
    unsafe ranges?.pointer(to: Float.self, at: rowCapacity + row)
  }

  @unsafe func rows(_ rows: Range<Int>) -> needletail_rows {
    check(rows)
    return unsafe needletail_rows(values: floats(at: rows.lowerBound), stride: stride, rows: rows.count, columns: columns)
  }

  func check(_ rows: Range<Int>) {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCapacity, "rows \(rows) of \(rowCapacity)")
  }
}
