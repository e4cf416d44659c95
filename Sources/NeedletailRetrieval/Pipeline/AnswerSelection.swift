internal import NeedletailCore
internal import NeedletailStore

/// Takes the answers from a ranking: as many as wanted, not too many of one document, and going deeper where that leaves
/// too few.
struct AnswerSelection: Sendable {
  let snapshot: Snapshot
  let limit: Int
  /// Most passages of one document; nil: any number.
  let perDocument: Int?
  /// A document that is no answer, since it is the question.
  var excludedDocument: String?
  /// Whether answers are to be shown; for a ranking alone their texts are not read.
  var readsContents = true

  /// Asks for candidates at growing depths until there are enough answers or no more candidates.
  func fill(
    startingAt depth: Int, stages: inout [Explanation.Stage], candidates: (Int) async throws -> CandidateSearch.Candidates
  ) async throws -> [Searcher.Ranked] {
    var depth = depth
    while true {
      try Task.checkCancellation()
      let found = try await candidates(depth)
      let watch = Stopwatch()
      let selected = try select(from: found.ranked)
      if selected.count >= limit || !found.mayHaveMore {
        stages += found.stages
        if !selected.isEmpty { stages.append(watch.stage("load", candidates: selected.count)) }
        return selected
      }
      depth *= 4
    }
  }

  /// Loads passages slice by slice, so that a long ranking costs no more than the answers taken from it.
  private func select(from ranked: [FusedPassage]) throws -> [Searcher.Ranked] {
    var selected: [Searcher.Ranked] = []
    var countOfDocument: [String: Int] = [:]
    var position = 0
    while position < ranked.count, selected.count < limit {
      let slice = ranked[position..<min(position + max(limit, 16), ranked.count)]
      position = slice.endIndex
      let passages = Dictionary(uniqueKeysWithValues: try snapshot.passages(slice.map(\.id), readsContents: readsContents).map { ($0.id, $0) })
      for fused in slice where selected.count < limit {
        // A passage that was removed since the ranking was made is no answer.
        guard let passage = passages[fused.id], passage.document != excludedDocument else { continue }
        let count = countOfDocument[passage.document, default: 0] + 1
        guard count <= perDocument ?? .max else { continue }
        countOfDocument[passage.document] = count
        selected.append(Searcher.Ranked(fused: fused, passage: passage))
      }
    }
    return selected
  }
}
