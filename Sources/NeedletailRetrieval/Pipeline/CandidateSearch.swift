internal import NeedletailCore
internal import NeedletailStore

/// The rankings of the sources for one question, at one state of the collection.
struct CandidateSearch: Sendable {
  let snapshot: Snapshot
  /// The words to search by, if they are.
  let text: String?
  /// What the embedder made of the question, if nearness is asked for.
  let vector: [Float]?
  /// What the sparse embedder made of it, if weighted terms are.
  let sparse: SparseVector?
  let filter: Filter?
  let options: SearcherOptions

  /// What the sources gave down to some depth.
  struct Candidates: Sendable {
    var ranked: [FusedPassage]
    var stages: [Explanation.Stage]
    /// True if going deeper would find more.
    var mayHaveMore: Bool
  }

  /// Asks the sources side by side and merges their rankings.
  func candidates(depth: Int) async throws -> Candidates {
    async let lexical = lexicalRanking(depth: depth)
    let (dense, sparse) = (try denseRanking(depth: depth), try sparseRanking(depth: depth))
    let rankings = [dense, try await lexical, sparse].compactMap(\.self)
    let watch = Stopwatch()
    let ranked = rankings.count == 1 ? rankings[0].ranking.alone : options.fusion.fuse(rankings.map(\.ranking))
    var stages = rankings.map(\.stage)
    if rankings.count > 1 { stages.append(watch.stage("fuse", candidates: ranked.count)) }
    return Candidates(ranked: ranked, stages: stages, mayHaveMore: rankings.contains { $0.stage.candidates >= depth })
  }

  private typealias Timed = (ranking: SourceRanking, stage: Explanation.Stage)

  private func denseRanking(depth: Int) throws -> Timed? {
    guard let vector else { return nil }
    let watch = Stopwatch()
    let found = try snapshot.nearest(
      to: vector, limit: depth, filter: filter, options: DenseSearchOptions(isExact: options.isExact, efSearch: options.efSearch))
    return (Self.ranking("dense", found), watch.stage("dense", candidates: found.count))
  }

  private func lexicalRanking(depth: Int) async throws -> Timed? {
    guard let text else { return nil }
    let watch = Stopwatch()
    let found = try snapshot.lexical(text, limit: depth, filter: filter, weights: options.fieldWeights, algorithm: options.lexicalAlgorithm)
    return (Self.ranking("lexical", found), watch.stage("lexical", candidates: found.count))
  }

  private func sparseRanking(depth: Int) throws -> Timed? {
    guard let sparse else { return nil }
    let watch = Stopwatch()
    let found = try snapshot.nearest(to: sparse, limit: depth, filter: filter, isExact: options.isExact)
    return (Self.ranking("sparse", found), watch.stage("sparse", candidates: found.count))
  }

  private static func ranking(_ source: String, _ found: [ScoredPassage]) -> SourceRanking {
    SourceRanking(source: source, passages: found.map { ($0.id, Double($0.score)) })
  }
}

/// Measures the time of a stage.
struct Stopwatch {
  private let start = ContinuousClock.now

  var seconds: Double {
    let elapsed = ContinuousClock.now - start
    return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
  }

  func stage(_ name: String, candidates: Int, detail: String? = nil) -> Explanation.Stage {
    Explanation.Stage(name: name, seconds: seconds, candidates: candidates, detail: detail)
  }
}
