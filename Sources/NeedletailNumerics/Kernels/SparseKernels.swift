internal import CNeedletailKernels

/// Inner products of one sparse query with sparse rows, in whole numbers: all instruction sets agree to the last bit.
package struct SparseKernels: Sendable {
  /// What this processor runs fastest.
  package static let current = unsafe SparseKernels(needletail_sparse_current())

  // The table is static and never changes; its address as an integer is Sendable.
  private let tableAddress: UInt

  /// The kernels of one instruction set, nil where this processor cannot run them.
  package init?(_ instructionSet: DistanceKernels.InstructionSet) {
    guard let table = unsafe needletail_sparse_for(instructionSet.isa) else { return nil }
    unsafe self.init(table)
  }

  private init(_ table: UnsafePointer<needletail_sparse_kernels>) {
    tableAddress = UInt(bitPattern: table)
  }

  private var table: UnsafePointer<needletail_sparse_kernels> {
    unsafe UnsafePointer(bitPattern: tableAddress).unsafelyUnwrapped
  }

  /// Scores `count` rows into `results`: those that `indices` names, or without it those from `first` on.
  ///
  /// The caller answers for every index, for terms below the query's dimension, and for room for the results.
  @unsafe package func score(
    _ query: SparseQueryTable, _ rows: SparseRowsPointer, indices: UnsafePointer<UInt32>?, first: Int = 0, count: Int,
    into results: UnsafeMutablePointer<Int32>
  ) {
    var rowsOfKernel = unsafe needletail_sparse_rows(starts: rows.starts, terms: rows.terms, codes: rows.codes)
    unsafe query.withQuery { query in
      switch unsafe (rows.hasWideTerms, rows.hasWideCodes) {
      case (false, true): unsafe table.pointee.t16c16(query, &rowsOfKernel, indices, first, count, results)
      case (false, false): unsafe table.pointee.t16c8(query, &rowsOfKernel, indices, first, count, results)
      case (true, true): unsafe table.pointee.t32c16(query, &rowsOfKernel, indices, first, count, results)
      case (true, false): unsafe table.pointee.t32c8(query, &rowsOfKernel, indices, first, count, results)
      }
    }
  }

  /// `sums[rows[i] - first] += factor * weights[i]`.
  @unsafe package static func accumulate(
    _ rows: UnsafePointer<UInt32>, _ weights: UnsafePointer<Float>, count: Int, factor: Double, first: UInt32,
    into sums: UnsafeMutablePointer<Double>
  ) {
    unsafe needletail_sparse_accumulate(rows, weights, count, factor, first, sums)
  }
}

/// Sparse rows in memory: row `r` has the entries from `starts[r]` to `starts[r + 1]`.
@unsafe package struct SparseRowsPointer {
  package var starts: UnsafePointer<UInt32>
  /// `UInt32` if they are wide, else `UInt16`.
  package var terms: UnsafeRawPointer
  package var hasWideTerms: Bool
  /// `UInt16` below 2^15 if they are wide, else `UInt8`.
  package var codes: UnsafeRawPointer
  package var hasWideCodes: Bool

  package init(
    starts: UnsafePointer<UInt32>, terms: UnsafeRawPointer, hasWideTerms: Bool, codes: UnsafeRawPointer, hasWideCodes: Bool
  ) {
    unsafe self.starts = unsafe starts
    unsafe self.terms = unsafe terms
    unsafe self.hasWideTerms = hasWideTerms
    unsafe self.codes = unsafe codes
    unsafe self.hasWideCodes = hasWideCodes
  }
}

/// A sparse query made ready for the kernels. One search uses it at a time.
@safe package final class SparseQueryTable {
  /// Terms are below this.
  package let dimension: Int
  private let table: UnsafeMutablePointer<UInt16>
  private let groups: UnsafeMutablePointer<needletail_sparse_group>
  private var groupCount = 0
  private var terms: [UInt32] = []

  // A query with more groups is looked up faster in the table.
  private static let largestGroupCount = 4

  package init(dimension: Int) {
    self.dimension = dimension
    unsafe table = .allocate(capacity: max(1, dimension))
    unsafe table.initialize(repeating: 0, count: dimension)
    unsafe groups = .allocate(capacity: Self.largestGroupCount)
    unsafe groups.initialize(repeating: needletail_sparse_group(), count: Self.largestGroupCount)
  }

  deinit {
    unsafe table.deallocate()
    unsafe groups.deallocate()
  }

  /// Replaces the query.
  ///
  /// - Precondition: as many codes as terms; no term twice, all below `dimension`; codes below 2^15.
  package func load(_ terms: [UInt32], codes: [UInt16]) {
    precondition(terms.count == codes.count)
    for term in self.terms { unsafe table[Int(term)] = 0 }
    self.terms = terms
    for (term, code) in zip(terms, codes) {
      precondition(Int(term) < dimension && code < 1 << 15)
      unsafe table[Int(term)] = code
    }
    groupCount = 0
    guard dimension <= 1 << 16, !terms.isEmpty else { return }
    let narrow = terms.map { UInt16($0) }
    groupCount = unsafe needletail_sparse_hash(narrow, codes, terms.count, groups, Self.largestGroupCount)
  }

  fileprivate func withQuery(_ body: (UnsafePointer<needletail_sparse_query>) -> Void) {
    var query = unsafe needletail_sparse_query(table: table, groups: groups, group_count: groupCount)
    unsafe body(&query)
  }
}
