internal import NeedletailCore
internal import NeedletailStore

/// One question on its way through a pipeline, at one state of the collection.
struct PipelineRun: Sendable {
  let pipeline: Pipeline
  let snapshot: Snapshot
  let query: Query
  /// What the embedder made of the question; empty if nothing compares vectors.
  let vector: [Float]
  /// What the sparse embedder made of it; empty if no source compares weighted terms.
  let sparseVector: SparseVector

  private var specification: PipelineSpecification { pipeline.specification }

  /// A ranking and how it came about.
  struct Outcome: Sendable {
    var ranked: [FusedPassage]
    var stages: [Explanation.Stage]
  }

  /// Sources, then feedback, then fusion, then reranking, then the cut-off.
  func ranking() async throws -> Outcome {
    var sources = try await firstRound()
    var stages = sources.flatMap(\.stages)
    try learn(&sources, &stages)
    var ranked = answer(sources, &stages)
    for (number, stage) in specification.rerank.enumerated() {
      try Task.checkCancellation()
      ranked = try await rerank(ranked, by: stage, number, moved: sources.first { $0.specification.kind == .dense }?.vector, &stages)
    }
    if let cutoff = specification.relevance { ranked = try cut(ranked, at: cutoff, &stages) }
    return Outcome(ranked: ranked, stages: stages)
  }

  // MARK: Sources

  /// A source with its latest ranking and what it was asked.
  private struct SourceState: Sendable {
    var specification: PipelineSpecification.Source
    var ranking: SourceRanking
    var stages: [Explanation.Stage]
    /// The vector that the ranking answers, for dense sources.
    var vector: [Float] = []
  }

  /// Asks all sources side by side.
  private func firstRound() async throws -> [SourceState] {
    try await withThrowingTaskGroup(of: (Int, SourceState).self) { group in
      for (number, source) in specification.sources.enumerated() {
        group.addTask { (number, try await ask(source)) }
      }
      var states: [Int: SourceState] = [:]
      for try await (number, state) in group { states[number] = state }
      return specification.sources.indices.compactMap { states[$0] }
    }
  }

  private func ask(_ source: PipelineSpecification.Source) async throws -> SourceState {
    let watch = Stopwatch()
    let depth = max(source.depth, query.limit)
    var passages: [(id: PassageID, score: Double)] = []
    var stages: [Explanation.Stage] = []
    switch source.kind {
    case .dense: passages = try nearest(vector, source)
    case .lexical:
      passages = try snapshot.lexical(
        query.text, limit: depth, filter: query.filter, weights: source.fieldWeights, algorithm: pipeline.searcher.options.lexicalAlgorithm
      ).map { ($0.id, Double($0.score)) }
    case .sparse:
      passages = try snapshot.nearest(to: sparseVector, limit: depth, filter: query.filter, isExact: pipeline.searcher.options.isExact)
        .map { ($0.id, Double($0.score)) }
    case .pipeline:
      guard let inner = pipeline.nested[source.name] else { break }
      let outcome = try await PipelineRun(pipeline: inner, snapshot: snapshot, query: query, vector: vector, sparseVector: sparseVector).ranking()
      passages = outcome.ranked.prefix(depth).map { ($0.id, $0.score) }
      stages = outcome.stages.map { stage in
        var stage = stage
        stage.name = "\(source.name) / \(stage.name)"
        return stage
      }
    case .retriever:
      guard let retriever = pipeline.retrievers[source.name] else { break }
      var inner = query
      inner.limit = min(depth, Searcher.largestLimit)
      passages = try await retriever.retrieve(inner).map { ($0.passage, $0.score) }
    }
    stages.append(watch.stage(source.name, candidates: passages.count))
    return SourceState(
      specification: source, ranking: SourceRanking(source: source.name, passages: passages), stages: stages,
      vector: source.kind == .dense ? vector : [])
  }

  private func nearest(_ vector: [Float], _ source: PipelineSpecification.Source) throws -> [(id: PassageID, score: Double)] {
    let options = DenseSearchOptions(isExact: pipeline.searcher.options.isExact, efSearch: pipeline.searcher.options.efSearch)
    return try snapshot.nearest(to: vector, limit: max(source.depth, query.limit), filter: query.filter, options: options)
      .map { ($0.id, Double($0.score)) }
  }

  // MARK: Feedback

