internal import NeedletailCore
internal import NeedletailIndex
internal import NeedletailNumerics

/// Recurrent binary codes: what is found at equal bits compared with one sign for each component, how fast codes are compared
/// by tables in registers, and whether new queries find old codes.
///
/// Gan et al., "Binary embedding-based retrieval at Tencent", KDD 2023, tables 1 and 5, and the repository's table for image
/// captions. Deviations: questions and sentences of Wikipedia embedded by all-MiniLM-L6-v2 stand for queries and clicked
/// documents, thousands of them; the networks are narrower; the old codes differ in the network and in how much it had learnt,
/// not in the encoder behind it.
public struct BinaryCodesExperiment: Experiment {
  public static let name = "binary-codes"

  public struct Parameters: Decodable, Sendable {
    /// Questions with one right sentence: a split to learn from, and one to ask with.
    public var collection: String
    public var trainingSplit: String
    public var trainingPairs: Int
    /// Questions that training does not see; each is searched for among all sentences.
    public var heldOutPairs: Int
    /// What the old network has learnt from, as a part of the pairs.
    public var oldShare: Double
    public var hidden: Int
    public var epochs: Int
    public var batch: Int
    /// Trainings with different seeds, of which the mean is reported.
    public var repetitions: Int
    /// Codes that are scanned to measure speed.
    public var scannedRows: Int
  }

