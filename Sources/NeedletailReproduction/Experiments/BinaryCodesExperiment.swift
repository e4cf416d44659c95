internal import NeedletailCore
internal import NeedletailIndex
internal import NeedletailNumerics

/// Recurrent binary codes: what is found at equal bits compared with one sign for each component, how fast codes are compared
/// by tables in registers, and whether new queries find old codes.
///
/// Gan et al., "Binary embedding-based retrieval at Tencent", KDD 2023, tables 1 and 5, and the repository's table for image
/// captions. Deviations: titles and abstracts embedded by all-MiniLM-L6-v2 stand for queries and clicked documents; the
/// networks are narrower; old and new codes differ in the network, not in the encoder behind it.
public struct BinaryCodesExperiment: Experiment {
  public static let name = "binary-codes"

  public struct Parameters: Decodable, Sendable {
    public var collection: String
    public var trainingPairs: Int
    /// Pairs that training does not see; each title is searched for among all abstracts, those learned from too.
    public var heldOutPairs: Int
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
    let all = try await TitlePairs(
      of: parameters.collection, count: parameters.trainingPairs + parameters.heldOutPairs, in: laboratory)
    guard all.count > parameters.heldOutPairs + 100 else {
      throw ReproductionError.needs(what: "A collection of \(parameters.trainingPairs) titled documents", advice: "Choose a smaller scale.")
    }
    let training = all[0..<all.count - parameters.heldOutPairs]
    var held = all[all.count - parameters.heldOutPairs..<all.count]
    // Partners first, in the order of the titles.
    held = TitlePairs(
      titles: held.titles,
      abstracts: DenseVectors(dimension: held.abstracts.dimension, values: held.abstracts.values + training.abstracts.values))
    let baselines = try measureBaselines(held, training, laboratory, &findings)
    let codec = try measureTrained(parameters, training, held, baselines, laboratory, &findings)
    try measureCompatibility(parameters, codec, training, held, laboratory, &findings)
    try measureSpeed(parameters, laboratory, &findings)
    return findings
  }

  // MARK: - What is found

  private func record(_ name: String, _ ranks: PartnerRanks, _ findings: inout Findings) {
    findings.record("R@1, \(name)", ranks.recall(at: 1))
    findings.record("R@10, \(name)", ranks.recall(at: 10))
    findings.record("nDCG@10, \(name)", ranks.nDCG(at: 10))
  }

  private func measureBaselines(
    _ held: TitlePairs, _ training: TitlePairs, _ laboratory: Laboratory, _ findings: inout Findings
  ) throws -> Double {
    laboratory.progress("Floats, signs and product codes")
    let floats = PartnerRanks(held.titles, held.abstracts)
    record("float32, \(32 * held.titles.dimension) bits", floats, &findings)
    let dimension = held.titles.dimension
    for specification in [CodecSpecification.scalar(bits: 8), .product(parts: dimension / 4, bits: 8, isRotated: false), .product(parts: dimension / 2, bits: 4, isRotated: true), .rotated(bits: 1)] {
      let codec = try CodecTraining.codec(specification, for: training.abstracts, seed: laboratory.seed)
      let decoded = codec.decode(codec.encode(held.abstracts))
      record("\(specification), \(8 * codec.codeBytes) bits", PartnerRanks(held.titles, decoded), &findings)
    }
    let signs = PartnerRanks(Self.signs(held.titles), Self.signs(held.abstracts))
    record("untrained signs of both sides, \(dimension) bits", signs, &findings)
    findings.record(effect: "share of float R@10 kept by untrained signs", signs.recall(at: 10) / max(1e-9, floats.recall(at: 10)))
    return floats.recall(at: 10)
  }

  private static func signs(_ vectors: DenseVectors) -> DenseVectors {
    DenseVectors(dimension: vectors.dimension, values: vectors.values.map { $0 >= 0 ? 1 : -1 })
  }

