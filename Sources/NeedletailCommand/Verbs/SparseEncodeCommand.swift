internal import ArgumentParser
internal import Foundation
internal import Needletail

struct SparseEncodeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Weigh the terms of texts with a learned sparse model, such as SPLADE.",
    discussion: """
      Texts: .jsonl (also .gz), each line {"_id": "7", "title": "…", "text": "…"} as in BEIR. The result is a file that `sparse build` and
      `sparse search` read:

        needletail sparse encode splade corpus.jsonl passages.jsonl
        needletail sparse encode splade queries.jsonl questions.jsonl --queries
      """)

  @Argument(help: "A registered model or a directory.", completion: .directory) var model: String
  @Argument(help: "The file of texts.", completion: .file()) var texts: String
  @Argument(help: "The file to write.", completion: .file()) var target: String
  @Flag(help: "The texts are queries.") var queries = false
  @Option(help: ArgumentHelp("Terms kept of a text, the heaviest; all if not given.", valueName: "N")) var terms: Int?
  @OptionGroup var embedding: EmbedderOptions
  @OptionGroup var data: DataOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let terms, terms < 1 { throw ValidationError("--terms takes a number from 1") }
  }

  func run() async throws {
    let path = try data.registry.path(atOrNamed: model, as: .sparse)
    let encoder = try SparseEmbedder(path: path, precision: embedding.precision)
    let line = ProgressLine("Encoding", unit: "texts", isEnabled: !output.json)
    let report = try await InterruptSignal.cancelling { [texts, target, queries, terms] in
      defer { line.finish() }
      return try encoder.encode(linesOf: texts, to: target, as: queries ? .query : .document, terms: terms) {
        line.update(done: $0, total: nil)
      }
    }
    if output.json { return try JSONOutput.write(report) }
    Terminal.standardOutput.write("""
      \(Units.count(report.texts, "text")), \(Units.fixed(report.termsPerText, 1)) terms each, in \
      \(Units.duration(seconds: report.seconds)): \(target)

      """)
  }
}
