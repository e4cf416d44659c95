internal import Foundation
internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailIndex
internal import NeedletailModels
internal import NeedletailNumerics

/// Whether one inner product finds what late interaction would: Dhulipala et al., "MUVERA: Multi-Vector Retrieval via Fixed
/// Dimensional Encodings", NeurIPS 2024, figures 3 to 6, against the candidates of single tokens and of centroids.
///
/// Deviations: tokens of all-MiniLM-L6-v2, which was not trained for late interaction, reduced to 128 principal components and
/// scaled, in place of ColBERTv2; one small collection; documents cut after some tokens; comparing with every encoding in place of a graph.
public struct LateInteractionEncodings: Experiment {
  public static let name = "late-interaction-encodings"

  public struct Parameters: Decodable, Sendable {
    public var collection: String
    public var questions: Int
    public var documents: Int
    /// Tokens of a document that are looked at.
    public var documentTokens: Int
    /// Components of a token that are kept, those of largest variance; as many as ColBERTv2 has.
    public var dimension: Int
    /// Seeds that the spread of recall is measured over.
    public var seeds: Int
    /// Nearest tokens of each token of a question, for the candidates of single tokens.
    public var tokenNeighbours: Int
    /// Random documents that the bias of the estimate is measured on.
    public var randomDocuments: Int
  }

  public init() {}

  /// The sizes along the paper's frontier.
  private static let sizes: [(repetitions: Int, bits: Int, projection: Int)] = [(20, 3, 8), (20, 4, 8), (20, 5, 8), (20, 5, 16)]
  private static let best = 10

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    var findings = Findings()
    try Self.bias(parameters, laboratory, &findings)
    let bench = try Self.bench(parameters, laboratory)
    findings.record("tokens", Double(bench.documents.tokenCount))

    var recalls: [Double] = []
    for size in Self.sizes {
      laboratory.progress("Encodings of \(size.repetitions * size.projection << size.bits) components")
      let ranking = try bench.encodingRanking(Self.encoding(size, seed: laboratory.seed))
      recalls.append(bench.recall(of: ranking, at: 100))
      findings.record("recall@100, \(size.repetitions * size.projection << size.bits) components", recalls[recalls.count - 1])
    }
    findings.record(effect: "recall@100 gained from the shortest encoding to the longest", recalls[3] - recalls[0])
    let encoding = try bench.encodingRanking(Self.encoding(Self.sizes[2], seed: laboratory.seed))
    let mean = try bench.meanRanking()
    findings.record("recall@100, mean of tokens", bench.recall(of: mean, at: 100))
    findings.record(effect: "recall@100 gained: 5120 components over the mean of tokens", recalls[2] - bench.recall(of: mean, at: 100))

    laboratory.progress("Nearest tokens")
    let tokens = try bench.tokenRanking(neighbours: parameters.tokenNeighbours)
    let needed = (encoding: bench.candidates(for: 0.9, in: encoding), tokens: bench.candidates(for: 0.9, in: tokens))
    findings.record("candidates for recall 0.9, 5120 components", needed.encoding)
    findings.record("candidates for recall 0.9, single tokens, each document once", needed.tokens)
    findings.record(effect: "candidates for recall 0.9: single tokens over 5120 components", needed.tokens / needed.encoding, published: 2.6)

    var unfilled = Self.encoding(Self.sizes[2], seed: laboratory.seed)
    unfilled.fillsEmptyCells = false
    findings.record(
      effect: "recall@50 lost without filling empty cells",
      bench.recall(of: encoding, at: 50) - bench.recall(of: try bench.encodingRanking(unfilled), at: 50))
    var spread: [Double] = []
    for seed in 0..<parameters.seeds {
      laboratory.progress("Other seeds", Double(seed) / Double(parameters.seeds))
      spread.append(bench.recall(of: try bench.encodingRanking(Self.encoding(Self.sizes[2], seed: laboratory.seed &+ UInt64(seed) &+ 100)), at: 200))
    }
    findings.record("recall@200, standard deviation over seeds", Self.deviation(spread), published: 0.0016)

