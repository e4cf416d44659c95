internal import ArgumentParser
internal import Foundation
internal import Needletail

struct IndexCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index",
    abstract: "Read files and folders and make them searchable.",
    discussion: """
      Reads text, Markdown, HTML, PDF, mail (EML), source code, JSONL and CSV. Respects .gitignore and .needletailignore.
      A second run touches only what changed and removes what is gone. Without PATH, the folders indexed before are
      brought up to date. Control-C keeps what is done; the next run continues.
      """)

  @Argument(help: "Files and folders.", completion: .file())
  var paths: [String] = []

  @OptionGroup var target: CollectionOptions
  @OptionGroup var embedding: EmbedderOptions
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("The embedding model of a new collection.", valueName: "NAME"))
  var model = ModelRegistry.defaultModelName

  @Flag(help: "Make a collection without vectors: word search only, no model needed.")
  var lexicalOnly = false

  @Flag(help: "Read hidden files and folders too.")
  var hidden = false

  @Flag(help: "Embed unchanged files again.")
  var force = false

  @Option(help: ArgumentHelp("Field of JSONL and CSV records to search in (repeatable).", valueName: "FIELD"))
  var textField: [String] = []

  @Option(help: ArgumentHelp("Field that holds the title of a record.", valueName: "FIELD"))
  var titleField: String?

  @Option(help: ArgumentHelp("Field that identifies a record.", valueName: "FIELD"))
  var idField: String?

  func run() async throws {
    let embedder = try lexicalOnly ? nil : makeEmbedder()
    let collection = try DocumentCollection.open(
      target.collection, in: target.data.directory, access: .create(settings(for: embedder)))
    let pipeline = IngestPipeline(
      collection: collection, embedder: embedder, tokenizer: embedder.chunkingTokenizer, options: options)
    let roots = try paths.isEmpty ? collection.roots() : paths
    guard !roots.isEmpty else { throw CommandProblem.nothingToIndex }

    let progress = ProgressLine("Indexing", unit: "files", isEnabled: !output.json)
    let report = try await InterruptSignal.cancelling {
      defer { progress.finish() }
      let report = try await pipeline.run(paths: roots) { event in
        progress.update(
          done: event.filesDone, total: event.phase == .scanning ? nil : event.filesFound,
          detail: "\(Units.count(event.passagesDone)) passages  \(event.currentPath ?? "")")
      }
      try await collection.settle()
      return report
    }
    let notices = collection.notices
    await collection.close()
    try output.json ? JSONOutput.write(report) : printReport(report, notices: notices)
  }
}

extension IndexCommand {
  /// The model of the collection if it exists, else the one asked for.
  private func makeEmbedder() throws -> (any TextEmbedder)? {
    if try target.data.directory.collectionNames().contains(target.collection) {
      return try target.embedder(of: target.openForReading(), precision: embedding.precision)
    }
    return try target.data.registry.embedder(named: model, precision: embedding.precision)
  }

  private func settings(for embedder: (any TextEmbedder)?) -> CollectionSettings {
    CollectionSettings(embedder: embedder?.profile)
  }

  private var options: IngestOptions {
    var options = IngestOptions()
    options.files.includesHidden = hidden
    options.reindexesUnchanged = force
    options.recordFields = RecordFields(text: textField.isEmpty ? nil : textField, title: titleField, id: idField)
    return options
  }

  private func printReport(_ report: IngestReport, notices: [String]) {
    let out = Terminal.standardOutput
    let rate = report.seconds > 0 ? Double(report.passages) / report.seconds : 0
    out.write("""
      \(out.styled("Indexed", .green)) \(Units.count(report.added)) new, \(Units.count(report.updated)) changed, \
      \(Units.count(report.unchanged)) unchanged, \(Units.count(report.removed)) gone: \
      \(Units.count(report.passages, "passage")) in \(Units.duration(seconds: report.seconds)) \
      (\(Units.count(Int(rate)))/s)

      """)
    let problems = report.problems.filter { !$0.isExpected }
    for problem in problems.prefix(20) {
      out.write("  \(out.styled("skipped", .yellow)) \(problem.path.withoutControlCharacters): \(problem.reason)\n")
    }
    if problems.count > 20 {
      out.write("  … and \(Units.count(problems.count - 20)) more (--json lists all)\n")
    }
    for notice in notices { out.write("  \(out.styled("note", .yellow)) \(notice)\n") }
  }
}
