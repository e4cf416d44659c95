internal import Foundation
internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailIndex
internal import NeedletailModels
internal import NeedletailNumerics

/// Whether one inner product finds what late interaction would: Dhulipala et al., "MUVERA: Multi-Vector Retrieval via Fixed
/// Dimensional Encodings", NeurIPS 2024, figures 3 to 6, against the candidates of single tokens and of centroids.
///
/// What only late interaction can tell, whether a mean of tokens would do and whether empty cells need filling, is measured on random
/// vectors: the means of MiniLM's tokens were trained to stand for the text.
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
    /// Random documents that the estimate is measured on.
    public var randomDocuments: Int
    /// Questions asked of them.
    public var randomQuestions: Int
  }

  public init() {}

  /// The sizes along the paper's frontier.
  private static let sizes: [(repetitions: Int, bits: Int, projection: Int)] = [(20, 3, 8), (20, 4, 8), (20, 5, 8), (20, 5, 16)]
  private static let best = 10

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    var findings = Findings()
    try Self.random(parameters, laboratory, &findings)
    let (task, bench) = try Self.bench(parameters, laboratory)
    findings.record("tokens", Double(bench.documents.tokenCount))

    var rankings: [[[Row]]] = []
    for size in Self.sizes {
      let name = "\(Self.components(size)) components"
      laboratory.progress("Encodings of \(name)")
      let ranking = try bench.encodingRanking(Self.encoding(size, seed: laboratory.seed))
      rankings.append(ranking)
      findings.record("recall@100, \(name)", bench.recall(of: ranking, at: 100))
      findings.record("best document among 75, \(name)", bench.recall(of: ranking, at: 75, best: 1), published: size.bits == 5 && size.projection == 8 ? 0.95 : nil)
      findings.record("candidates for recall 0.9, \(name)", bench.candidates(for: 0.9, in: ranking))
    }
    findings.record(
      effect: "recall@100 gained from the shortest encoding to the longest",
      bench.recall(of: rankings[3], at: 100) - bench.recall(of: rankings[0], at: 100))
    let encoding = rankings[2]
    let mean = try bench.meanRanking()
    findings.record("recall@100, mean of tokens", bench.recall(of: mean, at: 100))
    findings.record("best document among 75, mean of tokens", bench.recall(of: mean, at: 75, best: 1))

    laboratory.progress("Product codes")
    // the paper's codes are of 1280 bytes; those of the shortest encoding have 160
    for place in [0, 2] {
      let compressed = try bench.encodingRanking(Self.encoding(Self.sizes[place], seed: laboratory.seed), isCompressed: true)
      findings.record(
        effect: "recall@100 lost by product codes, \(Self.components(Self.sizes[place])) components",
        bench.recall(of: rankings[place], at: 100) - bench.recall(of: compressed, at: 100))
    }
    try Self.singleTokens(bench, parameters, laboratory, &findings)

    var unfilled = Self.encoding(Self.sizes[2], seed: laboratory.seed)
    unfilled.fillsEmptyCells = false
    findings.record(
      "recall@50 lost without filling empty cells", bench.recall(of: encoding, at: 50) - bench.recall(of: try bench.encodingRanking(unfilled), at: 50))
    var spread: [Double] = []
    for seed in 0..<parameters.seeds {
      laboratory.progress("Other seeds", Double(seed) / Double(parameters.seeds))
      spread.append(bench.recall(of: try bench.encodingRanking(Self.encoding(Self.sizes[2], seed: laboratory.seed &+ UInt64(seed) &+ 100)), at: 200))
    }
    findings.record("recall@200, standard deviation over seeds", Self.deviation(spread), published: 0.0016)

    laboratory.progress("End to end")
    try bench.endToEnd(task, encoding, Self.encoding(Self.sizes[2], seed: laboratory.seed), &findings)
    findings.notes.append("Recall is that of the \(Self.best) best documents by exact late interaction.")
    return findings
  }

  /// How many candidates single tokens need for what the encodings find, these as in the paper's comparison: 40 repetitions, 64 cells, no
  /// inner projection, and a final one.
  private static func singleTokens(
    _ bench: LateInteractionBench, _ parameters: Parameters, _ laboratory: Laboratory, _ findings: inout Findings
  ) throws {
    laboratory.progress("Nearest tokens")
    let tokens = try bench.tokenRanking(neighbours: parameters.tokenNeighbours)
    let needed = bench.candidates(for: 0.9, in: tokens)
    findings.record("candidates for recall 0.9, single tokens, each document once", needed)
    for (length, published) in [(4096, 1.75), (10240, 2.6)] {
      let name = "\(length) components of 40 repetitions"
      laboratory.progress("Encodings of \(name)")
      let ranking = try bench.encodingRanking(
        .init(repetitions: 40, partitionBits: 6, projectedDimension: nil, finalDimension: length, seed: laboratory.seed))
      let candidates = bench.candidates(for: 0.9, in: ranking)
      findings.record("recall@100, \(name)", bench.recall(of: ranking, at: 100))
      findings.record("candidates for recall 0.9, \(name)", candidates)
      findings.record(effect: "candidates for recall 0.9: single tokens over \(name)", needed / candidates, published: published)
    }
  }

  private static func encoding(_ size: (repetitions: Int, bits: Int, projection: Int), seed: UInt64) -> FixedDimensionalEncoder.Parameters {
    FixedDimensionalEncoder.Parameters(repetitions: size.repetitions, partitionBits: size.bits, projectedDimension: size.projection, seed: seed)
  }

  private static func components(_ size: (repetitions: Int, bits: Int, projection: Int)) -> Int {
    size.repetitions * size.projection << size.bits
  }

  private static func deviation(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(max(1, values.count))
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, values.count - 1))).squareRoot()
  }

  // MARK: Random vectors

  /// Bias and spread of the estimate on uniform unit vectors, against those of two independent implementations, and what it finds.
  private static func random(_ parameters: Parameters, _ laboratory: Laboratory, _ findings: inout Findings) throws {
    laboratory.progress("Random vectors")
    var generator = SeededGenerator(seed: laboratory.seed)
    let dimension = 64
    func vectors(_ items: Int, tokens: Int) -> TokenVectors {
      var result = TokenVectors(dimension: dimension)
      for _ in 0..<items {
        result.append(
          (0..<tokens).flatMap { _ in
            // The sum of twelve uniform numbers is near enough to normal for directions without preference.
            let vector = (0..<dimension).map { _ in (0..<12).reduce(Float(-6)) { sum, _ in sum + Float.random(in: 0..<1, using: &generator) } }
            let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return vector.map { $0 / length }
          })
      }
      return result
    }
    let documents = vectors(parameters.randomDocuments, tokens: 30)
    let queries = vectors(parameters.randomQuestions, tokens: 8)
    let exact = try MultiVectorIndex(documents, specification: MultiVectorSpecification(codec: .float32))
    var encoding = FixedDimensionalEncoder.Parameters(repetitions: 20, partitionBits: 6, projectedDimension: nil, seed: laboratory.seed)
    let encoder = try FixedDimensionalEncoder(dimension: dimension, parameters: encoding)
    let encodings = encoder.documents(documents)
    var errors: [Double] = []
    for query in 0..<min(8, queries.count) {
      let estimates = DistanceKernels.current.dot(encoder.query(queries[query]).span, rows: encodings.values.span)
      for neighbour in try exact.search(Array(queries[query]), SearchOptions(limit: documents.count)) {
        errors.append(Double(estimates[Int(neighbour.row)]) / (20 * 8) - Double(neighbour.score) / 8)
      }
    }
    findings.record("mean error of the estimate on random vectors", errors.reduce(0, +) / Double(errors.count), published: -0.207)
    findings.record("standard deviation of that error", deviation(errors), published: 0.021)

    let bench = try LateInteractionBench(documents: documents, queries: queries, best: best)
    let filled = bench.recall(of: try bench.encodingRanking(encoding), at: 50)
    encoding.fillsEmptyCells = false
    let unfilled = bench.recall(of: try bench.encodingRanking(encoding), at: 50)
    let mean = bench.recall(of: try bench.meanRanking(), at: 50)
    findings.record("recall@50 on random vectors, encodings", filled, published: 0.73)
    findings.record("recall@50 on random vectors, empty cells left empty", unfilled, published: 0.53)
    findings.record("recall@50 on random vectors, mean of tokens", mean)
    findings.record(effect: "recall@50 on random vectors gained: encodings over the mean of tokens", filled - mean)
    findings.record(effect: "recall@50 on random vectors lost without filling empty cells", filled - unfilled, published: 0.2)
  }

  // MARK: Real tokens

  private static func bench(_ parameters: Parameters, _ laboratory: Laboratory) throws -> (RetrievalTask, LateInteractionBench) {
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
    return (task, try LateInteractionBench(documents: documents, queries: queries, best: best))
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