    laboratory.progress("End to end")
    try bench.endToEnd(encoding, Self.encoding(Self.sizes[2], seed: laboratory.seed), &findings)
    findings.notes.append("Recall is that of the \(Self.best) best documents by exact late interaction.")
    findings.notes.append("Product quantisation of the encodings is not measured here.")
    return findings
  }

  private static func encoding(_ size: (repetitions: Int, bits: Int, projection: Int), seed: UInt64) -> FixedDimensionalEncoder.Parameters {
    FixedDimensionalEncoder.Parameters(repetitions: size.repetitions, partitionBits: size.bits, projectedDimension: size.projection, seed: seed)
  }

  private static func deviation(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(max(1, values.count))
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, values.count - 1))).squareRoot()
  }

  // MARK: Random vectors

  /// Bias and spread of the estimate on uniform unit vectors, against those of two independent implementations.
  private static func bias(_ parameters: Parameters, _ laboratory: Laboratory, _ findings: inout Findings) throws {
    var generator = SeededGenerator(seed: laboratory.seed)
    let dimension = 64
    func vectors(_ count: Int) -> [Float] {
      (0..<count).flatMap { _ in
        // The sum of twelve uniform numbers is near enough to normal for directions without preference.
        let vector = (0..<dimension).map { _ in (0..<12).reduce(Float(-6)) { sum, _ in sum + Float.random(in: 0..<1, using: &generator) } }
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return vector.map { $0 / length }
      }
    }
    var documents = TokenVectors(dimension: dimension)
    for _ in 0..<parameters.randomDocuments { documents.append(vectors(30)) }
    let queries = (0..<8).map { _ in vectors(8) }
    let exact = try MultiVectorIndex(documents, specification: MultiVectorSpecification(codec: .float32))
    let encoder = try FixedDimensionalEncoder(
      dimension: dimension, parameters: .init(repetitions: 20, partitionBits: 6, projectedDimension: nil, seed: laboratory.seed))
    let encodings = encoder.documents(documents)
    var errors: [Double] = []
    for query in queries {
      let estimates = DistanceKernels.current.dot(encoder.query(query).span, rows: encodings.values.span)
      for neighbour in try exact.search(query, SearchOptions(limit: documents.count)) {
        errors.append(Double(estimates[Int(neighbour.row)]) / (20 * 8) - Double(neighbour.score) / 8)
      }
    }
    findings.record("mean error of the estimate on random vectors", errors.reduce(0, +) / Double(errors.count), published: -0.207)
    findings.record("standard deviation of that error", deviation(errors), published: 0.021)
  }

  // MARK: Real tokens

  private static func bench(_ parameters: Parameters, _ laboratory: Laboratory) throws -> LateInteractionBench {
    var task = try laboratory.task(parameters.collection)
    task.keep(questions: parameters.questions)
    task.corpus = Array(task.corpus.prefix(parameters.documents))
    let embedder = try laboratory.embedder(precision: .bfloat16)
    laboratory.progress("Embedding tokens of \(task.corpus.count) documents")
    let texts = task.corpus.map(\.passageText)
    var documents = try embedder.tokenVectors(of: texts, as: .document, selection: TokenSelection(maximumTokens: parameters.documentTokens))
    var queries = try embedder.tokenVectors(of: task.queries.map(\.text), as: .query, selection: TokenSelection(maximumTokens: 64))
    laboratory.progress("Reducing the tokens")
    let directions = PrincipalDirections(documents.values, dimension: documents.dimension, count: parameters.dimension)
    documents = documents.reduced(to: directions)
    queries = queries.reduced(to: directions)
    laboratory.progress("Comparing with every document")
    return try LateInteractionBench(task: task, documents: documents, queries: queries, best: best)
  }
}

extension TokenVectors {
  /// Less what all have in common, in few components, and scaled to unit length.
  fileprivate func reduced(to directions: PrincipalDirections) -> TokenVectors {
    let projected = directions.project(values)
    var result = TokenVectors(dimension: directions.count)
    for item in 0..<count {
      var moved = Array(projected[offsets[item] * directions.count..<offsets[item + 1] * directions.count])
      for start in stride(from: 0, to: moved.count, by: directions.count) {
        var squares: Float = 0
        for component in 0..<directions.count { squares += moved[start + component] * moved[start + component] }
        let factor = squares > 0 ? 1 / squares.squareRoot() : 0
        for component in 0..<directions.count { moved[start + component] *= factor }
      }
      result.append(moved)
    }
    return result
  }
}
