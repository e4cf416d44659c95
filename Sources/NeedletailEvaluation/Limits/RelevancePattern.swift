
/// Which documents are asked for together.
public enum RelevancePattern: String, CaseIterable, Sendable {
  /// As many pairs as there are queries, out of as few documents as have so many.
  case dense
  /// Pairs drawn at random from all documents.
  case random
  /// Each document with the next.
  case cycle
  /// Each document in one pair.
  case disjoint

  /// The pairs of `queryCount` queries.
  ///
  /// - Parameters:
  ///   - queryCount: how many pairs.
  ///   - documentCount: how many documents there are to draw from.
  ///   - generator: what chance decides.
  /// - Throws: `invalidPattern` if there are too few documents.
  public func pairs(
    queryCount: Int, documentCount: Int, using generator: inout some RandomNumberGenerator
  ) throws(EvaluationError) -> [[Int]] {
    let needed = self == .disjoint ? 2 * queryCount : self == .cycle ? queryCount : Self.denseCount(for: queryCount)
    guard documentCount >= max(2, needed) else {
      throw .invalidPattern(reason: "\(queryCount) queries in the pattern \(rawValue) need \(needed) documents, not \(documentCount)")
    }
    switch self {
    case .dense:
      return Array(CriticalCount.combinations(of: needed, size: 2).shuffled(using: &generator).prefix(queryCount))
    case .cycle:
      return (0..<queryCount).map { [$0, ($0 + 1) % queryCount].sorted() }
    case .disjoint:
      return (0..<queryCount).map { [2 * $0, 2 * $0 + 1] }
    case .random:
      var seen: Set<[Int]> = []
      var pairs: [[Int]] = []
      while pairs.count < queryCount {
        let first = Int.random(in: 0..<documentCount, using: &generator)
        let second = Int.random(in: 0..<documentCount, using: &generator)
        guard first != second, seen.insert([first, second].sorted()).inserted else { continue }
        pairs.append([first, second].sorted())
      }
      return pairs
    }
  }

  /// The fewest documents with at least so many pairs.
  static func denseCount(for queryCount: Int) -> Int {
    var count = 2
    while count * (count - 1) / 2 < queryCount { count += 1 }
    return count
  }
}

/// How entangled judgements are (Weller et al., 2025, section 5).
public struct PatternHardness: Hashable, Sendable {
  /// The part of all pairs of judged documents that share a query.
  public let graphDensity: Double
  /// The mean over queries of the summed overlap (Jaccard index of relevant documents) with the other queries.
  public let averageQueryStrength: Double

  /// Measures the relevant documents of judgements.
  public init(of judgements: Judgements) {
    let relevant = judgements.values.map { Set($0.filter { $0.value > 0 }.keys) }.filter { !$0.isEmpty }
    let documents = Array(Set(relevant.flatMap { $0 })).sorted()
    let numbers = Dictionary(uniqueKeysWithValues: documents.enumerated().map { ($1, $0) })
    var pairs: Set<Int> = []
    var queriesOfDocument = [[Int]](repeating: [], count: documents.count)
    for (query, members) in relevant.enumerated() {
      let rows = members.compactMap { numbers[$0] }.sorted()
      for (place, row) in rows.enumerated() {
        queriesOfDocument[row].append(query)
        for other in rows[(place + 1)...] { pairs.insert(row * documents.count + other) }
      }
    }
    let possible = documents.count * (documents.count - 1) / 2
    graphDensity = possible == 0 ? 0 : Double(pairs.count) / Double(possible)
    var strength = 0.0
    for (query, members) in relevant.enumerated() {
      let neighbours = Set(members.compactMap { numbers[$0] }.flatMap { queriesOfDocument[$0] }).subtracting([query])
      for neighbour in neighbours.sorted() {
        strength += Double(members.intersection(relevant[neighbour]).count) / Double(members.union(relevant[neighbour]).count)
      }
    }
    averageQueryStrength = relevant.isEmpty ? 0 : strength / Double(relevant.count)
  }
}