  /// Lets the sources that can learn from the first answers do so. Vectors learn from the mixture where sources are mixed before.
  private func learn(_ sources: inout [SourceState], _ stages: inout [Explanation.Stage]) throws {
    for number in sources.indices {
      if let feedback = sources[number].specification.termFeedback {
        try addTerms(feedback, to: &sources[number], &stages)
      }
    }
    let learners = sources.indices.filter { sources[$0].specification.vectorFeedback != nil }
    let rounds = learners.compactMap { sources[$0].specification.vectorFeedback?.iterations }.max() ?? 0
    for round in 0..<rounds {
      let mixture = specification.interpolation.isBefore ? fuse(sources) : nil
      for number in learners {
        guard let feedback = sources[number].specification.vectorFeedback, round < feedback.iterations else { continue }
        try Task.checkCancellation()
        let basis = mixture?.map(\.id) ?? sources[number].ranking.passages.map(\.id)
        try move(feedback, &sources[number], by: basis, &stages)
      }
    }
  }

  private func move(
    _ feedback: VectorFeedback, _ source: inout SourceState, by basis: [PassageID], _ stages: inout [Explanation.Stage]
  ) throws {
    let watch = Stopwatch()
    let good = try snapshot.vectors(of: Array(basis.prefix(feedback.documents)))
    // The stored vectors of the last answers, which must not be the first ones again.
    let last = basis.dropFirst(feedback.documents).suffix(feedback.gamma == 0 ? 0 : feedback.lastDocuments)
    let bad = last.isEmpty ? nil : try snapshot.vectors(of: Array(last)).vectors
    source.vector = feedback.moved(source.vector, towards: good.vectors, awayFrom: bad)
    stages.append(
      watch.stage("\(source.ranking.source) feedback", candidates: good.ids.count, detail: "\(feedback.method.rawValue) of \(good.ids.count) vectors"))
    let searching = Stopwatch()
    source.ranking.passages = try nearest(source.vector, source.specification)
    stages.append(searching.stage(source.ranking.source, candidates: source.ranking.passages.count, detail: "asked again"))
  }

  private func addTerms(_ feedback: TermFeedback, to source: inout SourceState, _ stages: inout [Explanation.Stage]) throws {
    let watch = Stopwatch()
    let first = source.ranking.passages.prefix(feedback.documents)
    let answers = zip(try snapshot.termFrequencies(of: first.map(\.id)), first).map { frequencies, passage in
      TermFeedback.Answer(frequencies: frequencies, score: passage.score)
    }
    let frequencies = try snapshot.documentFrequencies(of: Set(answers.flatMap(\.frequencies.keys)))
    let largest = Int(feedback.largestDocumentShare * Double(snapshot.passageCount))
    let question = snapshot.boosts(of: query.text)
    let boosts = feedback.expanded(question, by: answers) { frequencies[$0, default: 0] <= largest }
    let added = boosts.keys.filter { question[$0] == nil }.sorted { boosts[$0, default: 0] != boosts[$1, default: 0] ? boosts[$0, default: 0] > boosts[$1, default: 0] : $0 < $1 }
    stages.append(
      watch.stage(
        "\(source.ranking.source) feedback", candidates: answers.count,
        detail: added.isEmpty ? "nothing added" : "added " + added.prefix(8).joined(separator: " ")))
    let searching = Stopwatch()
    source.ranking.passages = try snapshot.lexical(
      boosts: boosts, limit: max(source.specification.depth, query.limit), filter: query.filter, weights: source.specification.fieldWeights,
      algorithm: pipeline.searcher.options.lexicalAlgorithm
    ).map { ($0.id, Double($0.score)) }
    stages.append(searching.stage(source.ranking.source, candidates: source.ranking.passages.count, detail: "asked again"))
  }

  // MARK: One ranking

  private func fuse(_ sources: [SourceState]) -> [FusedPassage] {
    sources.count == 1 ? sources[0].ranking.alone : specification.fusion.fuse(sources.map(\.ranking))
  }

  private func answer(_ sources: [SourceState], _ stages: inout [Explanation.Stage]) -> [FusedPassage] {
    let watch = Stopwatch()
    guard specification.interpolation.isAfter else {
      let source = sources.first { $0.ranking.source == specification.answers } ?? sources[0]
      return source.ranking.alone
    }
    let ranked = fuse(sources)
    if sources.count > 1 { stages.append(watch.stage("fuse", candidates: ranked.count)) }
    return ranked
  }

  // MARK: A closer look

