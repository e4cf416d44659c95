internal import ArgumentParser
internal import Foundation
internal import Needletail

struct VectorsEncodeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Embed the texts of a file with a model.",
    discussion: """
      Texts: .jsonl (also .gz), each line {"_id": "7", "title": "…", "text": "…"} as in BEIR. The result is a file of vectors, a row for each \
      line in their order:

        needletail vectors encode all-MiniLM-L6-v2 corpus.jsonl base.fvecs
        needletail vectors encode all-MiniLM-L6-v2 queries.jsonl queries.fvecs --queries
        needletail vectors build base.fvecs base.index
      """)

  @Argument(help: "A registered model.") var model: String
  @Argument(help: "The file of texts.", completion: .file()) var texts: String
  @Argument(help: "The file to write: .npy, .fvecs or .fbin.", completion: .file()) var target: String
  @Flag(help: "The texts are queries.") var queries = false
  @OptionGroup var embedding: EmbedderOptions
  @OptionGroup var data: DataOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let embedder = try data.registry.embedder(named: model, precision: embedding.precision)
    let line = ProgressLine("Embedding", unit: "texts", isEnabled: !output.json)
    let report = try await InterruptSignal.cancelling { [texts, target, queries] in
      defer { line.finish() }
      return try await embedder.encode(linesOf: texts, to: target, as: queries ? .query : .document) { line.update(done: $0, total: nil) }
    }
    if output.json { return try JSONOutput.write(report) }
    Terminal.standardOutput.write("""
      \(Units.count(report.texts, "vector")) of \(report.dimension) components in \(Units.duration(seconds: report.seconds)): \(target)

      """)
  }
}
