internal import NeedletailEvaluation
internal import NeedletailModels
internal import NeedletailNumerics
internal import NeedletailRetrieval
internal import NeedletailStore

/// Whether pseudo-relevance feedback helps dense retrieval, and where word scores should be mixed in: Li et al., "To
/// Interpolate or not to Interpolate: PRF, Dense and Sparse Retrievers", SIGIR 2022, tables 1 and 2.
///
/// How many answers vectors learn from, how far they move, and the share of the words are chosen on one half of the questions; the
/// figures are those of the other half.
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
    public var grid: Grid
  }

  /// What is tried on the half of the questions that settings are chosen by.
  public struct Grid: Decodable, Sendable {
    /// Answers that vectors learn from.
    public var documents: [Int]
    /// Weights of the answers in Rocchio's sum; the question has the rest.
    public var betas: [Double]
    /// Weights of the word scores in a mixture.
    public var lexicalWeights: [Double]
  }

  public init() {}

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    let embedder = try laboratory.embedder(precision: .bfloat16)
    var findings = Findings()
    var collections: [Halves] = []
    for name in parameters.manyRelevant {
      collections.append(try await Halves(name, parameters, embedder, laboratory))
    }
    let tuned = try TunedFeedback(collections.map(\.tuning), grid: parameters.grid, in: laboratory).settings
    let systems = Self.systems(tuned, depth: parameters.depth)
    for (name, setting) in tuned.sorted(by: { $0.key < $1.key }) { findings.notes.append("Chosen for \(name): \(Self.text(setting)).") }

    var many = Values()
    for collection in collections {
      try await many.add(collection.tested, systems, parameters, laboratory, &findings)
      await collection.tested.index.collection.close()
    }
    var one = Values()
    for name in parameters.oneRelevant {
      var task = try laboratory.task(name)
      task.keep(questions: parameters.questions)
      let collection = try await IndexedCollection(task, in: laboratory, embedder: embedder)
      try await one.add(collection, systems, parameters, laboratory, &findings)
      await collection.index.collection.close()
    }

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
    findings.notes.append("Where many documents are relevant the figures are those of the half of the questions that nothing was chosen by.")
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

  /// Where word scores are mixed in.
  static let places: [(String, PipelineSpecification.Interpolation)] = [("before", .before), ("after", .after), ("both", .both)]

  /// The systems compared: each source, each kind of feedback, and the places of the mixture.
  private static func systems(_ tuned: [String: FeedbackSetting], depth: Int) -> [PipelineSpecification] {
    typealias Source = PipelineSpecification.Source
    func single(_ name: String, _ source: Source) -> PipelineSpecification { PipelineSpecification(name: name, sources: [source]) }
    let systems = [
      single("dense", Source(.dense, depth: depth)), single("bm25", Source(.lexical, depth: depth)),
      single("rm3", Source(.lexical, depth: depth, termFeedback: TermFeedback())),
      single("bm25 rocchio", Source(.lexical, depth: depth, termFeedback: TermFeedback(method: .rocchio))),
      PipelineSpecification(name: "rrf", sources: [Source(.dense, depth: depth), Source(.lexical, depth: depth)]),
    ]
    return systems
      + tuned.sorted { $0.key < $1.key }.map { name, setting in
        let dense = Source(.dense, depth: depth, vectorFeedback: setting.feedback)
        guard let interpolation = setting.interpolation else { return single(name, dense) }
        return PipelineSpecification(
          name: name, sources: [dense, Source(.lexical, depth: depth)], fusion: .interpolation(setting.fusion), interpolation: interpolation)
      }
  }

  private static func text(_ setting: FeedbackSetting) -> String {
    var parts: [String] = []
    if let feedback = setting.feedback {
      parts.append("\(feedback.documents) answers")
      if feedback.method == .rocchio { parts.append("weight \(feedback.beta) of them") }
    }
    if setting.interpolation != nil { parts.append("weight \(setting.lexicalWeight) of words") }
    return parts.joined(separator: ", ")
  }
}

/// A collection whose questions are dealt into those that settings are chosen by and those that are tested.
private struct Halves {
  let tuning: FeedbackTuning
  let tested: IndexedCollection

  init(
    _ name: String, _ parameters: FeedbackAndInterpolation.Parameters, _ embedder: TransformerEmbedder, _ laboratory: Laboratory
  ) async throws {
    var task = try laboratory.task(name)
    task.keep(questions: parameters.questions)
    var generator = SeededGenerator(seed: laboratory.seed)
    let dealt = task.queries.shuffled(using: &generator)
    task.queries = Array(dealt.prefix(dealt.count / 2))
    let whole = try await IndexedCollection(task, in: laboratory, embedder: embedder)
    tuning = try await FeedbackTuning(whole, depth: parameters.depth, embedder: embedder, in: laboratory)
    task.queries = Array(dealt.dropFirst(dealt.count / 2))
    let kept = Set(task.queries.map(\.id))
    task.judgements = task.judgements.filter { kept.contains($0.key) }
    tested = whole.asking(task)
  }
}

/// For each system the values of the measures for every question.
private struct Values {
  private var values: [String: [Measure: [String: Double]]] = [:]

  /// Asks the questions of a collection.
  mutating func add(
    _ collection: IndexedCollection, _ systems: [PipelineSpecification], _ parameters: FeedbackAndInterpolation.Parameters, _ laboratory: Laboratory,
    _ findings: inout Findings
  ) async throws {
    let name = collection.task.name
    for system in systems {
      let evaluation = try await collection.evaluation(
        of: system, measures: FeedbackAndInterpolation.measures, depth: parameters.depth, in: laboratory)
      for measure in FeedbackAndInterpolation.measures {
        findings.record("\(name): \(system.name): \(measure)", evaluation.mean(of: measure) ?? 0)
        for (query, value) in evaluation.values(of: measure) ?? [:] {
          values[system.name, default: [:]][measure, default: [:]]["\(name)/\(query)"] = value
        }
      }
    }
  }

  /// For each question the mean of some systems.
  func mean(_ systems: [String], _ measure: Measure) -> [String: Double] {
    var sums: [String: Double] = [:]
    for system in systems {
      for (query, value) in values[system]?[measure] ?? [:] { sums[query, default: 0] += value / Double(systems.count) }
    }
    return sums
  }
}

extension Findings {
  /// Records by how much the mean of some systems is above the mean of others, question by question.
  fileprivate mutating func record(
    _ values: Values, _ name: String, from first: [String], to second: [String], _ measure: Measure, seed: UInt64
  ) throws {
    let comparison = try PairedComparison(of: values.mean(first, measure), and: values.mean(second, measure), seed: seed)
    record(effect: name, comparison.meanDifference, interval: comparison.interval)
    record("p of \(name)", comparison.randomizationProbability)
  }
}