  private func rerank(
    _ ranked: [FusedPassage], by stage: PipelineSpecification.Reranking, _ number: Int, moved: [Float]?, _ stages: inout [Explanation.Stage]
  ) async throws -> [FusedPassage] {
    let watch = Stopwatch()
    let head = Array(ranked.prefix(stage.depth))
    let name = stage.model ?? stage.method.rawValue
    let scores: [(id: PassageID, score: Double)] =
      if let model = stage.model, let reranker = pipeline.rerankers[model] {
        try await reranked(head, by: reranker)
      } else {
        try rescored(head, by: moved ?? vector)
      }
    var byID = Dictionary(uniqueKeysWithValues: head.map { ($0.id, $0) })
    var closer: [FusedPassage] = []
    for (place, passage) in scores.enumerated() {
      guard var fused = byID.removeValue(forKey: passage.id) else { continue }
      fused.score = passage.score
      fused.contributions.append(Hit.Contribution(source: name, rank: place + 1, score: passage.score))
      closer.append(fused)
    }
    let changed = zip(closer, head).count { $0.id != $1.id }
    stages.append(watch.stage("rerank \(name)", candidates: closer.count, detail: "\(changed) of \(head.count) places changed"))
    return closer + Self.shifted(ranked.dropFirst(stage.depth), below: closer.last?.score)
  }

  private func reranked(_ head: [FusedPassage], by reranker: any Reranker) async throws -> [(id: PassageID, score: Double)] {
    let passages = Dictionary(uniqueKeysWithValues: try snapshot.passages(head.map(\.id)).map { ($0.id, $0) })
    let candidates = head.compactMap { fused in
      passages[fused.id].map { passage in
        Candidate(
          hit: Hit(passage: fused.id, document: passage.document, score: fused.score, contributions: fused.contributions),
          title: passage.title, text: passage.text)
      }
    }
    return try await reranker.rerank(query, candidates).map { ($0.passage, $0.score) }
  }

  private func rescored(_ head: [FusedPassage], by vector: [Float]) throws -> [(id: PassageID, score: Double)] {
    let (ids, rows) = try snapshot.vectors(of: head.map(\.id))
    let measure = pipeline.searcher.collection.settings.embedder?.similarity ?? .dot
    let scores = measure.scores(of: vector, against: rows)
    return zip(ids, scores).sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }.map { ($0.0, Double($0.1)) }
  }

  /// The answers behind those that were looked at keep their order and their distances, and stay behind.
  private static func shifted(_ rest: ArraySlice<FusedPassage>, below last: Double?) -> [FusedPassage] {
    guard let last, let first = rest.first, first.score > last - 1 else { return Array(rest) }
    let shift = last - 1 - first.score
    return rest.map { FusedPassage(id: $0.id, score: $0.score + shift, contributions: $0.contributions) }
  }

  // MARK: The end of the list

  private func cut(
    _ ranked: [FusedPassage], at cutoff: PipelineSpecification.RelevanceCutoff, _ stages: inout [Explanation.Stage]
  ) throws -> [FusedPassage] {
    let watch = Stopwatch()
    var kept: [FusedPassage] = []
    var limit = ""
    switch cutoff.rule {
    case .score(let score):
      kept = ranked.enumerated().filter { $0.offset < cutoff.minimumKept || $0.element.score >= score }.map(\.element)
      limit = "\(score)"
    case .model(let model, let probability):
      let threshold = probability ?? model.threshold
      let probabilities = try self.probabilities(of: ranked, by: model)
      for (place, var fused) in ranked.enumerated() {
        guard let probability = probabilities[fused.id], place < cutoff.minimumKept || probability >= threshold else { continue }
        fused.contributions.append(Hit.Contribution(source: "relevance", rank: kept.count + 1, score: probability))
        kept.append(fused)
      }
      limit = "a probability of \(threshold)"
    // A pipeline reads its file when it is made.
    case .modelFile: kept = ranked
    }
    stages.append(watch.stage("relevance", candidates: kept.count, detail: "\(ranked.count - kept.count) below \(limit)"))
    return kept
  }

  /// Exact cosines of the stored vectors, as the model was fitted to, whatever made the ranking.
  private func probabilities(of ranked: [FusedPassage], by model: RelevanceModel) throws -> [PassageID: Double] {
    let (ids, rows) = try snapshot.vectors(of: ranked.map(\.id))
    let cosines = Similarity.cosine.scores(of: vector, against: rows).map(Double.init)
    return Dictionary(uniqueKeysWithValues: zip(ids, model.probabilities(of: cosines, for: vector)))
  }
}
