internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailIndex
internal import NeedletailModels
internal import NeedletailNumerics
internal import NeedletailRetrieval
internal import NeedletailTraining

/// Whether a causal network weighs terms better when it reads a text twice, and whether its vectors are served by the ordinary indexes
/// (Doshi et al., "Mistral-SPLADE", arXiv 2408.11119, 2024, sections 3 and 4).
///
/// Three arms begin with one network that has learnt to tell next tokens, and learn from the same pairs in the same order: causal, causal
/// with the text twice, and bidirectional. Deviations: a network of a few layers in place of Mistral-7B, trained in full in place of low-rank
/// adapters; titles and texts of news in place of the pairs of sentence-transformers and BEIR. The claim about seven billion parameters is
/// out of reach.
public struct EchoedTermWeights: Experiment {
  public static let name = "echoed-term-weights"

  public struct Parameters: Decodable, Sendable {
    let layers: Int
    let hidden: Int
    let heads: Int
    let vocabulary: Int
    let queryTokens: Int
    let documentTokens: Int
    let pretrainingSteps: Int
    let steps: Int
    let batch: Int
    let rate: Double
    /// What scores have to exceed before they weigh anything.
    let threshold: Double
    let penalty: SparsityPenalty
    let queryPenalty: Double
    let documentPenalty: Double
    /// The part of the steps in which the penalties grow.
    let ramp: Double
    /// Multiples of the penalties, ascending, that the echoed arm is also trained with.
    let penaltyFactors: [Double]
    let seeds: Int
    let questions: Int
    /// Documents that are searched.
    let pool: Int
  }

  public init() {}

