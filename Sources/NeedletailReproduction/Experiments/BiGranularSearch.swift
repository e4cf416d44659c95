internal import Foundation
internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailIndex
internal import NeedletailModels

/// Codes in memory that propose, vectors on disk that decide: how much memory that takes, and what is gained by training each
/// for its part.
///
/// S. Xiao et al., "Progressively optimized bi-granular document representation for scalable embedding based retrieval", WWW 2022,
/// sections 3 and 4. Deviations: projections of embeddings by all-MiniLM-L6-v2 learn in place of the encoder; questions about
/// sentences of Wikipedia, thousands of them, stand for MS MARCO; the disk tier is a graph of pages instead of inverted lists.
public struct BiGranularSearch: Experiment {
  public static let name = "bi-granular-search"

  public struct Parameters: Decodable, Sendable {
    /// Documents with titles, for the index on disk: as many of them, and the last titles as queries.
    public var tierCollection: String
    public var tierRows: Int
    public var tierQueries: Int
    public var efSearch: Int
    /// Questions with one right document: a split to learn from, and one to ask with.
    public var collection: String
    public var trainingSplit: String
    public var trainingQueries: Int
    public var heldOutQueries: Int
    /// Bytes of a code; the first is the one that the rule speaks of.
    public var parts: [Int]
    public var epochs: Int
    public var batch: Int
    /// Weights of reconstruction beside the ranking, for comparison.
    public var reconstructionWeights: [Double]
    /// Candidates that are verified.
    public var depth: Int
    public var repetitions: Int
  }

