internal import ArgumentParser
internal import Foundation
internal import Needletail
internal import NeedletailEvaluation
internal import NeedletailReproduction

struct EvaluatePairs: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pairs",
    abstract: "How well cosines follow the similarities that people stated for pairs of texts.",
    discussion: """
      Each FILE is a table with the columns sentence1, sentence2 and score (.tsv). With --synonyms, FILE holds sentences, one a line,
      and the pairs are made of them: a sentence with a term replaced by one of the same meaning (score 1), and by one of the same
      kind that means something else (score 0). A line of TERMS is a kind and the terms of one meaning, separated by tabs.
      """)

  @Argument(help: "Tables of pairs, or sentences.", completion: .file()) var files: [String]
  @Option(help: ArgumentHelp("Make pairs by these terms.", valueName: "TERMS"), completion: .file()) var synonyms: String?
  @Option(help: ArgumentHelp("Write the pairs that were made here.", valueName: "FILE"), completion: .file()) var pairs: String?
  @Option(help: ArgumentHelp("The embedding model.", valueName: "NAME")) var model = ModelRegistry.defaultModelName
  @OptionGroup var laboratory: LaboratoryOptions
  @OptionGroup var catalogue: CatalogueOptions
  @OptionGroup var output: OutputOptions

  private struct Row: Encodable {
    let file: String
    let pairs: Int
    let spearman: Double?
    let pearson: Double?
  }

  func validate() throws {
    if pairs != nil, synonyms == nil || files.count != 1 { throw ValidationError("--pairs needs --synonyms and one FILE") }
  }

  func run() async throws {
    let line = ProgressLine("Pairs", unit: "%", isEnabled: !output.json)
    let rows = try await laboratory.with(catalogue, line) { laboratory in
      let embedder = try laboratory.embedder(named: model, precision: .bfloat16)
      var rows: [Row] = []
      for file in files {
        let pairs = try read(file, seed: laboratory.seed)
        let first = try await laboratory.vectors(of: pairs.map(\.first), as: .query, with: embedder)
        let second = try await laboratory.vectors(of: pairs.map(\.second), as: .query, with: embedder)
        let cosines = pairs.indices.map { row in zip(first[row], second[row]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) } }
        let scores = pairs.map(\.score)
        rows.append(Row(
          file: URL(fileURLWithPath: file).lastPathComponent, pairs: pairs.count, spearman: Correlation.spearman(cosines, scores),
          pearson: Correlation.pearson(cosines, scores)))
      }
      return rows
    }
    line.finish()
    if output.json { return try JSONOutput.write(rows) }
    var table = Table([("file", .left), ("pairs", .right), ("Spearman", .right), ("Pearson", .right)])
    func text(_ value: Double?) -> String { value.map { Units.fixed($0, 4) } ?? "–" }
    for row in rows { table.add([row.file, String(row.pairs), text(row.spearman), text(row.pearson)]) }
    Terminal.standardOutput.write(table.rendered(for: .standardOutput))
  }

  private func read(_ file: String, seed: UInt64) throws -> [SimilarityPair] {
    guard let synonyms else { return try SimilarityPair.read(file) }
    guard let data = FileManager.default.contents(atPath: file) else { throw EvaluationError.missingFile(path: file, advice: "It should hold a sentence on each line.") }
    let sentences = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
    let made = try SynonymPairs(file: synonyms).pairs(of: sentences, seed: seed)
    if let pairs { try SimilarityPair.write(made, to: pairs) }
    return made
  }
}

struct EvaluateInstructions: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "instructions",
    abstract: "Whether a retriever obeys an instruction that changes what is relevant: p-MRR of FollowIR.",
    discussion: """
      ORIGINAL and CHANGED are run files of the same candidates under the original and the changed instruction, with the same names
      of questions. What is relevant by --qrels and not by --changed-qrels ought to fall: 100 says that it fell to the end, 0 that
      the instruction was ignored, -100 that it rose.
      """)

  @Argument(help: "The run under the original instruction.", completion: .file()) var original: String
  @Argument(help: "The run under the changed one.", completion: .file()) var changed: String
  @Option(help: ArgumentHelp("What is relevant under the original instruction.", valueName: "FILE"), completion: .file()) var qrels: String
  @Option(help: ArgumentHelp("What is relevant under the changed one.", valueName: "FILE"), completion: .file()) var changedQrels: String
  @OptionGroup var output: OutputOptions

  private struct Result: Encodable {
    let queries: [String: Double]
    let mean: Double
  }

  func run() throws {
    let demoted = InstructionFollowing.demoted(
      original: try JudgementsFile.read(qrels), changed: try JudgementsFile.read(changedQrels))
    let values = InstructionFollowing.pairwiseMRR(
      original: try Run(trecFile: original), changed: try Run(trecFile: changed), demoted: demoted)
    guard !values.isEmpty else { throw EvaluationError.incomparable(reason: "no document is relevant by \(qrels) and not by \(changedQrels)") }
    let mean = values.values.sorted().reduce(0, +) / Double(values.count)
    if output.json { return try JSONOutput.write(Result(queries: values.mapValues { 100 * $0 }, mean: 100 * mean)) }
    var table = Table([("question", .left), ("documents", .right), ("p-MRR", .right)])
    for (query, value) in values.sorted(by: { $0.key < $1.key }) {
      table.add([query, String(demoted[query]?.count ?? 0), Units.fixed(100 * value, 2)])
    }
    table.add(["mean of \(values.count)", "", Units.fixed(100 * mean, 2)])
    Terminal.standardOutput.write(table.rendered(for: .standardOutput))
  }
}
