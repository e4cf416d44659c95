internal import NeedletailNumerics

/// The inverted lists of an index after static pruning: the rows of each term, ascending.
struct PrunedLists: Sendable {
  private(set) var starts: [Int]
  private(set) var rows: [Row]

  func range(_ term: Int) -> Range<Int> { starts[term]..<starts[term + 1] }

  init(_ vectors: SparseCodes, dimension: Int, _ pruning: ClusteredSparseParameters.Pruning) {
    let inverted = Self.inverted(vectors, dimension: dimension)
    starts = [0]
    starts.reserveCapacity(dimension + 1)
    rows = []
    let (threshold, largest) = Self.limits(vectors, inverted.starts, pruning)
    var kept: [(code: UInt16, row: Row)] = []
    for term in 0..<dimension {
      kept.removeAll(keepingCapacity: true)
      for place in inverted.starts[term]..<inverted.starts[term + 1] where inverted.codes[place] >= threshold {
        kept.append((inverted.codes[place], inverted.rows[place]))
      }
      if kept.count > largest {
        kept.sort { ($0.code, $1.row) > ($1.code, $0.row) }
        kept.removeLast(kept.count - largest)
        kept.sort { $0.row < $1.row }
      }
      for posting in kept { rows.append(posting.row) }
      starts.append(rows.count)
    }
  }

  /// The smallest code that is kept, and the most postings of a list.
  private static func limits(
    _ vectors: SparseCodes, _ starts: [Int], _ pruning: ClusteredSparseParameters.Pruning
  ) -> (threshold: UInt16, largest: Int) {
    switch pruning {
    case .none: return (1, .max)
    case .perList(let limit): return (1, limit)
    case .overall(let average, let largest):
      let listCount = zip(starts, starts.dropFirst()).count { $0 < $1 }
      return (threshold(vectors, keeping: listCount.multipliedReportingOverflow(by: average).partialValue), largest)
    }
  }

  /// The smallest code of the heaviest `wanted` postings, or a little more: equal codes stay together.
  private static func threshold(_ vectors: SparseCodes, keeping wanted: Int) -> UInt16 {
    var counts = [Int](repeating: 0, count: 1 << 15)
    for code in vectors.codes.elements { counts[Int(code)] += 1 }
    var sum = 0
    for code in stride(from: counts.count - 1, to: 0, by: -1) {
      sum += counts[code]
      if sum >= wanted { return UInt16(code) }
    }
    return 1
  }

  private static func inverted(
    _ vectors: SparseCodes, dimension: Int
  ) -> (starts: [Int], rows: [Row], codes: [UInt16]) {
    var starts = [Int](repeating: 0, count: dimension + 1)
    for term in vectors.terms.elements { starts[Int(term) + 1] += 1 }
    for term in 0..<dimension { starts[term + 1] += starts[term] }
    var places = starts
    var rows = [Row](repeating: 0, count: vectors.terms.count)
    var codes = [UInt16](repeating: 0, count: vectors.terms.count)
    for row in 0..<vectors.count {
      for place in vectors.range(row) {
        let term = Int(vectors.terms[place])
        rows[places[term]] = Row(row)
        codes[places[term]] = vectors.codes[place]
        places[term] += 1
      }
    }
    return (starts, rows, codes)
  }
}
