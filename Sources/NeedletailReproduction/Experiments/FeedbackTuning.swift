internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailIndex
internal import NeedletailModels
internal import NeedletailNumerics
internal import NeedletailRetrieval
internal import NeedletailStore

/// What a search with vector feedback and word scores can be set to.
struct FeedbackSetting: Hashable, Sendable {
  var feedback: VectorFeedback?
  /// Where word scores are mixed in; nil for nowhere.
  var interpolation: PipelineSpecification.Interpolation?
  /// The share of the word scores in a mixture.
  var lexicalWeight = 0.0

  var fusion: ScoreInterpolation {
    ScoreInterpolation(weights: ["dense": 1 - lexicalWeight, "lexical": lexicalWeight])
  }
}

/// The questions of a collection that settings are chosen by, with all vectors in memory: a setting is tried in a fraction of the time
/// that a pipeline takes. It does what a pipeline of the same setting does, by the same feedback and fusion.
struct FeedbackTuning {
  private let task: RetrievalTask
  /// The vectors of the passages as the collection has them, and their documents.
  private let documents: DenseVectors
  private let names: [String]
  private let questions: DenseVectors
  private let index: any SearchIndex
  private let depth: Int
  private let nearest: [SourceRanking]
  private let words: [SourceRanking]

  /// - Parameters:
  ///   - collection: its task holds the questions to choose by.
  ///   - depth: answers of each source.
  init(_ collection: IndexedCollection, depth: Int, embedder: TransformerEmbedder, in laboratory: Laboratory) async throws {
    let task = collection.task
    self.task = task
    self.depth = depth
    let snapshot = try collection.index.collection.snapshot()
    let stored = try snapshot.vectors(of: snapshot.passageIDs)
    let owners = Dictionary(uniqueKeysWithValues: try snapshot.passages(stored.ids).map { ($0.id, $0.document) })
    documents = stored.vectors
    let names = stored.ids.map { owners[$0] ?? "" }
    self.names = names
    questions = try await laboratory.vectors(of: task.queries.map(\.text), as: .query, with: embedder)
    index = try DenseIndexFactory.build(
      documents, similarity: .cosine, specification: DenseIndexSpecification(layout: .flat, codec: .float32))
    nearest = try Self.rankings(index, questions, depth)
    let lexical = try await collection.run(
      of: PipelineSpecification(name: "bm25", sources: [.init(.lexical, depth: depth)]), depth: depth, in: laboratory)
    let rows = Dictionary(names.enumerated().map { ($1, PassageID($0)) }) { first, _ in first }
    words = task.queries.map { question in
      SourceRanking(source: "lexical", passages: lexical.ranking(of: question.id).compactMap { entry in rows[entry.document].map { ($0, entry.score) } })
    }
  }

  private static func rankings(_ index: any SearchIndex, _ questions: DenseVectors, _ depth: Int) throws -> [SourceRanking] {
    try index.search(questions, SearchOptions(limit: depth)).map { answer in
      SourceRanking(source: "dense", passages: answer.map { (PassageID($0.row), Double($0.score)) })
    }
  }

  /// The average precision of a setting for each question.
  func averagePrecision(of setting: FeedbackSetting) throws -> [Double] {
    var found = nearest
    if let feedback = setting.feedback {
      var moved: [Float] = []
      for number in 0..<questions.count {
        let basis = setting.interpolation?.isBefore == true ? setting.fusion.fuse([nearest[number], words[number]]).map(\.id) : nearest[number].passages.map(\.id)
        let good = basis.prefix(feedback.documents).flatMap { documents[Int($0)] }
        moved += feedback.moved(Array(questions[number]), towards: DenseVectors(dimension: documents.dimension, values: good))
      }
      found = try Self.rankings(index, DenseVectors(dimension: documents.dimension, values: moved), depth)
    }
    var run = Run()
    for (number, question) in task.queries.enumerated() {
      let ranked =
        setting.interpolation?.isAfter == true
        ? setting.fusion.fuse([found[number], words[number]]).prefix(depth).map { ($0.id, $0.score) }
        : found[number].passages.map { ($0.id, $0.score) }
      try run.record(ranked.map { Run.Entry(document: names[Int($0.0)], score: $0.1) }, for: question.id)
    }
    let measure = Measure.averagePrecision(cutoff: nil)
    let values = Evaluation(of: run, judgements: task.judgements, measures: [measure]).values(of: measure) ?? [:]
    return task.queries.map { values[$0.id] ?? 0 }
  }
}

/// The settings that serve the questions of some collections best.
struct TunedFeedback {
  private let collections: [FeedbackTuning]
  private let laboratory: Laboratory
  private(set) var settings: [String: FeedbackSetting] = [:]

  /// Chooses first the feedback by itself, then for each place of the mixture the share of the words.
  init(_ collections: [FeedbackTuning], grid: FeedbackAndInterpolation.Grid, in laboratory: Laboratory) throws {
    self.collections = collections
    self.laboratory = laboratory
    settings["interpolated"] = try best(grid.lexicalWeights.map { FeedbackSetting(interpolation: .after, lexicalWeight: $0) })
    for method in VectorFeedback.Method.allCases {
      let betas = method == .average ? [0.5] : grid.betas
      let alone = try best(
        grid.documents.flatMap { documents in
          betas.map { FeedbackSetting(feedback: VectorFeedback(method: method, documents: documents, alpha: 1 - $0, beta: $0)) }
        })
      settings[method.rawValue] = alone
      for (name, interpolation) in FeedbackAndInterpolation.places {
        settings["\(name) \(method.rawValue)"] = try best(
          grid.lexicalWeights.map { FeedbackSetting(feedback: alone.feedback, interpolation: interpolation, lexicalWeight: $0) })
      }
    }
  }

  /// The setting of the highest mean over the questions of all collections; the first of equal ones.
  private func best(_ settings: [FeedbackSetting]) throws -> FeedbackSetting {
    var best = (setting: FeedbackSetting(), value: -1.0)
    for (number, setting) in settings.enumerated() {
      laboratory.progress("Choosing settings", Double(number) / Double(settings.count))
      let values = try collections.flatMap { try $0.averagePrecision(of: setting) }
      let mean = values.reduce(0, +) / Double(max(1, values.count))
      if mean > best.value { best = (setting, mean) }
    }
    return best.setting
  }
}
