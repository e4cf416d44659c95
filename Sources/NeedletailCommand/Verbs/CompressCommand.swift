internal import ArgumentParser
internal import Foundation
internal import Needletail

/// Compressing finished vectors.
struct CompressCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compress", abstract: "Compare ways to compress vectors.",
    subcommands: [CompressStudyCommand.self, CompressTablesCommand.self])
}

struct CompressStudyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "study",
    abstract: "Measure every method at several memory budgets, and recommend by use.",
    discussion: "needletail compress study base.fvecs --budgets 0.5,0.25,0.125,0.0625,0.03 --report study.html")

  @Argument(help: "The file of vectors.", completion: .file()) var vectors: String
  @Option(help: ArgumentHelp("Fractions of the size as 32-bit floats, separated by commas.", valueName: "LIST"))
  var budgets = "0.5,0.25,0.125,0.0625,0.03"
  @Option(help: ArgumentHelp("What is searched for; otherwise some of the vectors.", valueName: "FILE"), completion: .file())
  var queries: String?
  @Option(help: ArgumentHelp("cosine, dot or euclidean.", valueName: "NAME")) var similarity = Similarity.cosine
  @Option(help: ArgumentHelp("Only these methods, separated by commas.", valueName: "LIST")) var methods: String?
  @Option(help: ArgumentHelp("Only the first rows of the file.", valueName: "N")) var limit = 30_000
  @Option(help: ArgumentHelp("Everything random follows from it.", valueName: "N")) var seed: UInt64 = 42
  @Option(help: ArgumentHelp("Write a page with the plot here.", valueName: "FILE"), completion: .file()) var report: String?
  @OptionGroup var output: OutputOptions

  func run() throws {
    let line = ProgressLine("Compressing", unit: "runs", isEnabled: !output.json)
    let (fractions, chosen) = try (Self.fractions(budgets), parsedMethods())
    var done = 0
    let study = try CompressionStudy(
      of: DenseVectors(contentsOf: vectors, limit: limit), queries: queries.map { try DenseVectors(contentsOf: $0) },
      similarity: similarity, budgets: fractions, methods: chosen, seed: seed
    ) { title, budget in
      line.update(done: done, total: fractions.count * chosen.count, detail: "\(title) at \(budget)")
      done += 1
    }
    line.finish()
    if let report { try CompressionPage(study).write(to: report) }
    try output.json ? JSONOutput.write(study) : show(study)
  }

  /// The numbers of a list of budgets.
  static func fractions(_ budgets: String) throws -> [Double] {
    try budgets.split(separator: ",").map { text in
      guard let budget = Double(text.trimmingCharacters(in: .whitespaces)) else {
        throw ValidationError("--budgets takes numbers like 0.25, not \(text)")
      }
      return budget
    }
  }

  private func parsedMethods() throws -> [CompressionMethod] {
    guard let methods else { return CompressionMethod.allCases }
    return try methods.split(separator: ",").map { name in
      guard let method = CompressionMethod(rawValue: String(name)) else {
        throw ValidationError("\(name) is none of \(CompressionMethod.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      return method
    }
  }

  private func show(_ study: CompressionStudy) {
    let terminal = Terminal.standardOutput
    let budgets = Set(study.results.map(\.budget)).sorted(by: >)
    for budget in budgets {
      var table = Table([
        ("budget \(Units.fixed(100 * budget, 1))%", .left), ("bytes a row", .right), ("recall@10", .right),
        ("distortion", .right), ("compress", .right), ("decode", .right),
      ])
      for result in study.results where result.budget == budget {
        guard let bytes = result.bytes else {
          table.add([result.method.title, "cannot go that low", "", "", "", ""])
          continue
        }
        table.add([
          result.method.title, Units.fixed(Double(bytes) / Double(study.rowCount), 1), Units.fixed(result.recall ?? 0, 4),
          Units.fixed(result.distortion ?? 0, 4), Units.duration(seconds: result.compressSeconds ?? 0),
          Units.duration(seconds: result.decodeSeconds ?? 0),
        ])
      }
      terminal.write(table.rendered(for: terminal) + "\n")
    }
    for advice in study.advice {
      terminal.write("\(terminal.styled(advice.use + ":", .bold)) \(advice.method.title), recall \(Units.fixed(advice.recall, 3)) (\(advice.reason))\n")
    }
  }
}
