import CNeedletailKernels

/// The kernels of each instruction set that this machine can run; serial, the specification, is first.
enum KernelSets {
  static var all: [(name: String, kernels: needletail_kernels)] {
    [NEEDLETAIL_ISA_SERIAL, NEEDLETAIL_ISA_NEON, NEEDLETAIL_ISA_AVX2, NEEDLETAIL_ISA_AVX512].compactMap { isa in
      guard let kernels = unsafe needletail_kernels_for(isa) else { return nil }
      return unsafe (String(cString: needletail_isa_name(isa)), kernels.pointee)
    }
  }

  static var serial: needletail_kernels { unsafe needletail_kernels_for(NEEDLETAIL_ISA_SERIAL).pointee }
}

/// Rows of floats with a gap after each, which kernels must leave alone.
struct PaddedRows {
  static let gap: Float = 12345
  let rows: Int
  let columns: Int
  let stride: Int
  var values: [Float]

  init(rows: Int, columns: Int, stride: Int? = nil, _ value: (Int, Int) -> Float) {
    self.rows = rows
    self.columns = columns
    self.stride = stride ?? columns + 3
    values = [Float](repeating: Self.gap, count: rows * self.stride)
    for row in 0..<rows { for column in 0..<columns { values[row * self.stride + column] = value(row, column) } }
  }

  subscript(row: Int, column: Int) -> Float { values[row * stride + column] }

  var gapsAreUntouched: Bool {
    (0..<rows).allSatisfy { row in values[row * stride + columns..<(row + 1) * stride].allSatisfy { $0 == Self.gap } }
  }

  func largestDifference(to other: PaddedRows) -> Float {
    var largest: Float = 0
    for row in 0..<rows { for column in 0..<columns { largest = max(largest, abs(self[row, column] - other[row, column])) } }
    return largest
  }

  /// Calls with the C view of these rows.
  func withRows<Result>(_ body: (needletail_rows) -> Result) -> Result {
    unsafe values.withUnsafeBufferPointer { buffer in
      unsafe body(needletail_rows(values: buffer.baseAddress, stride: stride, rows: rows, columns: columns))
    }
  }
}

/// An array where C can see it, for as long as the object lives.
@safe final class KernelMemory<Element: BitwiseCopyable> {
  let start: UnsafeMutablePointer<Element>
  let count: Int

  init(_ values: [Element]) {
    count = values.count
    unsafe start = .allocate(capacity: max(1, count))
    unsafe start.initialize(from: values, count: count)
  }

  convenience init(repeating value: Element, count: Int) { self.init([Element](repeating: value, count: count)) }

  deinit { unsafe start.deallocate() }

  var values: [Element] { unsafe Array(UnsafeBufferPointer(start: start, count: count)) }
}
