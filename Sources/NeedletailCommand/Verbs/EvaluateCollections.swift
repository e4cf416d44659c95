public import ArgumentParser
internal import Foundation
internal import Needletail
public import NeedletailEvaluation

struct EvaluateCollections: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collections",
    abstract: "Index test collections, search them, measure the answers (what `eval` does by itself).",
    discussion: """
      Each DIR is a task in the layout of BEIR or MTEB (corpus.jsonl, queries.jsonl, qrels/SPLIT.tsv), of LMEB (qrels.tsv and
      candidates.jsonl), of TREC (topics.txt, qrels.txt, documents.trec), or as tables (corpus.csv, queries.csv, qrels.csv, or
      choices.csv); .gz too. A file task.json5 in it may name its fields. Every document is one passage, cut at the model's
      token limit, as the published figures have it. With --run-folder, TREC run files are written. Vectors of documents are kept
      in the data directory, by model and text, and taken from there the next time; --no-cache computes them anew.
      """)

  @Argument(help: "Folders of tasks.", completion: .directory)
  var directories: [String]

  @Option(help: ArgumentHelp("The qrels file to use.", valueName: "NAME")) var split: String?
  @Option(help: ArgumentHelp(
    "What a question may be answered with: all, judged (its pool), same:FIELD (documents with the same value in their metadata) or listed:FIELD.",
    valueName: "RULE"))
  var candidates: CandidateRule?
  @Option(help: ArgumentHelp("Put this before each question.", valueName: "TEXT")) var instruction: String?
  @Flag(help: "Put the task's own instruction before each question.") var instructed = false
  @Option(help: ArgumentHelp("dense, lexical, sparse, hybrid (repeatable; otherwise all there are).", valueName: "MODE")) var mode: [SearchMode] = []
  @Option(help: ArgumentHelp("A pipeline in a JSON5 file (repeatable; then without modes unless they are named).", valueName: "FILE"), completion: .file())
  var pipeline: [String] = []
  @Option(help: ArgumentHelp("Measures, separated by commas.", valueName: "LIST")) var measures = "nDCG@10,R@100,AP"
  @Option(help: ArgumentHelp("Answers per query.", valueName: "N")) var depth = 1000
  @Option(help: ArgumentHelp("The embedding model.", valueName: "NAME")) var model = ModelRegistry.defaultModelName
  @Option(help: ArgumentHelp("A model of sparse vectors: a registered name, or its folder.", valueName: "NAME")) var sparseModel: String?
  @Option(help: ArgumentHelp("Write TREC run files here.", valueName: "DIR"), completion: .directory) var runFolder: String?
  @Flag(help: "Search dense vectors exactly instead of through the graph.") var exact = false
  @Option(help: ArgumentHelp("How word search leaves postings out: maxscore or block-max-wand; the answers are the same.", valueName: "ALGORITHM"))
  var lexicalAlgorithm = LexicalAlgorithm.maxScore
  @Flag(help: "Embed every document, as if none had been embedded before, and keep nothing.") var noCache = false
  @OptionGroup var fieldWeights: FieldWeightOptions
  @OptionGroup var data: DataOptions
  @OptionGroup var embedding: EmbedderOptions
  @OptionGroup var output: OutputOptions

  /// One row of the result.
  private struct Row: Encodable {
    let task: String
    /// The mode, or the name of the pipeline.
    let mode: String
    let values: [String: Double]
    let queries: Int
    let documents: Int
    let indexingSeconds: Double
    let queriesPerSecond: Double
  }

  func run() async throws {
    let modes = mode.isEmpty && pipeline.isEmpty ? SearchMode.allCases.filter { $0 != .sparse || sparseModel != nil } : mode
    let pipelines = try pipeline.map { try PipelineSpecification(file: $0) }
    let measures = try self.measures.split(separator: ",").map { try Measure.parse(String($0)) }
    let embedder = try modes.allSatisfy { $0 == .lexical || $0 == .sparse } && pipelines.isEmpty
      ? nil : data.registry.embedder(named: model, precision: embedding.precision)
    let sparse = try sparseModel.map { try data.registry.sparseEmbedder(named: $0, precision: embedding.precision) }
    var rows: [Row] = []
    for directory in directories {
      let task = try task(in: directory)
      rows += try await InterruptSignal.cancelling { [self] in
        try await evaluate(task, modes: modes, pipelines: pipelines, measures: measures, embedder: embedder, sparse: sparse)
      }
    }
    try output.json ? JSONOutput.write(rows) : show(rows, measures: measures)
  }
}

