internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailIndex
internal import NeedletailRetrieval

/// Recall against work of clustered lists over learned sparse vectors: at 0.90, 0.95 and 0.97 of the exact top ten, and what
/// each part of the index is worth.
///
/// S. Bruch, F. M. Nardini, C. Rulli and R. Venturini, "Efficient Inverted Indexes for Approximate Retrieval over Learned
/// Sparse Representations", SIGIR 2024: the concentration of mass (section 4.1), efficiency (table 1), blocking (figure 6)
/// and summaries (figure 7). Deviations: the real vectors are encodings of questions, 11,261 of them, and the larger
/// collection is synthetic; the paper searches 8.8 million passages.
public struct SparseRecallExperiment: Experiment {
  public static let name = "sparse-recall"

  public struct Parameters: Decodable, Sendable {
    /// Questions asked of each collection.
    public var queries: Int
    /// Documents of the synthetic collection; 0 for none.
    public var syntheticDocuments: Int
    /// Postings kept of a list on average and at most, in the synthetic collection.
    public var averagePostings: Int
    public var largestPostings: Int
    /// Efforts that are tried.
    public var cuts: [Int]
    public var factors: [Float]
    /// How often each question is timed.
    public var rounds: Int
  }

  public init() {}

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    var findings = Findings()
    try measureReal(Self.realCollection(laboratory, parameters), parameters, laboratory, &findings)
    if parameters.syntheticDocuments > 0 { try measureSynthetic(parameters, laboratory, &findings) }
    findings.notes.append("Times are of one thread; recall is the overlap with the rows of the exact top ten.")
    return findings
  }

  private static func realCollection(_ laboratory: Laboratory, _ parameters: Parameters) throws -> MeasuredCollection {
    laboratory.progress("Reading vectors")
    let folder = try laboratory.data("vectors-splade-msmarco")
    let base = try SparseVectorLines(path: folder + "/base.jsonl.gz")
    let queries = try SparseVectorLines(path: folder + "/queries.jsonl", vocabulary: base.vocabulary)
    return try MeasuredCollection(base.vectors, queries.vectors.prefix(parameters.queries), rounds: parameters.rounds)
  }

  // MARK: Real vectors

  private func measureReal(
    _ collection: MeasuredCollection, _ parameters: Parameters, _ laboratory: Laboratory, _ findings: inout Findings
  ) throws {
    findings.record("real: share of a vector's mass in its 10 heaviest terms", collection.base.massShare(ofHeaviest: 10), published: 0.75)
    findings.record("real: exact search", collection.exactTime, unit: "µs")
    let built = ClusteredSparseParameters(seed: laboratory.seed)
    let curve = try Curve(collection, built, parameters) { laboratory.progress("Real vectors: \($0)", $1) }
    curve.record("real", &findings)
    findings.record(effect: "real: share of rows scored at recall 0.95", curve.leastScored(0.95) / Double(collection.base.count))
    findings.record(effect: "real: largest fall of recall when more lists are visited", curve.largestFall)

    // Blocks and summaries, at equal recall; sizes as those of the geometric index.
    let size = max(2, Int(curve.index.meanBlockSize.rounded()))
    var variants: [(name: String, parameters: ClusteredSparseParameters)] = []
    var shuffled = built
    shuffled.blocking = .shuffled(size: size)
    variants.append(("random over geometric blocks", shuffled))
    var consecutive = built
    consecutive.blocking = .consecutive(size: size)
    variants.append(("consecutive over geometric blocks", consecutive))
    var components = built
    components.summary = .components(max(1, Int(curve.index.meanSummaryLength.rounded())))
    variants.append(("fixed-length over mass-preserving summaries", components))
    for (name, variant) in variants {
      let other = try Curve(collection, variant, parameters) { laboratory.progress("Real vectors, \(name): \($0)", $1) }
      findings.record(effect: "real: rows scored at recall 0.95, \(name)", other.leastScored(0.95) / curve.leastScored(0.95))
    }
  }

  // MARK: Synthetic vectors

  private func measureSynthetic(
    _ parameters: Parameters, _ laboratory: Laboratory, _ findings: inout Findings
  ) throws {
    laboratory.progress("Making \(parameters.syntheticDocuments) vectors")
    let made = SyntheticSparseVectors(
      documentCount: parameters.syntheticDocuments, queryCount: parameters.queries, seed: laboratory.seed)
    let collection = try MeasuredCollection(made.documents, made.queries, rounds: parameters.rounds)
    findings.record(
      "synthetic: share of a document's mass in its 50 heaviest terms", made.documents.massShare(ofHeaviest: 50), published: 0.75)
    findings.record("synthetic: exact search", collection.exactTime, unit: "µs")
    let built = ClusteredSparseParameters(
      pruning: .overall(average: parameters.averagePostings, largest: parameters.largestPostings), seed: laboratory.seed)
    let curve = try Curve(collection, built, parameters) { laboratory.progress("Synthetic vectors: \($0)", $1) }
    curve.record("synthetic", &findings)
    findings.record(
      effect: "synthetic: times faster than exact at recall 0.95", collection.exactTime / (curve.leastTime(0.95) ?? collection.exactTime),
      published: 331)
    findings.record(
      effect: "synthetic: documents for each one scored at recall 0.95",
      Double(collection.base.count) / curve.leastScored(0.95))
  }
}

