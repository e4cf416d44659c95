import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics

/// Sparse vectors for tests, and the naive search.
enum SparseSamples {
  /// Rows around a few topics; whole numbers as weights keep sums exact. Some rows are empty, some equal to others.
  static func vectors(
    _ count: Int, dimension: Int = 300, terms: Int = 12, topics: Int = 8, largestWeight: Int = 200, seed: UInt64 = 1
  ) throws -> SparseVectors {
    var random = SeededGenerator(seed: seed)
    var vectors = SparseVectors(dimension: dimension)
    for row in 0..<count {
      if row % 37 == 5 {
        try vectors.append(SparseVector())
      } else if row % 41 == 7, row > 0 {
        try vectors.append(vectors[Int.random(in: 0..<row, using: &random)])
      } else {
        try vectors.append(vector(dimension, terms, topics, largestWeight, &random))
      }
    }
    return vectors
  }

  private static func vector(
    _ dimension: Int, _ terms: Int, _ topics: Int, _ largestWeight: Int, _ random: inout SeededGenerator
  ) throws -> SparseVector {
    let topic = Int.random(in: 0..<topics, using: &random)
    var weights: [UInt32: Float] = [:]
    for _ in 0..<Int.random(in: 1...2 * terms, using: &random) {
      let isOwn = Int.random(in: 0..<4, using: &random) > 0
      let term = isOwn
        ? (topic * dimension / topics + Int.random(in: 0..<dimension / topics, using: &random)) % dimension
        : Int.random(in: 0..<dimension, using: &random)
      // The lower of two: few weights are heavy.
      let draws = (0..<2).map { _ in Int.random(in: 1...largestWeight, using: &random) }
      weights[UInt32(term)] = Float(min(draws[0], draws[1]))
    }
    return try SparseVector(weights.map { (term: $0.key, weight: $0.value) })
  }

  /// All allowed rows that share a term with the query, best first, equal ones by row.
  static func best(
    _ vectors: SparseVectors, _ query: SparseVector, _ options: SearchOptions
  ) -> [Neighbour] {
    let rows = (0..<Row(vectors.count)).filter { row in
      options.within?.contains(row) ?? true && !(options.excluding?.contains(row) ?? false)
    }
    let scored = rows.map { Neighbour(row: $0, score: vectors[Int($0)].dot(query)) }.filter { $0.score > 0 }
    let sorted = scored.sorted { $0.score != $1.score ? $0.score > $1.score : $0.row < $1.row }
    return Array(sorted.prefix(max(0, options.limit)))
  }

  /// Limits and filters that every index has to get right.
  static func scenarios(count: Int) -> [SearchOptions] {
    var random = SeededGenerator(seed: 3)
    func sample(oneIn divisor: Int) -> RowSet {
      RowSet((0..<Row(count)).filter { _ in Int.random(in: 0..<divisor, using: &random) == 0 })
    }
    return [
      SearchOptions(limit: 10), SearchOptions(limit: 1), SearchOptions(limit: 0),
      SearchOptions(limit: count + 5), SearchOptions(limit: 10, isExact: true),
      SearchOptions(limit: 10, within: RowSet()), SearchOptions(limit: 10, within: sample(oneIn: 200)),
      SearchOptions(limit: 10, within: sample(oneIn: 3)), SearchOptions(limit: 7, excluding: sample(oneIn: 2)),
      SearchOptions(limit: 10, within: sample(oneIn: 2), excluding: sample(oneIn: 3)),
      SearchOptions(limit: 10, within: RowSet(0..<Row(count + 100))),
    ]
  }

  static var spladeDirectory: URL {
    IndexSamples.packageRoot.appendingPathComponent("../shared/data/vectors-splade-msmarco").standardized
  }
}
