/// Makes the summaries of blocks: the maximum over the block's rows, component by component, cut down to its heaviest
/// components, in 8 bits.
///
/// A component v becomes the code ceil(255 v / M), M being the block's largest, so that what a summary keeps never promises too
/// little. Deviation: the paper spreads the codes over the range from the smallest to the largest kept component; from 0
/// on, one multiplication for each block turns a sum of codes into a score.
struct BlockSummaries {
  private let vectors: SparseCodes
  private let kind: ClusteredSparseParameters.Summary
  private var maxima: [UInt16]
  private var touched: [UInt32] = []

  init(_ vectors: SparseCodes, dimension: Int, _ kind: ClusteredSparseParameters.Summary) {
    self.vectors = vectors
    self.kind = kind
    maxima = Array(repeating: 0, count: dimension)
  }

  /// The kept components of a block in ascending order, and what a code of 1 stands for, in codes of rows.
  mutating func summary(of rows: [Row]) -> (entries: [(term: UInt32, code: UInt8)], scale: Float) {
    touched.removeAll(keepingCapacity: true)
    for row in rows {
      for place in vectors.range(Int(row)) {
        let term = vectors.terms[place]
        if maxima[Int(term)] == 0 { touched.append(term) }
        maxima[Int(term)] = max(maxima[Int(term)], vectors.codes[place])
      }
    }
    // Heaviest first, equal ones by term: one integer to compare.
    var kept = touched.map { UInt64(maxima[Int($0)]) << 32 | UInt64(~$0) }
    kept.sort(by: >)
    kept.removeLast(kept.count - keptCount(kept))
    let largest = UInt32(kept.first.map { $0 >> 32 } ?? 1)
    for term in touched { maxima[Int(term)] = 0 }
    let entries = kept.map { key in
      (term: ~UInt32(truncatingIfNeeded: key), code: UInt8((UInt32(key >> 32) * 255 + largest - 1) / largest))
    }
    return (entries.sorted { $0.term < $1.term }, Float(largest) / 255)
  }

  private func keptCount(_ sorted: [UInt64]) -> Int {
    switch kind {
    case .components(let count): return min(count, sorted.count)
    case .mass(let share):
      let wanted = share * Double(sorted.reduce(0) { $0 + $1 >> 32 })
      var sum: UInt64 = 0
      for (count, key) in sorted.enumerated() {
        sum += key >> 32
        // The component that crosses the mark is kept.
        if Double(sum) >= wanted { return count + 1 }
      }
      return sorted.count
    }
  }
}
