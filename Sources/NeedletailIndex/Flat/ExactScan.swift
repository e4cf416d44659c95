internal import NeedletailNumerics

/// Compares queries with every allowed row.
///
/// With 8-bit codes the answer is still exact: codes give each score up to a bound (`PreparedQuery.margin`), and only
/// rows that may be among the best by that bound are compared in full, a few dozen of a hundred thousand in practice.
struct ExactScan: Sendable {
  let vectors: EncodedVectors
  /// Nil for all rows.
  let allowed: RowSet?

  private static let rowsPerBlock = 256

  /// One query's progress through the rows.
  final class Progress {
    fileprivate let query: PreparedQuery
    /// Best exact scores, or best lower bounds while codes are compared.
    fileprivate var best: TopK
    /// Rows whose upper bound reached the best lower bounds seen until then.
    fileprivate var candidates: [(row: Row, upper: Float)] = []

    init(_ query: PreparedQuery, limit: Int) {
      self.query = query
      best = TopK(capacity: limit)
    }
  }

  /// Offers the allowed ones of `rows` to all queries, a block that fits the nearest cache at a time, and returns the
  /// best of each.
  ///
  /// - Precondition: `rows` starts at a multiple of 64.
  func best(of rows: Range<Int>, for queries: [Progress]) -> [TopK] {
    let scores = AlignedMemory.zeroed(count: Self.rowsPerBlock * MemoryLayout<Float>.size)
    var indices: [Row] = []
    indices.reserveCapacity(Self.rowsPerBlock)
    if let allowed {
      for word in rows.lowerBound / 64..<min((rows.upperBound + 63) / 64, allowed.words.count) {
        var bits = allowed.words[word]
        if indices.count + bits.nonzeroBitCount > Self.rowsPerBlock {
          for query in queries { compare(query, indices, scores) }
          indices.removeAll(keepingCapacity: true)
        }
        while bits != 0 {
          let row = 64 * word + bits.trailingZeroBitCount
          if row < rows.upperBound { indices.append(Row(row)) }
          bits &= bits - 1
        }
      }
      for query in queries { compare(query, indices, scores) }
    } else {
      for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.rowsPerBlock) {
        let block = start..<min(start + Self.rowsPerBlock, rows.upperBound)
        for query in queries { unsafe compare(query, nil, block, scores.start) }
      }
    }
    return queries.map { finish($0, scores) }
  }

  private func compare(_ progress: Progress, _ indices: [Row], _ scores: AlignedMemory) {
    guard !indices.isEmpty else { return }
    unsafe indices.withUnsafeBufferPointer {
      unsafe compare(progress, $0.baseAddress, 0..<indices.count, scores.start)
    }
  }

  /// Offers rows `indices[0..<block.count]`, or the rows of `block` themselves.
  private func compare(
    _ progress: Progress, _ indices: UnsafePointer<Row>?, _ block: Range<Int>, _ memory: UnsafeMutableRawPointer
  ) {
    if let codes = vectors.codes {
      return unsafe compareCodes(progress, codes, indices, block, memory)
    }
    let scores = unsafe memory.assumingMemoryBound(to: Float.self)
    unsafe vectors.exact.score(
      progress.query.componentStart, indices: indices, firstRow: block.lowerBound, count: block.count, into: scores)
    var threshold = progress.best.threshold
    for index in 0..<block.count where unsafe scores[index] >= threshold {
      let row = unsafe indices?[index] ?? Row(block.lowerBound + index)
      unsafe progress.best.insert(row: row, score: scores[index])
      threshold = progress.best.threshold
    }
  }

  private func compareCodes(
    _ progress: Progress, _ codes: ScalarCodes, _ indices: UnsafePointer<Row>?, _ block: Range<Int>,
    _ memory: UnsafeMutableRawPointer
  ) {
    let products = unsafe memory.assumingMemoryBound(to: Int32.self)
    var rows = unsafe codes.rows
    unsafe rows.base += block.lowerBound * rows.stride
    let query = progress.query
    unsafe DistanceKernels.current.dot(
      query.codeStart, rows, indices: indices, count: block.count, into: products)
    let (terms, bounds) = unsafe (codes.terms.start, codes.bounds.start)
    let (weight, offset) = (query.weight, query.offset)
    var threshold = progress.best.threshold
    for index in 0..<block.count {
      let row = unsafe indices.map { unsafe Int($0[index]) } ?? block.lowerBound + index
      let term = unsafe terms[row]
      let score = unsafe offset + weight * term.scale * Float(products[index]) + term.bias
      let margin = unsafe query.margin(bounds[row], term)
      guard score + margin >= threshold else { continue }
      progress.candidates.append((Row(row), score + margin))
      progress.best.insert(row: Row(row), score: score - margin)
      threshold = progress.best.threshold
    }
  }

  /// The exact best: after codes, those candidates are compared in full that the lower bounds leave in the race.
  private func finish(_ progress: Progress, _ memory: AlignedMemory) -> TopK {
    guard vectors.codes != nil else { return progress.best }
    let threshold = progress.best.threshold
    let rows = progress.candidates.compactMap { $0.upper >= threshold ? $0.row : nil }
    return Rescoring.best(of: rows, limit: progress.best.capacity, query: progress.query, vectors, memory)
  }
}

/// Scores in full what was found by codes.
enum Rescoring {
  static func best(
    of rows: [Row], limit: Int, query: PreparedQuery, _ vectors: EncodedVectors, _ memory: AlignedMemory
  ) -> TopK {
    var best = TopK(capacity: limit)
    let scores = unsafe memory.start.assumingMemoryBound(to: Float.self)
    let blockSize = memory.count / MemoryLayout<Float>.size
    unsafe rows.withUnsafeBufferPointer { rows in
      for start in stride(from: 0, to: rows.count, by: blockSize) {
        let count = min(blockSize, rows.count - start)
        let block = unsafe rows.baseAddress! + start
        unsafe vectors.exact.score(query.componentStart, indices: block, count: count, into: scores)
        for index in 0..<count { unsafe best.insert(row: block[index], score: scores[index]) }
      }
    }
    return best
  }
}
