public import NeedletailStore

/// What a pipeline is made of, as it stands in a file.
///
/// ```json5
/// {
///   name: "both",
///   sources: [
///     { kind: "dense", depth: 1000, feedback: { method: "average", documents: 3 } },
///     { kind: "lexical", depth: 1000, fieldWeights: { title: 3 } },
///   ],
///   fusion: { method: "min-max", weights: { dense: 0.5, lexical: 0.5 } },
///   interpolation: "both",       // mix the sources before feedback, after it, or both
/// }
/// ```
public struct PipelineSpecification: Hashable, Sendable {
  /// What it is called in tables and run files.
  public var name: String
  /// Where candidates come from, at least one.
  public var sources: [Source]
  /// How the sources become one ranking.
  public var fusion: Fusion
  /// Where the sources are mixed.
  public var interpolation: Interpolation
  /// The source whose ranking is the answer where the sources are not mixed after feedback; nil for the first.
  public var answers: String?
  /// What puts the first answers into a better order, one after the other.
  public var rerank: [Reranking]
  /// Where the list ends; nil to return as many answers as are asked for.
  public var relevance: RelevanceCutoff?

  public init(
    name: String = "pipeline", sources: [Source], fusion: Fusion = .reciprocalRank(ReciprocalRankFusion()),
    interpolation: Interpolation = .both, answers: String? = nil, rerank: [Reranking] = [], relevance: RelevanceCutoff? = nil
  ) {
    self.name = name
    self.sources = sources
    self.fusion = fusion
    self.interpolation = interpolation
    self.answers = answers
    self.rerank = rerank
    self.relevance = relevance
  }

  /// What a searcher does in a mode, with a closer look and a cut-off at the end.
  ///
  /// - Parameters:
  ///   - mode: which sources are asked.
  ///   - settings: of the collection, which say what a hybrid question is asked of.
  ///   - depth: how many answers each source gives.
  ///   - rerank: closer looks, one after the other.
  ///   - relevance: where the list ends; nil keeps all.
  ///   - fieldWeights: what words in some fields count, in place of the collection's weights.
  public init(
    answering mode: SearchMode, in settings: CollectionSettings, depth: Int = 200, rerank: [Reranking] = [], relevance: RelevanceCutoff? = nil,
    fieldWeights: [LexicalFields.Field: Float] = [:]
  ) {
    let kinds: [Source.Kind] =
      switch mode {
      case .dense: [.dense]
      case .lexical: [.lexical]
      case .sparse: [.sparse]
      case .hybrid:
        [Source.Kind.dense, .lexical, .sparse].filter { kind in
          kind == .lexical || (kind == .dense ? settings.embedder : settings.sparseEmbedder) != nil
        }
      }
    let sources = kinds.map { Source($0, depth: depth, fieldWeights: $0 == .lexical ? fieldWeights : [:]) }
    self.init(name: mode.rawValue, sources: sources, rerank: rerank, relevance: relevance)
  }

  /// Whether a retriever or a reranker of this name has to be handed over.
  public func names(_ name: String) -> Bool {
    rerank.contains { $0.model == name }
      || sources.contains { $0.kind == .retriever && $0.name == name || $0.pipeline?.names(name) == true }
  }

  /// Where the rankings of the sources are mixed with each other: the conditions of Li et al., SIGIR 2022, section 3.
  public enum Interpolation: String, Hashable, Codable, Sendable, CaseIterable {
    /// Nowhere; the answer is the ranking of one source.
    case never
    /// To choose the passages that feedback learns from ("Pre-PRF"); the answer is the ranking of one source.
    case before
    /// To make the answer ("Post-PRF"); each source learns from its own ranking.
    case after
    /// To choose and to answer.
    case both

    /// Whether the mixture chooses what feedback learns from.
    public var isBefore: Bool { self == .before || self == .both }
    /// Whether the mixture is the answer.
    public var isAfter: Bool { self == .after || self == .both }
  }

  /// A ranking of candidates.
  public struct Source: Hashable, Sendable {
    public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
      /// Nearness of vectors.
      case dense
      /// BM25.
      case lexical
      /// Inner products of sparse vectors.
      case sparse
      /// Another pipeline over the same collection.
      case pipeline
      /// A retriever that the program hands over under the source's name.
      case retriever
    }

    public var kind: Kind
    /// What fusion and explanations call it.
    public var name: String
    /// Candidates asked for.
    public var depth: Int
    /// For dense sources.
    public var vectorFeedback: VectorFeedback?
    /// For lexical sources; always learns from the source's own first ranking.
    public var termFeedback: TermFeedback?
    /// For lexical sources over a collection with fields: weights in place of the collection's.
    public var fieldWeights: [LexicalFields.Field: Float]
    /// For sources that are pipelines.
    public var pipeline: PipelineSpecification?