  private static let measure = Measure.reciprocalRank(cutoff: 10)
  private static let depth = 100

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    var findings = Findings()
    var values: [String: [String: Double]] = [:]
    var low: Set<String> = []
    // of all seeds and arms: what holds of no terms says nothing
    var fewest = (queries: Double.infinity, documents: Double.infinity)
    var echoed: TermVectors?
    for trial in 0..<parameters.seeds {
      let seed = laboratory.seed &+ UInt64(trial)
      let arms = try TrainedArms(parameters, seed: seed, folder: "\(laboratory.scratch)/\(trial)", in: laboratory)
      if trial == 0 { arms.recordPretraining(in: &findings) }
      let lexical = try await Run.bm25(arms.data.task, depth: Self.depth)
      var runs = ["bm25": lexical]
      for reading in TermReading.allCases {
        laboratory.progress("Seed \(trial + 1), \(reading.rawValue)", Double(trial) / Double(parameters.seeds))
        let vectors = try arms.vectors(reading, penaltyFactor: 1)
        let run = try vectors.run(arms.data.task, depth: Self.depth)
        runs[reading.rawValue] = run
        fewest.queries = min(fewest.queries, vectors.queries.meanTerms)
        fewest.documents = min(fewest.documents, vectors.documents.meanTerms)
        guard reading == .echoed else { continue }
        runs["echoed and bm25"] = try Run(joining: [lexical, run], name: "joined")
        if trial == 0 {
          try recordServing(vectors, arms.data.task, in: &findings)
          echoed = vectors
        }
      }
      // questions of different trials are different ones
      for (name, run) in runs {
        for (query, value) in Self.values(of: run, arms.data.task) { values[name, default: [:]]["\(trial) \(query)"] = value }
      }
      low.formUnion(arms.data.lowOverlap.map { "\(trial) \($0)" })
      if trial == 0 { try recordPenalties(arms, of: echoed, parameters, in: laboratory, &findings) }
    }
    record(values, low, seed: laboratory.seed, in: &findings)
    findings.record("fewest terms of a query, of all seeds and arms", fewest.queries)
    findings.record("fewest terms of a document, of all seeds and arms", fewest.documents)
    findings.notes.append(
      "\(parameters.seeds) seeds of \(parameters.questions) titles over \(parameters.pool) texts each; \(parameters.pretrainingSteps) steps of next tokens, then "
        + "\(parameters.steps) steps of \(parameters.batch) pairs for each arm. \(low.count) titles have less than 30% of their words in their text.")
    findings.notes.append("Intervals are 95% bootstraps over the questions of all seeds. Mistral-7B itself is out of reach here.")
    return findings
  }

  private static func values(of run: Run, _ task: RetrievalTask) -> [String: Double] {
    Evaluation(of: run, judgements: task.judgements, measures: [measure]).values(of: measure) ?? [:]
  }

  private static func mean(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }

  /// The arms against each other, and against words.
  private func record(_ values: [String: [String: Double]], _ low: Set<String>, seed: UInt64, in findings: inout Findings) {
    for (name, own) in values.sorted(by: { $0.key < $1.key }) {
      findings.record("RR@10: \(name)", Self.mean(own.sorted { $0.key < $1.key }.map(\.value)))
      findings.record("RR@10, low overlap: \(name)", Self.mean(own.filter { low.contains($0.key) }.sorted { $0.key < $1.key }.map(\.value)))
    }
    func compare(_ name: String, _ a: String, _ b: String, where isCounted: (String) -> Bool = { _ in true }) {
      let other = values[b] ?? [:]
      let differences = (values[a] ?? [:]).filter { isCounted($0.key) }.sorted { $0.key < $1.key }.map { $0.value - (other[$0.key] ?? 0) }
      findings.record(effect: name, Self.mean(differences), interval: differences.isEmpty ? nil : ConfidenceInterval(bootstrapping: differences, seed: seed))
    }
    compare("RR@10 gained by the echo", "echoed", "causal")
    compare("RR@10: bidirectional over echoed", "bidirectional", "echoed")
    compare("RR@10, low overlap: echoed with bm25 over bm25", "echoed and bm25", "bm25") { low.contains($0) }
    compare("RR@10: echoed with bm25 over bm25", "echoed and bm25", "bm25")
  }

  /// What the indexes make of the vectors.
  private func recordServing(_ vectors: TermVectors, _ task: RetrievalTask, in findings: inout Findings) throws {
    findings.record("terms of a query", vectors.queries.meanTerms)
    findings.record("terms of a document", vectors.documents.meanTerms)
    let exact = try InvertedSparseIndex(vectors.documents)
    var worst = 0.0
    var truth: [[Row]] = []
    for number in 0..<vectors.queries.count {
      let answer = try exact.search(vectors.queries[number], SearchOptions(limit: 10))
      truth.append(answer.map(\.row))
      for found in answer {
        let score = vectors.documents[Int(found.row)].dot(vectors.queries[number])
        worst = max(worst, Double(abs(found.score - score) / max(score, 1e-6)))
      }
    }
    findings.record("largest relative difference between scores of the inverted index and inner products", worst)

    let whole = Self.mean(Self.values(of: try vectors.run(task, depth: 10), task).sorted { $0.key < $1.key }.map(\.value))
    let eight = try ClusteredSparseIndex(vectors.documents, parameters: ClusteredSparseParameters(codec: .fixed8))
    let coarse = try vectors.run(task, in: eight, SearchOptions(limit: 10, isExact: true))
    findings.record(
      effect: "RR@10 lost by weights of 8 bits", whole - Self.mean(Self.values(of: coarse, task).sorted { $0.key < $1.key }.map(\.value)))
    let pruned = try vectors.keepingAQuarter().run(task, depth: 10)
    findings.record(
      effect: "RR@10 lost with a quarter of the terms", whole - Self.mean(Self.values(of: pruned, task).sorted { $0.key < $1.key }.map(\.value)))
    let clustered = try SparseMeasurement(
      of: ClusteredSparseIndex(vectors.documents), vectors.queries, SearchOptions(limit: 10),
      effort: SparseSearchEffort(queryCut: 10, heapFactor: 0.8), truth: truth)
    findings.record(effect: "clustered lists: recall of the exact top ten", clustered.recall ?? 0)
    findings.record("clustered lists: share of documents scored", (clustered.scoredRows ?? 0) / Double(max(1, vectors.documents.count)))
  }

  /// Whether heavier penalties leave fewer terms.
  private func recordPenalties(
    _ arms: TrainedArms, of trained: TermVectors?, _ parameters: Parameters, in laboratory: Laboratory, _ findings: inout Findings
  ) throws {
    var terms: [(factor: Double, count: Double)] = []
    for factor in parameters.penaltyFactors {
      laboratory.progress("Penalties times \(factor)")
      let vectors = if factor == 1, let trained { trained } else { try arms.vectors(.echoed, penaltyFactor: factor) }
      terms.append((factor, vectors.documents.meanTerms))
      findings.record("terms of a document, penalties times \(factor)", vectors.documents.meanTerms)
      findings.record("terms of a query, penalties times \(factor)", vectors.queries.meanTerms)
      let run = try vectors.run(arms.data.task, depth: 10)
      findings.record(
        "RR@10, penalties times \(factor)", Self.mean(Self.values(of: run, arms.data.task).sorted { $0.key < $1.key }.map(\.value)))
    }
    let rises = zip(terms, terms.dropFirst()).map { $1.count - $0.count }
    findings.record(effect: "largest rise of a document's terms where penalties grow", rises.max() ?? 0)
  }
}