  public init() {}

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    var findings = Findings()
    try await measureTier(parameters, laboratory, &findings)
    let questions = try await Questions(parameters, laboratory)
    var means = FigureMeans()
    for repetition in 0..<parameters.repetitions {
      let seed = laboratory.seed &+ UInt64(repetition)
      for parts in parameters.parts {
        try measureTraining(parameters, parts, questions, seed: seed, laboratory, &means)
      }
    }
    for name in means.names { findings.record(name, means.mean(name)) }
    recordEffects(parameters, means, &findings)
    findings.notes.append(
      "\(questions.training.queries.count) questions to learn from, \(questions.held.count) held out, \(questions.documents.count) sentences.")
    return findings
  }

  // MARK: - The tier

  private func measureTier(_ parameters: Parameters, _ laboratory: Laboratory, _ findings: inout Findings) async throws {
    let pairs = try await TitlePairs(of: parameters.tierCollection, count: parameters.tierRows, in: laboratory)
    let queries = pairs[max(0, pairs.count - parameters.tierQueries)..<pairs.count].titles
    laboratory.progress("Building an index on disk over \(pairs.count) vectors")
    let path = laboratory.scratch + "/tier.index"
    try DenseIndexFactory.write(
      DenseIndexFactory.build(pairs.abstracts, similarity: .cosine, specification: DenseIndexSpecification(layout: .disk)), to: path)
    let index = try DenseIndexFactory.open(path)
    let exact = try DenseIndexFactory.build(
      pairs.abstracts, similarity: .cosine, specification: DenseIndexSpecification(layout: .flat, codec: .float32))
    let truth = try exact.search(queries, SearchOptions(limit: 10)).map { $0.map(\.row) }
    let measured = try SearchMeasurement(of: index, queries, SearchOptions(limit: 10, efSearch: parameters.efSearch), truth: truth)
    let raw = Double(4 * pairs.abstracts.values.count)
    findings.record("recall@10, disk tier", measured.recall ?? 0)
    findings.record("pages read a query, disk tier", measured.readsPerQuery ?? 0)
    findings.record("bytes in memory a row, disk tier", Double(index.footprint.totalBytes) / Double(pairs.count), unit: "B")
    findings.record("bytes on disk a row, disk tier", Double(index.footprint.diskBytes) / Double(pairs.count), unit: "B")
    findings.record("queries a second, disk tier", measured.queriesPerSecond, unit: "/s")
    findings.record(effect: "recall@10 of the disk tier", measured.recall ?? 0)
    findings.record(effect: "share of the raw vectors' bytes in memory", Double(index.footprint.totalBytes) / raw)
    findings.notes.append("Disk tier: \(pairs.count) vectors, pages read by \((index as? DiskIndex)?.readMethod ?? "?").")
  }

  // MARK: - Training

  private func add(_ ranks: AnswerRanks, _ codes: String, _ parts: Int, _ distortion: Double, _ means: inout FigureMeans) {
    means.add("R@10, \(codes), \(parts) bytes", ranks.recall(at: 10))
    means.add("R@100, \(codes), \(parts) bytes", ranks.recall(at: 100))
    means.add("distortion, \(codes), \(parts) bytes", distortion)
  }

  private func measureTraining(
    _ parameters: Parameters, _ parts: Int, _ questions: Questions, seed: UInt64, _ laboratory: Laboratory,
    _ means: inout FigureMeans
  ) throws {
    let training = BiGranularTraining(
      parts: parts, epochCount: parameters.epochs, batchSize: parameters.batch, seed: seed)
    laboratory.progress("Codes of \(parts) bytes for reconstruction")
    let unsupervised = try CodecTraining.codec(.product(parts: parts, bits: 8, isRotated: true), for: questions.documents, seed: seed)
    let plain = try questions.proposals(by: unsupervised, depth: parameters.depth)
    add(questions.ranks(plain), "OPQ", parts, questions.distortion(of: unsupervised), &means)
    means.add("R@10, floats", questions.floats.recall(at: 10))
    means.add("MRR@10, floats", questions.floats.reciprocalRank(at: 10))
    for weight in parameters.reconstructionWeights {
      laboratory.progress("Codes of \(parts) bytes by contrast and reconstruction")
      var mixed = training
      mixed.reconstructionWeight = Float(weight)
      let codec = try mixed.codec(from: questions.training)
      add(
        questions.ranks(try questions.proposals(by: codec, depth: parameters.depth)), "contrast and \(weight) of reconstruction",
        parts, questions.distortion(of: codec), &means)
    }
    laboratory.progress("Codes of \(parts) bytes by contrast")
    let codec = try training.codec(from: questions.training)
    let proposals = try questions.proposals(by: codec, depth: parameters.depth)
    add(questions.ranks(proposals), "contrast", parts, questions.distortion(of: codec), &means)
    means.add("MRR@10 after floats verify, \(parts) bytes", questions.verified(proposals, by: nil).reciprocalRank(at: 10))
    for order in NeighbourhoodBatches.Order.allCases {
      laboratory.progress("A verifier from batches: \(order.rawValue)")
      let verifier = try training.verifier(from: questions.training, candidatesOf: codec, order: order)
      let ranks = questions.verified(proposals, by: verifier)
      means.add("MRR@10 after a verifier, \(order.rawValue) batches, \(parts) bytes", ranks.reciprocalRank(at: 10))
      means.add("R@10 after a verifier, \(order.rawValue) batches, \(parts) bytes", ranks.recall(at: 10))
    }
    try measureBatches(training, codec, questions, parts, &means)
  }

  /// How many documents of a batch lie among a query's candidates.
  private func measureBatches(
    _ training: BiGranularTraining, _ codec: ProjectedCodec, _ questions: Questions, _ parts: Int, _ means: inout FigureMeans
  ) throws {
    let found = try training.candidates(questions.training, codec)
    let sampler = NeighbourhoodBatches(
      candidates: found, documentCount: questions.documents.count, batchSize: training.batchSize)
    for order in [NeighbourhoodBatches.Order.random, .depthFirst] {
      var (inside, seen) = (0, 0)
      for batch in sampler.batches(order, seed: training.seed) {
        let documents = batch.map { questions.training.positives[$0.query] } + batch.map(\.negative)
        for member in batch {
          let near = Set(found[member.query])
          inside += documents.count { near.contains($0) }
          seen += documents.count
        }
      }
      means.add("share of a batch among a query's candidates, \(order.rawValue), \(parts) bytes", Double(inside) / Double(max(1, seen)))
    }
  }

  private func recordEffects(_ parameters: Parameters, _ means: FigureMeans, _ findings: inout Findings) {
    guard let parts = parameters.parts.first else { return }
    func mean(_ name: String) -> Double { means.mean("\(name), \(parts) bytes") }
    findings.record(effect: "R@10 gained by contrast over OPQ", mean("R@10, contrast") - mean("R@10, OPQ"))
    findings.record(effect: "distortion of contrast over that of OPQ", mean("distortion, contrast") / max(1e-9, mean("distortion, OPQ")))
    let (random, local) = (
      mean("MRR@10 after a verifier, random batches"), mean("MRR@10 after a verifier, locality batches")
    )
    findings.record(effect: "MRR@10 gained by neighbourhood batches over random ones", local - random)
    findings.record(
      effect: "MRR@10 gained by neighbourhood batches over candidates alone", local - mean("MRR@10 after a verifier, candidates batches"))
    findings.record(
      effect: "R@10 of codes and verifier over floats", mean("R@10 after a verifier, locality batches") - means.mean("R@10, floats"))
    findings.record(
      effect: "candidates in a neighbourhood batch, times a random one",
      mean("share of a batch among a query's candidates, locality")
        / max(1e-9, mean("share of a batch among a query's candidates, random")))
  }
}