extension CandidateRule: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension EvaluateCollections {
  /// The task of a folder, as its own description and the options say.
  private func task(in folder: String) throws -> RetrievalTask {
    var description = try TaskDescription(inFolder: folder) ?? TaskDescription()
    if let split { description.split = split }
    if let candidates { description.candidates = candidates }
    if let instruction { description.instruction = instruction }
    let task = try RetrievalTask(folder: folder, description: description)
    return instructed || instruction != nil ? task.instructed : task
  }

  private func evaluate(
    _ task: RetrievalTask, modes: [SearchMode], pipelines: [PipelineSpecification], measures: [Measure],
    embedder: (any TextEmbedder)?, sparse: SparseEmbedder?
  ) async throws -> [Row] {
    let clock = ContinuousClock()
    var options = IngestOptions()
    options.splitsDocuments = false
    let index = try TextIndex(
      embedder: embedder.map(remembering), sparseEmbedder: sparse, tokenizer: embedder.chunkingTokenizer(beside: sparse), fields: fieldWeights.fields,
      options: options)
    let indexing = ProgressLine("Indexing \(task.name)", unit: "documents", isEnabled: !output.json)
    let indexingTime = try await clock.measure {
      for start in stride(from: 0, to: task.corpus.count, by: 500) {
        try await index.add(Array(task.corpus[start..<min(start + 500, task.corpus.count)]))
        indexing.update(done: start, total: task.corpus.count)
      }
      try await index.collection.settle()
    }
    indexing.finish()

    var systems: [(name: String, retriever: any Retriever)] = []
    var searcher = index.searcher
    searcher.options.isExact = exact
    searcher.options.lexicalAlgorithm = lexicalAlgorithm
    for mode in modes {
      searcher.mode = mode
      systems.append((mode.rawValue, searcher))
    }
    for specification in pipelines { systems.append((specification.name, try Pipeline(specification, searcher: searcher))) }
    // What a question may be answered with is picked from the ranking, which then has to be complete.
    let depth = task.candidates.isEmpty ? depth : max(depth, min(task.corpus.count, PipelineSpecification.largestDepth))
    var rows: [Row] = []
    for (name, retriever) in systems {
      let searching = ProgressLine("Searching \(task.name) \(name)", unit: "queries", isEnabled: !output.json)
      let start = clock.now
      let run = try await Run(of: retriever, on: task, depth: depth, name: "needletail-\(name)") { done in
        searching.update(done: done, total: task.queries.count)
      }.restricted(to: task.candidates)
      let seconds = (clock.now - start) / .seconds(1)
      searching.finish()
      try write(run, task: task, system: name)
      let evaluation = Evaluation(of: run, judgements: task.judgements, measures: measures)
      let values = measures.map { ($0.description, evaluation.mean(of: $0) ?? 0) }
      rows.append(Row(
        task: task.name, mode: name, values: Dictionary(uniqueKeysWithValues: values), queries: task.queries.count,
        documents: task.corpus.count, indexingSeconds: indexingTime / .seconds(1),
        queriesPerSecond: Double(task.queries.count) / seconds))
    }
    await index.collection.close()
    return rows
  }

  /// The model, its vectors of documents taken from earlier measurements.
  private func remembering(_ embedder: any TextEmbedder) -> any TextEmbedder {
    guard !noCache else { return embedder }
    return CachedEmbedder(embedder, cache: EmbeddingCache(folder: data.embeddingCachePath), variant: embedding.precision.rawValue)
  }

  private func write(_ run: Run, task: RetrievalTask, system: String) throws {
    guard let runFolder else { return }
    try FileManager.default.createDirectory(atPath: runFolder, withIntermediateDirectories: true)
    try run.write(to: "\(runFolder)/\(task.name)-\(system).trec")
  }

  private func show(_ rows: [Row], measures: [Measure]) {
    var table = Table(
      [("task", .left), ("mode", .left)] + measures.map { ($0.description, .right) }
        + [("queries/s", .right), ("indexed in", .right)])
    for row in rows {
      table.add(
        [row.task, row.mode] + measures.map { Units.fixed(row.values[$0.description] ?? 0, 4) }
          + [Units.count(Int(row.queriesPerSecond)), Units.duration(seconds: row.indexingSeconds)])
    }
    Terminal.standardOutput.write(table.rendered(for: .standardOutput))
  }
}
