internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailIndex
internal import NeedletailModels
internal import NeedletailNumerics
internal import NeedletailRetrieval

/// Whether a view of the question makes one threshold on cosines work: Rossi et al., "Relevance Filtering for Embedding-based
/// Retrieval", CIKM 2024, tables 2 and 3.
///
/// Two settings: one collection, and one index over collections of different kinds, whose cosines lie on different scales.
///
/// Deviations: small collections in place of MS MARCO and product search; all-MiniLM-L6-v2; unjudged candidates count as not
/// relevant.
public struct RelevanceFiltering: Experiment {
  public static let name = "relevance-filtering"

  public struct Parameters: Decodable, Sendable {
    /// The collection of the first setting.
    public var single: String
    public var singleTrainSplit: String
    public var singleHeldOutSplit: String
    public var singleTestSplit: String
    /// The collections of the second setting, and the splits whose questions are taken together.
    public var mixed: [String: [String]]
    /// Most questions of each collection.
    public var questions: Int
    public var candidates: Int
    /// Random divisions of the questions of the second setting.
    public var divisions: Int
    /// Rounds of the bootstrap over questions.
    public var rounds: Int
  }

  public init() {}

  private static let mappings: [ScoreMapping] = [.global, .shift, .linear, .squareRoot, .quadratic, .power]

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    var findings = Findings()
    try await single(parameters, laboratory, &findings)
    try await mixed(parameters, laboratory, &findings)
    findings.notes.append(
      "Areas and precisions are pooled over the candidates of all questions; relevant documents that the search did not find do not count.")
    findings.notes.append("The order within a question never changes, so nDCG of unfiltered lists is the same by construction.")
    return findings
  }

  // MARK: One collection

  private func single(_ parameters: Parameters, _ laboratory: Laboratory, _ findings: inout Findings) async throws {
    let splits = [parameters.singleTrainSplit, parameters.singleHeldOutSplit, parameters.singleTestSplit]
    var tasks: [RetrievalTask] = []
    for split in splits {
      var task = try laboratory.task(parameters.single, split: split)
      task.keep(questions: parameters.questions)
      tasks.append(task)
    }
    var parts: [RelevanceExamples] = []
    for task in tasks { parts.append(try await QuestionPool([task], candidates: parameters.candidates, in: laboratory).examples) }
    laboratory.progress("Fitting")
    let outcome = try FilteringOutcome(training: parts[0], validation: parts[1], test: parts[2], mappings: Self.mappings, seed: laboratory.seed)
    outcome.record("one collection", into: &findings)
    let gain = (outcome.area(.power) - outcome.cosineArea) / outcome.cosineArea
    findings.record(effect: "one collection: relative area gained by power over cosine", gain)
  }

  // MARK: Collections of different kinds in one index

  private func mixed(_ parameters: Parameters, _ laboratory: Laboratory, _ findings: inout Findings) async throws {
    var tasks: [RetrievalTask] = []
    for (name, splits) in parameters.mixed.sorted(by: { $0.key < $1.key }) {
      guard let first = splits.first else { continue }
      var task = try laboratory.task(name, split: first)
      for split in splits.dropFirst() { task.add(try laboratory.task(name, split: split)) }
      task.keep(questions: parameters.questions)
      tasks.append(task)
    }
    let pool = try await QuestionPool(tasks, candidates: parameters.candidates, in: laboratory)
    var outcomes: [FilteringOutcome] = []
    for division in 0..<parameters.divisions {
      laboratory.progress("Fitting", Double(division) / Double(parameters.divisions))
      let parts = pool.divided(seed: laboratory.seed &+ UInt64(division))
      outcomes.append(try FilteringOutcome(
        training: pool.examples.subset(parts.training), validation: pool.examples.subset(parts.validation),
        test: pool.examples.subset(parts.test), kinds: parts.test.map { pool.kinds[$0] }, mappings: Self.mappings,
        seed: laboratory.seed &+ UInt64(division)))
    }
    guard let first = outcomes.first else { return }
    first.record("mixed", into: &findings)
    func mean(_ value: (FilteringOutcome) -> Double) -> Double { outcomes.map(value).reduce(0, +) / Double(outcomes.count) }
    findings.record(
      effect: "mixed: relative area gained by power over cosine", mean { ($0.area(.power) - $0.cosineArea) / $0.cosineArea }, published: 0.139 / 0.041 - 1)
    findings.record(
      effect: "mixed: area gained by power over cosine", mean { $0.area(.power) - $0.cosineArea },
      interval: first.interval(of: .power, rounds: parameters.rounds, seed: laboratory.seed), published: 0.139 - 0.041)
    findings.record(effect: "mixed: area gained by global calibration over cosine", mean { $0.area(.global) - $0.cosineArea })
    findings.record(effect: "mixed: removed at 95% recall gained by power over cosine", mean { $0.removed(.power) - $0.cosineRemoved })
    findings.record(effect: "mixed: precision at 95% recall, power over cosine", mean { $0.precision(.power) / $0.cosinePrecision }, published: 0.0066 / 0.0028)
    findings.record("mixed: calibration error of power", mean { $0.calibrationError(.power) })
    findings.record("mixed: calibration error of power, worst kind of question", mean { $0.worstCalibrationError(.power) })
    findings.record("mixed: calibration error of global, worst kind of question", mean { $0.worstCalibrationError(.global) })
    findings.record(effect: "mixed: answers kept per question, without a relevant one over with one", mean(\.keptShareWithoutRelevant))
  }
}