  public init() {}

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    var findings = Findings()
    let questions = try await QuestionPairs(
      of: parameters.collection, learning: parameters.trainingPairs, from: parameters.trainingSplit,
      asking: parameters.heldOutPairs, in: laboratory)
    let baselines = try measureBaselines(questions, laboratory, &findings)
    try measureTrained(parameters, questions, baselines, laboratory, &findings)
    try measureCompatibility(parameters, questions, laboratory, &findings)
    try measureSpeed(parameters, laboratory, &findings)
    findings.notes.append(
      "\(questions.learned.count) questions to learn from, \(questions.held.count) held out, \(questions.documents.count) sentences.")
    return findings
  }

  // MARK: - What is found

  private func record(_ name: String, _ ranks: PartnerRanks, _ findings: inout Findings) {
    findings.record("R@1, \(name)", ranks.recall(at: 1))
    findings.record("R@10, \(name)", ranks.recall(at: 10))
    findings.record("nDCG@10, \(name)", ranks.nDCG(at: 10))
  }

  private func measureBaselines(
    _ questions: QuestionPairs, _ laboratory: Laboratory, _ findings: inout Findings
  ) throws -> Double {
    laboratory.progress("Floats, signs and product codes")
    let dimension = questions.documents.dimension
    let floats = PartnerRanks(questions.held, questions.documents, partners: questions.heldAnswers)
    record("float32, \(32 * dimension) bits", floats, &findings)
    for specification in [CodecSpecification.scalar(bits: 8), .product(parts: dimension / 4, bits: 8, isRotated: false), .rotated(bits: 1)] {
      let codec = try CodecTraining.codec(specification, for: questions.documents, seed: laboratory.seed)
      let decoded = codec.decode(codec.encode(questions.documents))
      record(
        "\(specification), \(8 * codec.codeBytes) bits",
        PartnerRanks(questions.held, decoded, partners: questions.heldAnswers), &findings)
    }
    let signs = PartnerRanks(
      Self.signs(questions.held), Self.signs(questions.documents), partners: questions.heldAnswers)
    record("signs of the vectors, \(dimension) bits", signs, &findings)
    findings.record(
      effect: "share of float R@10 kept by signs of the vectors", signs.recall(at: 10) / max(1e-9, floats.recall(at: 10)))
    return floats.recall(at: 10)
  }

  private static func signs(_ vectors: DenseVectors) -> DenseVectors {
    DenseVectors(dimension: vectors.dimension, values: vectors.values.map { $0 >= 0 ? 1 : -1 })
  }

  private static func ranks(
    _ queries: RecurrentBinaryCodec, _ rows: RecurrentBinaryCodec, _ questions: QuestionPairs
  ) -> PartnerRanks {
    PartnerRanks(
      queries.decode(queries.encode(questions.held)), rows.decode(rows.encode(questions.documents)),
      partners: questions.heldAnswers)
  }

  private func training(_ parameters: Parameters, bits: Int, steps: Int, seed: UInt64) -> BinaryCodecTraining {
    BinaryCodecTraining(
      bits: bits, steps: steps, hiddenCount: parameters.hidden, epochCount: parameters.epochs, batchSize: parameters.batch, seed: seed)
  }

  /// The pairs of the first questions; questions about the same sentence are not told apart.
  private func pairs(_ questions: QuestionPairs, share: Double = 1) -> BinaryCodecTraining.Pairs {
    let count = Int(share * Double(questions.learned.count))
    let (dimension, answers) = (questions.documents.dimension, questions.learnedAnswers.prefix(count))
    return BinaryCodecTraining.Pairs(
      queries: DenseVectors(dimension: dimension, values: Array(questions.learned.values[..<(count * dimension)])),
      documents: DenseVectors(dimension: dimension, values: answers.flatMap { questions.documents[$0] }),
      groups: Array(answers))
  }

  /// Trained codes at one and two bits a component of the vector, averaged over seeds.
  private func measureTrained(
    _ parameters: Parameters, _ questions: QuestionPairs, _ floats: Double, _ laboratory: Laboratory, _ findings: inout Findings
  ) throws {
    let dimension = questions.documents.dimension / 16 * 16
    let kinds = [("one sign each", 2 * dimension, 0), ("one sign each", dimension, 0), ("recurrent, 1 correction", dimension, 1)]
    var recalls = [[Double]](repeating: [], count: kinds.count)
    for repetition in 0..<parameters.repetitions {
      for (number, (title, bits, steps)) in kinds.enumerated() {
        laboratory.progress("Training \(title), \(bits) components", Double(repetition * kinds.count + number) / Double(parameters.repetitions * kinds.count))
        var settings = training(parameters, bits: bits, steps: steps, seed: laboratory.seed &+ UInt64(repetition))
        let codec = try settings.codec(from: pairs(questions))
        let ranks = Self.ranks(codec, codec, questions)
        recalls[number].append(ranks.recall(at: 10))
        guard repetition == 0 else { continue }
        settings.epochCount = 0
        let start = try settings.codec(from: pairs(questions))
        record("\(title), \(bits * (steps + 1)) bits, as it starts", Self.ranks(start, start, questions), &findings)
        record("\(title), \(bits * (steps + 1)) bits", ranks, &findings)
        findings.record("bytes a row, \(title), \(bits * (steps + 1)) bits", Double(codec.codeBytes), unit: "B")
      }
    }
    let means = recalls.map { $0.reduce(0, +) / Double(max(1, $0.count)) }
    findings.record(effect: "R@10 gained by a correction over signs of equal bits", means[2] - means[0])
    findings.record(effect: "share of float R@10 kept at a sixteenth of the bits", means[2] / max(1e-9, floats))
    findings.record(effect: "share of float R@10 kept at a thirty-second of the bits", means[1] / max(1e-9, floats))
    findings.record(effect: "spread of R@10 over seeds, recurrent", (recalls[2].max() ?? 0) - (recalls[2].min() ?? 0))
  }

  // MARK: - Old rows, new queries

  /// An old network that has seen a part of the pairs, as the study of compatible embeddings has it (Y. Shen et al., CVPR 2020),
  /// and new ones that have seen all: one beside the old codes, one without knowing of them.
  private func measureCompatibility(
    _ parameters: Parameters, _ questions: QuestionPairs, _ laboratory: Laboratory, _ findings: inout Findings
  ) throws {
    let bits = questions.documents.dimension / 16 * 16
    laboratory.progress("An old network")
    let old = try training(parameters, bits: bits, steps: 1, seed: laboratory.seed &+ 500)
      .codec(from: pairs(questions, share: parameters.oldShare))
    laboratory.progress("A new network beside the old rows")
    let settings = training(parameters, bits: bits, steps: 1, seed: laboratory.seed &+ 1_000)
    let compatible = try settings.codec(from: pairs(questions), keepingCompatible: old)
    let alone = try settings.codec(from: pairs(questions))
    let before = Self.ranks(old, old, questions).nDCG(at: 10)
    let after = Self.ranks(compatible, old, questions).nDCG(at: 10)
    let control = Self.ranks(alone, old, questions).nDCG(at: 10)
    findings.record("nDCG@10, old queries, old rows", before)
    findings.record("nDCG@10, new queries trained beside them, old rows", after)
    findings.record("nDCG@10, new queries trained alone, old rows", control)
    findings.record("nDCG@10, new queries, new rows", Self.ranks(compatible, compatible, questions).nDCG(at: 10))
    findings.record(effect: "nDCG@10 of new queries over that of old ones, on old rows", after - before)
    findings.record(effect: "share of it without the loss of compatibility", control / max(1e-9, after))
  }

  // MARK: - Speed

  private func measureSpeed(_ parameters: Parameters, _ laboratory: Laboratory, _ findings: inout Findings) throws {
    var generator = SeededGenerator(seed: laboratory.seed)
    let (bits, dimension) = (384, 64)
    let vectors = DenseVectors(
      dimension: dimension, values: (0..<parameters.scannedRows * dimension).map { _ in Float.random(in: -1...1, using: &generator) })
    for steps in [0, 1, 3] {
      laboratory.progress("Comparing \(parameters.scannedRows) codes of \(steps) corrections")
      let settings = BinaryCodecTraining(bits: bits, steps: steps, hiddenCount: 16, epochCount: 0)
      let codec = try settings.codec(from: .init(queries: vectors, documents: vectors))
      let scan = CodeScan(codec, vectors)
      let planes = BitPlanes(integers: codec.integers(of: vectors.values), bits: bits, steps: steps)
      let tables = scan.rowsPerSecond(queries: 20)
      let counts = CodeScan.rowsPerSecond(of: planes, count: vectors.count, queries: 20)
      findings.record("rows compared by tables, \(steps) corrections", tables / 1e6, unit: "million/s")
      findings.record("rows compared by counting bits, \(steps) corrections", counts / 1e6, unit: "million/s")
      findings.record(effect: "speed of tables over counting bits, \(steps) corrections", tables / counts)
    }
    let product = try CodecTraining.codec(.product(parts: dimension, bits: 8, isRotated: false), for: vectors, seed: laboratory.seed)
    let fast = try CodecTraining.codec(.product(parts: dimension, bits: 4, isRotated: false), for: vectors, seed: laboratory.seed)
    for codec in [product, fast] {
      findings.record(
        "rows compared, \(codec.specification), \(8 * codec.codeBytes) bits", CodeScan(codec, vectors).rowsPerSecond(queries: 20) / 1e6, unit: "million/s")
    }
  }
}
