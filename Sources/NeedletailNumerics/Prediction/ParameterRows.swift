/// Rows of learned numbers that are read and changed one by one: a vector for each word, document or node.
///
/// Each row begins at a cache line and is padded with zeros, so that kernels need no special case for its end.
///
/// Rows may be changed by several threads at a time without locks. What two threads do to the same row at the same moment may be
/// lost in part, which training by stochastic gradients bears (Niu, Recht, Ré and Wright, "Hogwild!", NeurIPS 2011), but the result
/// is then not the same in every run. Threads that change different rows never disturb each other.
@safe public final class ParameterRows: @unchecked Sendable {
  /// The number of rows.
  public let count: Int
  /// The numbers in a row that count.
  public let dimension: Int

  /// Floats from one row to the next.
  let stride: Int
  private let memory: AlignedMemory

  /// Rows of zeros.
  ///
  /// - Precondition: both are positive or `count` is 0.
  public init(count: Int, dimension: Int) {
    precondition(count >= 0 && dimension > 0, "\(count) rows of \(dimension)")
    self.count = count
    self.dimension = dimension
    stride = (dimension + 15) / 16 * 16
    memory = AlignedMemory(byteCount: count * stride * MemoryLayout<Float>.stride)
  }

  /// Rows that hold what lies in a flat array, row after row.
  public convenience init(dimension: Int, values: [Float]) {
    precondition(dimension > 0 && values.count.isMultiple(of: dimension), "\(values.count) values do not make rows of \(dimension)")
    self.init(count: values.count / dimension, dimension: dimension)
    for row in 0..<count { self[row] = Array(values[row * dimension..<(row + 1) * dimension]) }
  }

  /// A copy of one row.
  public subscript(row: Int) -> [Float] {
    get {
      withRow(row) { values in (0..<dimension).map { values[$0] } }
    }
    set {
      precondition(newValue.count == dimension, "\(newValue.count) values for a row of \(dimension)")
      changeRow(row) { values in for index in 0..<dimension { values[index] = newValue[index] } }
    }
  }

  /// The rows of a range in one flat array, without padding.
  public func values(of rows: Range<Int>) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(rows.count * dimension)
    for row in rows { withRow(row) { for index in 0..<dimension { values.append($0[index]) } } }
    return values
  }

  /// Reads a row in place.
  public func withRow<Result>(_ row: Int, _ body: (Span<Float>) -> Result) -> Result {
    unsafe body(Span(_unsafeStart: UnsafePointer(pointer(row)), count: dimension))
  }

  /// Changes a row in place.
  public func changeRow<Result>(_ row: Int, _ body: (inout MutableSpan<Float>) -> Result) -> Result {
    var span = unsafe MutableSpan(_unsafeStart: pointer(row), count: dimension)
    return body(&span)
  }

  /// Fills rows with numbers drawn uniformly from -`bound` to `bound`.
  public func fill(_ rows: Range<Int>, uniformlyWithin bound: Float, using generator: inout SeededGenerator) {
    for row in rows {
      changeRow(row) { values in for index in 0..<dimension { values[index] = (generator.unitFloat() * 2 - 1) * bound } }
    }
  }

  /// Sets all numbers of a row to zero.
  public func clear(_ row: Int) {
    changeRow(row) { values in for index in 0..<dimension { values[index] = 0 } }
  }

  func pointer(_ row: Int) -> UnsafeMutablePointer<Float> {
    precondition(row >= 0 && row < count, "row \(row) of \(count)")
    return unsafe memory.pointer(to: Float.self, at: row * stride)
  }
}