  private static func ranks(_ codec: RecurrentBinaryCodec, _ rows: RecurrentBinaryCodec, _ held: TitlePairs) -> PartnerRanks {
    PartnerRanks(codec.decode(codec.encode(held.titles)), rows.decode(rows.encode(held.abstracts)))
  }

  private func training(_ parameters: Parameters, bits: Int, steps: Int, seed: UInt64) -> BinaryCodecTraining {
    BinaryCodecTraining(
      bits: bits, steps: steps, hiddenCount: parameters.hidden, epochCount: parameters.epochs, batchSize: parameters.batch, seed: seed)
  }

  private func pairs(_ titles: TitlePairs) -> BinaryCodecTraining.Pairs { .init(queries: titles.titles, documents: titles.abstracts) }

  /// Trained codes at one, two and four bits a component of the vector, averaged over seeds.
  private func measureTrained(
    _ parameters: Parameters, _ training: TitlePairs, _ held: TitlePairs, _ floats: Double, _ laboratory: Laboratory,
    _ findings: inout Findings
  ) throws -> RecurrentBinaryCodec {
    let dimension = held.titles.dimension / 16 * 16
    let kinds = [("one sign each", 2 * dimension, 0), ("one sign each", dimension, 0), ("recurrent, 1 correction", dimension, 1)]
    var recalls = [[Double]](repeating: [], count: kinds.count)
    var kept: RecurrentBinaryCodec?
    for repetition in 0..<parameters.repetitions {
      for (number, (title, bits, steps)) in kinds.enumerated() {
        laboratory.progress("Training \(title), \(bits) components", Double(repetition * kinds.count + number) / Double(parameters.repetitions * kinds.count))
        let codec = try self.training(parameters, bits: bits, steps: steps, seed: laboratory.seed &+ UInt64(repetition)).codec(from: pairs(training))
        let ranks = Self.ranks(codec, codec, held)
        recalls[number].append(ranks.recall(at: 10))
        guard repetition == 0 else { continue }
        record("\(title), \(bits * (steps + 1)) bits", ranks, &findings)
        findings.record("bytes a row, \(title), \(bits * (steps + 1)) bits", Double(codec.codeBytes), unit: "B")
        if steps == 1 { kept = codec }
      }
    }
    let means = recalls.map { $0.reduce(0, +) / Double($0.count) }
    findings.record(effect: "R@10 gained by a correction over signs of equal bits", means[2] - means[0])
    findings.record(effect: "share of float R@10 kept at a sixteenth of the bits", means[2] / max(1e-9, floats))
    findings.record(effect: "share of float R@10 kept at a thirty-second of the bits", means[1] / max(1e-9, floats))
    findings.record(effect: "spread of R@10 over seeds, recurrent", (recalls[2].max() ?? 0) - (recalls[2].min() ?? 0))
    guard let kept else { throw ReproductionError.needs(what: "At least one repetition", advice: "Set repetitions to 1 or more.") }
    return kept
  }

  // MARK: - Old rows, new queries

  private func measureCompatibility(
    _ parameters: Parameters, _ old: RecurrentBinaryCodec, _ training: TitlePairs, _ held: TitlePairs, _ laboratory: Laboratory,
    _ findings: inout Findings
  ) throws {
    laboratory.progress("A new network beside the old rows")
    let settings = self.training(parameters, bits: old.bits, steps: old.steps, seed: laboratory.seed &+ 1_000)
    let compatible = try settings.codec(from: pairs(training), keepingCompatible: old)
    let alone = try settings.codec(from: pairs(training))
    let before = Self.ranks(old, old, held).nDCG(at: 10)
    let after = Self.ranks(compatible, old, held).nDCG(at: 10)
    let control = Self.ranks(alone, old, held).nDCG(at: 10)
    findings.record("nDCG@10, old queries, old rows", before)
    findings.record("nDCG@10, new queries trained beside them, old rows", after)
    findings.record("nDCG@10, new queries trained alone, old rows", control)
    findings.record("nDCG@10, new queries, new rows", Self.ranks(compatible, compatible, held).nDCG(at: 10))
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