extension RetrievalTask {
  /// Adds the questions of another split of the same collection.
  fileprivate mutating func add(_ other: RetrievalTask) {
    queries += other.queries.filter { judgements[$0.id] == nil }
    judgements.merge(other.judgements) { first, _ in first }
  }
}

/// Questions of one or more collections, asked of one index over all their documents.
private struct QuestionPool: Sendable {
  private(set) var examples: RelevanceExamples
  /// The collection of each question.
  private(set) var kinds: [Int] = []

  init(_ tasks: [RetrievalTask], candidates: Int, in laboratory: Laboratory) async throws {
    let embedder = try laboratory.embedder(precision: .bfloat16)
    var corpus = DenseVectors(dimension: embedder.profile.dimension, values: [])
    var owners: [(kind: Int, document: String)] = []
    for (kind, task) in tasks.enumerated() {
      let texts = task.corpus.map(\.passageText)
      corpus.values += try await laboratory.vectors(of: texts, as: .document, with: embedder).values
      owners += task.corpus.map { (kind, $0.id) }
    }
    let index = try DenseIndexFactory.build(corpus, similarity: .cosine, specification: .init(layout: .flat, codec: .float32))
    examples = RelevanceExamples(dimension: corpus.dimension)
    for (kind, task) in tasks.enumerated() {
      let queries = try await laboratory.vectors(of: task.queries.map(\.text), as: .query, with: embedder)
      for (number, found) in try index.search(queries, SearchOptions(limit: candidates)).enumerated() {
        let grades = task.judgements[task.queries[number].id] ?? [:]
        let labels = found.map { neighbour -> Double in
          let owner = owners[Int(neighbour.row)]
          return owner.kind == kind && (grades[owner.document] ?? 0) > 0 ? 1 : 0
        }
        examples.append(Array(queries[number]), cosines: found.map { Double($0.score) }, labels: labels)
        kinds.append(kind)
      }
    }
  }

  /// 60, 20 and 20 percent of the questions of each kind.
  func divided(seed: UInt64) -> (training: [Int], validation: [Int], test: [Int]) {
    var generator = SeededGenerator(seed: seed)
    var parts: (training: [Int], validation: [Int], test: [Int]) = ([], [], [])
    for kind in Set(kinds).sorted() {
      let order = kinds.indices.filter { kinds[$0] == kind }.shuffled(using: &generator)
      let (first, second) = (order.count * 3 / 5, order.count * 4 / 5)
      parts.training += order[..<first]
      parts.validation += order[first..<second]
      parts.test += order[second...]
    }
    return parts
  }
}
