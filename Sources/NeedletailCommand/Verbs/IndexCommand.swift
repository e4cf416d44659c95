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
  @OptionGroup var fieldWeights: FieldWeightOptions

  @Option(help: ArgumentHelp("The embedding model of a new collection.", valueName: "NAME"))
  var model = ModelRegistry.defaultModelName

  @Option(help: ArgumentHelp(
    "Also weigh terms by this model (SPLADE, or a causal network): a registered name, or its folder.", valueName: "NAME"))
  var sparseModel: String?

  @Flag(help: "Make a collection without dense vectors: word search only, no model needed.")
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
    let (embedder, sparse) = try makeEmbedders()
    let settings = CollectionSettings(embedder: embedder?.profile, sparseEmbedder: sparse?.profile, lexicalFields: fieldWeights.fields)
    let collection = try DocumentCollection.open(target.collection, in: target.data.directory, access: .create(settings))
    let pipeline = IngestPipeline(
      collection: collection, embedder: embedder, sparseEmbedder: sparse, tokenizer: embedder.chunkingTokenizer(beside: sparse),
      options: options)
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
  /// The models of the collection if it exists, else those asked for.
  private func makeEmbedders() throws -> (dense: (any TextEmbedder)?, sparse: SparseEmbedder?) {
    let (registry, precision) = (target.data.registry, embedding.precision)
    let asked = try sparseModel.map { name in
      // A folder is remembered by a path that holds from everywhere.
      let isFolder = name.contains("/")
      return try registry.sparseEmbedder(
        named: isFolder ? URL(fileURLWithPath: NSString(string: name).expandingTildeInPath).standardizedFileURL.path : name,
        precision: precision)
    }
    if try target.data.directory.collectionNames().contains(target.collection) {
      let collection = try target.openForReading()
      return (
        try lexicalOnly ? nil : target.embedder(of: collection, precision: precision),
        try asked ?? target.sparseEmbedder(of: collection, precision: precision)
      )
    }
    return (try lexicalOnly ? nil : registry.embedder(named: model, precision: precision), asked)
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