/// Vectors, questions, and what an exact search finds.
private struct MeasuredCollection {
  let base: SparseVectors
  let queries: SparseVectors
  let truth: [[Row]]
  /// Of a question, in microseconds.
  let exactTime: Double

  init(_ base: SparseVectors, _ queries: SparseVectors, rounds: Int) throws {
    self.base = base
    self.queries = queries
    let measured = try SparseMeasurement(of: InvertedSparseIndex(base), queries, SearchOptions(limit: 10), rounds: rounds)
    truth = measured.answers.map { $0.map(\.row) }
    exactTime = 1e6 / measured.queriesPerSecond
  }
}

/// Recall, time and work of one index over a grid of efforts.
private struct Curve {
  let index: ClusteredSparseIndex
  private let points: [(effort: SparseSearchEffort, measured: SparseMeasurement)]

  init(
    _ collection: MeasuredCollection, _ built: ClusteredSparseParameters,
    _ parameters: SparseRecallExperiment.Parameters, _ progress: (String, Double?) -> Void
  ) throws {
    progress("building", nil)
    index = try ClusteredSparseIndex(collection.base, parameters: built)
    var points: [(SparseSearchEffort, SparseMeasurement)] = []
    let efforts = parameters.factors.flatMap { factor in parameters.cuts.map { SparseSearchEffort(queryCut: $0, heapFactor: factor) } }
    for (number, effort) in efforts.enumerated() {
      progress("searching", Double(number) / Double(efforts.count))
      points.append(
        (effort, try SparseMeasurement(
          of: index, collection.queries, SearchOptions(limit: 10), effort: effort, truth: collection.truth,
          rounds: parameters.rounds)))
    }
    self.points = points
  }

  private func reaching(_ recall: Double) -> [SparseMeasurement] {
    points.map(\.measured).filter { ($0.recall ?? 0) >= recall }
  }

  /// The least work; that of scoring every row if no effort reaches the recall.
  func leastScored(_ recall: Double) -> Double { reaching(recall).compactMap(\.scoredRows).min() ?? Double(index.count) }

  /// The least time of a query in microseconds; nil if no effort reaches the recall.
  func leastTime(_ recall: Double) -> Double? { reaching(recall).map { 1e6 / $0.queriesPerSecond }.min() }

  var largestFall: Double {
    var fall = 0.0
    for (first, second) in zip(points, points.dropFirst()) where first.effort.heapFactor == second.effort.heapFactor {
      fall = max(fall, (first.measured.recall ?? 0) - (second.measured.recall ?? 0))
    }
    return fall
  }

  func record(_ name: String, _ findings: inout Findings) {
    for (recall, published) in [(0.90, 187.0), (0.95, 303), (0.97, 531)] {
      guard let time = leastTime(recall) else { continue }
      findings.record("\(name): time at recall \(recall)", time, unit: "µs", published: published)
      findings.record("\(name): rows scored at recall \(recall)", leastScored(recall), published: recall == 0.97 ? 2198 : nil)
    }
    findings.record("\(name): index", Double(index.footprint.totalBytes) / 1e6, unit: "MB")
    findings.record("\(name): rows only an exact search finds", Double(index.unlistedCount))
  }
}