/// Questions with one right sentence each, as proposals and verifiers are measured with.
private struct Questions {
  let training: BiGranularTraining.Examples
  let held: DenseVectors
  let answers: [Int]
  let documents: DenseVectors
  /// Where floats rank the right sentence.
  let floats: AnswerRanks

  init(_ parameters: BiGranularSearch.Parameters, _ laboratory: Laboratory) async throws {
    let pairs = try await QuestionPairs(
      of: parameters.collection, learning: parameters.trainingQueries, from: parameters.trainingSplit,
      asking: parameters.heldOutQueries, in: laboratory)
    documents = pairs.documents
    training = BiGranularTraining.Examples(queries: pairs.learned, documents: documents, positives: pairs.learnedAnswers)
    (held, answers) = (pairs.held, pairs.heldAnswers)
    let exact = try DenseIndexFactory.build(
      documents, similarity: .cosine, specification: DenseIndexSpecification(layout: .flat, codec: .float32))
    floats = AnswerRanks(try exact.search(held, SearchOptions(limit: 10)).map { $0.map { Int($0.row) } }, answers)
  }

  /// What codes alone find, best first.
  func proposals(by codec: any VectorCodec, depth: Int) throws -> [[Int]] {
    let index = try DenseIndexFactory.build(
      documents, similarity: .cosine, specification: DenseIndexSpecification(layout: .flat, keepsVectors: false), codec: codec)
    return try index.search(held, SearchOptions(limit: depth, efSearch: depth)).map { $0.map { Int($0.row) } }
  }

  func ranks(_ proposals: [[Int]]) -> AnswerRanks { AnswerRanks(proposals, answers) }

  /// Proposals in the order of full vectors: as they are, or as a verifier makes them.
  func verified(_ proposals: [[Int]], by verifier: Projection?) -> AnswerRanks {
    let (rows, queries) = (verifier?.applied(to: documents) ?? documents, verifier?.applied(to: held) ?? held)
    let ordered = proposals.enumerated().map { number, found in
      let scored = found.map { row in
        (row, zip(queries[number], rows[row]).reduce(Float(0)) { $0 + $1.0 * $1.1 })
      }
      return scored.sorted { $0.1 > $1.1 }.map(\.0)
    }
    return ranks(ordered)
  }

  /// The mean squared distance between unit rows, as the codec sees them, and what their codes stand for.
  func distortion(of codec: any VectorCodec) -> Double {
    let decoded = codec.decode(codec.encode(documents))
    var sum = 0.0
    for row in 0..<documents.count {
      let seen = codec.image(of: Array(documents[row]))
      for (x, y) in zip(seen, decoded[row]) { sum += Double((x - y) * (x - y)) }
    }
    return sum / Double(documents.count)
  }
}

/// Where the right answer stands in lists.
struct AnswerRanks {
  private let ranks: [Int?]

  init(_ lists: [[Int]], _ answers: [Int]) {
    ranks = zip(lists, answers).map { list, answer in list.firstIndex(of: answer).map { $0 + 1 } }
  }

  func recall(at cutoff: Int) -> Double {
    Double(ranks.count { $0.map { $0 <= cutoff } ?? false }) / Double(max(1, ranks.count))
  }

  func reciprocalRank(at cutoff: Int) -> Double {
    ranks.reduce(0) { sum, rank in rank.map { $0 <= cutoff ? sum + 1 / Double($0) : sum } ?? sum } / Double(max(1, ranks.count))
  }
}
