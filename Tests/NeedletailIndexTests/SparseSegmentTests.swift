import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

/// Segments of sparse vectors that rows enter and leave and that are merged, as a collection keeps them, beside a list that should hold the same.
private struct Segments {
  /// A segment: an index over vectors, what each row is called, and the rows that are gone.
  struct Part {
    let index: any SparseIndex
    let vectors: SparseVectors
    let names: [Int]
    var removed = RowSet()
  }

  let kind: SparseIndexTests.Kind
  var parts: [Part] = []
  /// The vectors that are there, by name.
  var model: [Int: SparseVector] = [:]
  private var nextName = 0

  init(_ kind: SparseIndexTests.Kind) { self.kind = kind }

  mutating func insert(_ vectors: SparseVectors) throws {
    let names = (0..<vectors.count).map { nextName + $0 }
    nextName += vectors.count
    for row in 0..<vectors.count { model[names[row]] = vectors[row] }
    parts.append(Part(index: try kind.index(vectors), vectors: vectors, names: names))
  }

  mutating func remove(_ names: Set<Int>) {
    for name in names { model[name] = nil }
    for number in parts.indices {
      let gone = parts[number].names.indices.filter { names.contains(parts[number].names[$0]) }.map { Row($0) }
      parts[number].removed.formUnion(RowSet(gone))
    }
  }

  /// Makes one segment of some that lie side by side, without what was removed.
  mutating func merge(_ range: Range<Int>) throws {
    var vectors = SparseVectors(dimension: 300)
    var names: [Int] = []
    for part in parts[range] {
      for row in part.names.indices where !part.removed.contains(Row(row)) {
        vectors.append(row..<row + 1, of: part.vectors)
        names.append(part.names[row])
      }
    }
    parts.replaceSubrange(range, with: [Part(index: try kind.index(vectors), vectors: vectors, names: names)])
  }

  /// The best of all segments; names ascend from segment to segment, so that ties fall as in one index.
  func search(_ query: SparseVector, limit: Int, where isAllowed: ((Int) -> Bool)?) throws -> [(name: Int, score: Float)] {
    var found: [(name: Int, score: Float)] = []
    for part in parts {
      let within = isAllowed.map { isAllowed in RowSet(part.names.indices.filter { isAllowed(part.names[$0]) }.map { Row($0) }) }
      let options = SearchOptions(limit: limit, within: within, excluding: part.removed)
      found += try part.index.search(query, options).map { (part.names[Int($0.row)], $0.score) }
    }
    return Array(found.sorted { ($1.score, $0.name) < ($0.score, $1.name) }.prefix(limit))
  }

  func best(_ query: SparseVector, limit: Int, where isAllowed: ((Int) -> Bool)?) -> [(name: Int, score: Float)] {
    let scored = model.filter { isAllowed?($0.key) ?? true }.map { (name: $0.key, score: $0.value.dot(query)) }.filter { $0.score > 0 }
    return Array(scored.sorted { ($1.score, $0.name) < ($0.score, $1.name) }.prefix(limit))
  }
}

@Suite struct SparseSegmentTests {
  @Test(arguments: SparseIndexTests.Kind.allCases, 0..<6 as Range<UInt64>)
  func randomInsertsRemovalsAndMergesAgreeWithTheNaiveSearch(_ kind: SparseIndexTests.Kind, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var segments = Segments(kind)
    for step in 0..<40 {
      switch Int.random(in: 0..<6, using: &random) {
      case 0...2:
        try segments.insert(SparseSamples.vectors(Int.random(in: 0...120, using: &random), seed: seed &* 1000 &+ UInt64(step)))
      case 3, 4:
        let names = segments.model.keys.sorted().shuffled(using: &random)
        segments.remove(Set(names.prefix(Int.random(in: 0...60, using: &random))))
      default:
        guard segments.parts.count > 1 else { continue }
        let first = Int.random(in: 0..<segments.parts.count - 1, using: &random)
        try segments.merge(first..<Int.random(in: first + 1...segments.parts.count, using: &random))
      }
      let divisor = Int.random(in: 2...40, using: &random)
      let filters: [((Int) -> Bool)?] = [nil, { $0 % divisor == 0 }, { $0 % divisor != 0 }, { _ in false }]
      let query = try SparseSamples.vectors(8, seed: seed &+ UInt64(step) &+ 77)[7 - step % 8]
      for filter in filters {
        for limit in [1, 10, 1000] {
          let answer = try segments.search(query, limit: limit, where: filter)
          let expected = segments.best(query, limit: limit, where: filter)
          #expect(answer.map(\.name) == expected.map(\.name) && answer.map(\.score) == expected.map(\.score), "step \(step)")
        }
      }
    }
  }
}
