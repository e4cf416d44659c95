/// Codes of documents that are learned as bits, and words with several senses: both halves of Grzegorczyk's dissertation (2019), that is
/// "Binary Paragraph Vectors" (RepL4NLP 2017) and "Disambiguated skip-gram model" (EMNLP 2018).
///
/// The dissertation's figures could not be read, so none are compared; what is tested is that the effects show.
public struct CodesAndSensesExperiment: Experiment {
  public static let name = "codes-and-senses"

  /// Settings of both halves.
  public struct Parameters: Decodable, Sendable {
    /// How many seeds are averaged.
    var seeds: Int
    var codes: LearnedCodes.Parameters
    var senses: InducedSenses.Parameters
  }

  public init() {}

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    let codes = try LearnedCodes(parameters.codes, in: laboratory)
    let senses = try InducedSenses(parameters.senses, in: laboratory)
    var sums = FigureMeans()
    for seed in 0..<parameters.seeds {
      let label = "seed \(seed + 1) of \(parameters.seeds)"
      let seed = laboratory.seed &+ UInt64(seed)
      laboratory.progress("Codes, \(label)")
      try await codes.measure(seed: seed, into: &sums)
      laboratory.progress("Senses, \(label)")
      try senses.measure(seed: seed, into: &sums)
    }
    var findings = Findings()
    for name in sums.names { findings.record(name, sums.mean(name)) }
    codes.addEffects(of: sums, to: &findings)
    senses.addEffects(of: sums, to: &findings)
    findings.notes.append("\(parameters.seeds) seeds; figures are means over them.")
    return findings
  }
}
