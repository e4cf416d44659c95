internal import NeedletailEvaluation
internal import NeedletailModels
internal import NeedletailRetrieval
internal import NeedletailStore

/// Whether pseudo-relevance feedback helps dense retrieval, and where word scores should be mixed in: Li et al., "To
/// Interpolate or not to Interpolate: PRF, Dense and Sparse Retrievers", SIGIR 2022, tables 1 and 2.
///
/// Deviations: small test collections in place of TREC Deep Learning; all-MiniLM-L6-v2 in place of ANCE, TCT-ColBERT and
/// DistilBERT; BM25 with the analyser of the library; scores are brought to a common scale by their extremes.
public struct FeedbackAndInterpolation: Experiment {
  public static let name = "feedback-and-interpolation"

  public struct Parameters: Decodable, Sendable {
    /// Collections whose questions have many relevant documents.
    public var manyRelevant: [String]
    /// Collections whose questions mostly have one.
    public var oneRelevant: [String]
    /// Most questions of each collection.
    public var questions: Int
    /// Answers per question, and candidates of each source.
    public var depth: Int
    /// The weight of the word scores in the mixture.
    public var lexicalWeight: Double
  }

  public init() {}

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    let embedder = try laboratory.embedder(precision: .bfloat16)
    var findings = Findings()
    let many = try await values(parameters.manyRelevant, parameters, embedder, laboratory, &findings)
    let one = try await values(parameters.oneRelevant, parameters, embedder, laboratory, &findings)

    for (name, first, second, measure) in Self.comparisons {
      try findings.record(many, "\(measure) gained: \(name)", from: first, to: second, measure, seed: laboratory.seed)
    }
    let both = ["both average", "both rocchio"]
    try findings.record(many, "AP gained: both over after", from: ["after average", "after rocchio"], to: both, Self.averagePrecision, seed: laboratory.seed)
    try findings.record(
      many, "AP gained: after over before", from: ["before average", "before rocchio"], to: ["after average", "after rocchio"],
      Self.averagePrecision, seed: laboratory.seed)
    try findings.record(
      many, "AP gained: both over feedback alone", from: ["average", "rocchio"], to: both, Self.averagePrecision, seed: laboratory.seed)
    try findings.record(
      one, "RR@10 gained: feedback where one document is relevant", from: ["dense"], to: ["average", "rocchio"], Self.reciprocalRank,
      seed: laboratory.seed)
    findings.notes.append("Intervals are 95% bootstraps over the questions of all collections of a kind together.")
    return findings
  }

  static let averagePrecision = Measure.averagePrecision(cutoff: nil)
  static let reciprocalRank = Measure.reciprocalRank(cutoff: 10)
  static let measures = [averagePrecision, .nDCG(cutoff: 10), .recall(cutoff: 100), .recall(cutoff: 1000), reciprocalRank]

  private static let comparisons: [(String, [String], [String], Measure)] = [
    ("average over dense", ["dense"], ["average"], averagePrecision), ("rocchio over dense", ["dense"], ["rocchio"], averagePrecision),
    ("average over dense", ["dense"], ["average"], .recall(cutoff: 100)), ("rocchio over dense", ["dense"], ["rocchio"], .recall(cutoff: 100)),
    ("rm3 over bm25", ["bm25"], ["rm3"], .recall(cutoff: 1000)), ("rm3 over bm25", ["bm25"], ["rm3"], averagePrecision),
  ]

  /// The systems compared: each source, each kind of feedback, and the places of the mixture.
  static func systems(_ parameters: Parameters) -> [PipelineSpecification] {
    typealias Source = PipelineSpecification.Source
    let (depth, weight) = (parameters.depth, parameters.lexicalWeight)
    func single(_ name: String, _ source: Source) -> PipelineSpecification { PipelineSpecification(name: name, sources: [source]) }
    func mixed(_ name: String, _ feedback: VectorFeedback?, _ interpolation: PipelineSpecification.Interpolation) -> PipelineSpecification {
      PipelineSpecification(
        name: name, sources: [Source(.dense, depth: depth, vectorFeedback: feedback), Source(.lexical, depth: depth)],
        fusion: .interpolation(ScoreInterpolation(weights: ["dense": 1 - weight, "lexical": weight])), interpolation: interpolation)
    }
    var systems = [
      single("dense", Source(.dense, depth: depth)), single("bm25", Source(.lexical, depth: depth)),
      single("rm3", Source(.lexical, depth: depth, termFeedback: TermFeedback())),
      single("bm25 rocchio", Source(.lexical, depth: depth, termFeedback: TermFeedback(method: .rocchio))),
      mixed("interpolated", nil, .after),
      PipelineSpecification(name: "rrf", sources: [Source(.dense, depth: depth), Source(.lexical, depth: depth)]),
    ]
    for method in VectorFeedback.Method.allCases {
      let feedback = VectorFeedback(method: method)
      systems.append(single(method.rawValue, Source(.dense, depth: depth, vectorFeedback: feedback)))
      for (name, interpolation) in [("before", PipelineSpecification.Interpolation.before), ("after", .after), ("both", .both)] {
        systems.append(mixed("\(name) \(method.rawValue)", feedback, interpolation))
      }
    }
    return systems
  }

  /// For each system the values of the measures for every question of these collections.
  private func values(
    _ collections: [String], _ parameters: Parameters, _ embedder: TransformerEmbedder, _ laboratory: Laboratory, _ findings: inout Findings
  ) async throws -> [String: [Measure: [String: Double]]] {
    var values: [String: [Measure: [String: Double]]] = [:]
    for name in collections {
      var task = try laboratory.task(name)
      task.keep(questions: parameters.questions)
      let collection = try await IndexedCollection(task, in: laboratory, embedder: embedder)
      for system in Self.systems(parameters) {
        let evaluation = try await collection.evaluation(of: system, measures: Self.measures, depth: parameters.depth, in: laboratory)
        for measure in Self.measures {
          findings.record("\(name): \(system.name): \(measure)", evaluation.mean(of: measure) ?? 0)
          for (query, value) in evaluation.values(of: measure) ?? [:] {
            values[system.name, default: [:]][measure, default: [:]]["\(name)/\(query)"] = value
          }
        }
      }
      await collection.index.collection.close()
    }
    return values
  }
}

extension Findings {
  /// Records by how much the mean of some systems is above the mean of others, question by question.
  fileprivate mutating func record(
    _ values: [String: [Measure: [String: Double]]], _ name: String, from first: [String], to second: [String], _ measure: Measure, seed: UInt64
  ) throws {
    func mean(_ systems: [String]) -> [String: Double] {
      var sums: [String: Double] = [:]
      for system in systems {
        for (query, value) in values[system]?[measure] ?? [:] { sums[query, default: 0] += value / Double(systems.count) }
      }
      return sums
    }
    let comparison = try PairedComparison(of: mean(first), and: mean(second), seed: seed)
    record(effect: name, comparison.meanDifference, interval: comparison.interval)
    record("p of \(name)", comparison.randomizationProbability)
  }
}