    /// A source; without a name it is called as its kind is.
    public init(
      _ kind: Kind, name: String? = nil, depth: Int = 1000, vectorFeedback: VectorFeedback? = nil, termFeedback: TermFeedback? = nil,
      pipeline: PipelineSpecification? = nil, fieldWeights: [LexicalFields.Field: Float] = [:]
    ) {
      self.fieldWeights = fieldWeights
      self.kind = kind
      self.name = name ?? kind.rawValue
      self.depth = depth
      self.vectorFeedback = vectorFeedback
      self.termFeedback = termFeedback
      self.pipeline = pipeline
    }
  }

  /// A closer look at the first answers.
  public struct Reranking: Hashable, Sendable {
    public enum Method: String, Hashable, Codable, Sendable, CaseIterable {
      /// By the nearness of the stored vectors to the question's, moved by feedback if there is some.
      case vectors
      /// By a reranker that the program hands over under the model's name.
      case model
    }

    public var method: Method
    /// The model, for `model`.
    public var model: String?
    /// Answers looked at; those behind them keep their order.
    public var depth: Int

    public init(_ method: Method, model: String? = nil, depth: Int = 100) {
      self.method = method
      self.model = model
      self.depth = depth
    }
  }

  /// Where a list of answers ends.
  public struct RelevanceCutoff: Hashable, Sendable {
    public enum Rule: Hashable, Sendable {
      /// At the lowest score that is an answer; scores are comparable within one answer only.
      case score(atLeast: Double)
      /// At the lowest probability of a model of relevance; nil for the model's own threshold.
      case model(RelevanceModel, probability: Double?)
      /// The same for a model in a file.
      case modelFile(String, probability: Double?)
    }

    public var rule: Rule
    /// So many of the best answers stay whatever the rule says.
    public var minimumKept: Int

    public init(_ rule: Rule, minimumKept: Int = 0) {
      self.rule = rule
      self.minimumKept = minimumKept
    }
  }
}

// MARK: - What makes sense

extension PipelineSpecification {
  /// Most candidates of one source and most answers looked at again.
  public static let largestDepth = 100_000
  /// Pipelines within pipelines.
  static let deepestNesting = 8

  /// Checks what the types cannot say.
  ///
  /// - Throws: `PipelineError.invalid`, naming the part and what it should be.
  public func validate() throws(PipelineError) { try validate(nesting: 0) }

  private func validate(nesting: Int) throws(PipelineError) {
    func require(_ condition: Bool, _ part: String, _ reason: String) throws(PipelineError) {
      if !condition { throw .invalid(part: part, reason: reason) }
    }
    try require(nesting < Self.deepestNesting, "sources", "pipelines stand more than \(Self.deepestNesting) deep in each other")
    try require(!sources.isEmpty, "sources", "name at least one, such as { kind: \"dense\" }")
    try require(Set(sources.map(\.name)).count == sources.count, "sources", "two have the same name; give one another `name`")
    for source in sources {
      try require((1...Self.largestDepth).contains(source.depth), "\(source.name).depth", "takes 1 to \(Self.largestDepth)")
      try require((source.kind == .pipeline) == (source.pipeline != nil), source.name, "a source of kind \"pipeline\", and no other, has a `pipeline`")
      try source.vectorFeedback?.validate(source.name)
      try source.termFeedback?.validate(source.name)
      try require(source.vectorFeedback == nil || source.kind == .dense, source.name, "only dense sources can move a vector")
      try require(source.termFeedback == nil || source.kind == .lexical, source.name, "only lexical sources can add terms")
      try require(source.fieldWeights.isEmpty || source.kind == .lexical, source.name, "only lexical sources weigh fields")
      for (field, weight) in source.fieldWeights {
        try require((0...1e6).contains(weight), "\(source.name).fieldWeights.\(field.rawValue)", "takes 0 to a million")
      }
      try source.pipeline?.validate(nesting: nesting + 1)
    }
    if let answers {
      try require(sources.contains { $0.name == answers }, "answers", "there is no source \"\(answers)\"")
      try require(!interpolation.isAfter, "answers", "says nothing where interpolation is \"after\" or \"both\", which answer with the mixture")
    }
    try validateFusion(require)
    for (number, stage) in rerank.enumerated() {
      try require((1...Self.largestDepth).contains(stage.depth), "rerank[\(number)].depth", "takes 1 to \(Self.largestDepth)")
      try require((stage.method == .model) == (stage.model != nil), "rerank[\(number)]", "a method \"model\", and no other, names a `model`")
    }
    if let relevance {
      try require(relevance.minimumKept >= 0, "relevance.minimumKept", "takes 0 or more")
      switch relevance.rule {
      case .score(let score): try require(score.isFinite, "relevance.minimumScore", "takes a finite number")
      case .model(_, let probability), .modelFile(_, let probability):
        try require((0...1).contains(probability ?? 0), "relevance.probability", "takes 0 to 1")
      }
    }
  }

  private func validateFusion(_ require: (Bool, String, String) throws(PipelineError) -> Void) throws(PipelineError) {
    let weights: [String: Double]
    switch fusion {
    case .reciprocalRank(let fusion):
      try require(fusion.constant.isFinite && fusion.constant >= 0, "fusion.constant", "takes 0 or more")
      weights = fusion.weights
    case .interpolation(let fusion): weights = fusion.weights
    }
    for (name, weight) in weights {
      try require(sources.contains { $0.name == name }, "fusion.weights", "there is no source \"\(name)\"")
      try require(weight.isFinite && weight >= 0, "fusion.weights.\(name)", "takes 0 or more")
    }
  }
}

extension VectorFeedback {
  func validate(_ source: String) throws(PipelineError) {
    guard (0...1000).contains(documents), (0...1000).contains(lastDocuments), (1...10).contains(iterations),
      [alpha, beta, gamma].allSatisfy(\.isFinite)
    else {
      throw .invalid(part: "\(source).feedback", reason: "takes 0 to 1000 documents, 1 to 10 iterations, and finite weights")
    }
  }
}

extension TermFeedback {
  func validate(_ source: String) throws(PipelineError) {
    guard (0...1000).contains(documents), (0...1000).contains(terms), (0...1).contains(originalWeight), (0...1).contains(largestDocumentShare),
      alpha.isFinite, beta.isFinite
    else {
      throw .invalid(
        part: "\(source).feedback", reason: "takes 0 to 1000 documents and terms, shares from 0 to 1, and finite weights")
    }
  }
}
