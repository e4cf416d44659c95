internal import NeedletailNumerics

/// Divides queries into batches, each with a hard negative, so that a batch walks through neighbourhoods and all its
/// documents are hard negatives for each other ("locality-centric sampling": S. Xiao et al., WWW 2022, section 3.3).
///
/// From a query the walk goes to a negative drawn from its candidates, and from there to the queries that have it among
/// theirs.
public struct NeighbourhoodBatches: Sendable {
  /// How queries come into a batch.
  public enum Order: String, Sendable, CaseIterable {
    /// At random, each with a random document for a negative.
    case random
    /// At random, each with one of its candidates for a negative.
    case randomWithCandidates = "candidates"
    /// Along the neighbourhoods, the latest query first: far walks.
    case depthFirst = "locality"
    /// Along the neighbourhoods, the earliest query first: whole surroundings.
    case breadthFirst = "snowball"
  }

  /// A query and the document that it has to be told from.
  public struct Member: Hashable, Sendable {
    public var query: Int
    public var negative: Int
  }

  private let candidates: [[Int]]
  private let documentCount: Int
  private let batchSize: Int
  /// For each document, the queries that have it among their candidates.
  private let askers: [Int: [Int]]

  /// - Parameters:
  ///   - candidates: for each query, documents that are found for it and are not its own.
  ///   - documentCount: how many documents there are.
  ///   - batchSize: queries of a batch.
  public init(candidates: [[Int]], documentCount: Int, batchSize: Int) {
    self.candidates = candidates
    self.documentCount = documentCount
    self.batchSize = batchSize
    var askers: [Int: [Int]] = [:]
    for (query, found) in candidates.enumerated() { for document in found { askers[document, default: []].append(query) } }
    self.askers = askers
  }

  /// All queries once, in batches; the last may be smaller.
  public func batches(_ order: Order, seed: UInt64) -> [[Member]] {
    var generator = SeededGenerator(seed: seed)
    let shuffled = candidates.indices.shuffled(using: &generator)
    let members: [Member]
    switch order {
    case .random, .randomWithCandidates:
      members = shuffled.map { self.member($0, isRandom: order == .random, &generator) }
    case .depthFirst, .breadthFirst:
      members = walk(shuffled, isDepthFirst: order == .depthFirst, &generator)
    }
    return stride(from: 0, to: members.count, by: batchSize).map {
      Array(members[$0..<min(members.count, $0 + batchSize)])
    }
  }

  private func member(_ query: Int, isRandom: Bool, _ generator: inout SeededGenerator) -> Member {
    let negative = isRandom ? nil : candidates[query].randomElement(using: &generator)
    return Member(query: query, negative: negative ?? Int.random(in: 0..<documentCount, using: &generator))
  }

  private func walk(_ shuffled: [Int], isDepthFirst: Bool, _ generator: inout SeededGenerator) -> [Member] {
    var (members, waiting): ([Member], [Int]) = ([], [])
    var isKnown = [Bool](repeating: false, count: candidates.count)
    var (next, first) = (0, 0)
    while members.count < candidates.count {
      // A batch starts somewhere else, so that no order of batches follows from the order of documents.
      if members.count.isMultiple(of: batchSize) {
        for query in waiting[first...] { isKnown[query] = false }
        waiting.removeAll(keepingCapacity: true)
        first = 0
      }
      if first == waiting.count {
        while isKnown[shuffled[next]] { next += 1 }
        isKnown[shuffled[next]] = true
        waiting.append(shuffled[next])
      }
      let query: Int
      if isDepthFirst {
        query = waiting.removeLast()
      } else {
        query = waiting[first]
        first += 1
      }
      let member = self.member(query, isRandom: false, &generator)
      members.append(member)
      for asker in (askers[member.negative] ?? []).shuffled(using: &generator) where !isKnown[asker] {
        isKnown[asker] = true
        waiting.append(asker)
      }
    }
    return members
  }
}
