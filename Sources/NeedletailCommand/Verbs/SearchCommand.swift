internal import ArgumentParser
internal import Foundation
internal import Needletail

struct SearchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Find passages by meaning, by words, or both.",
    discussion: """
      Words: "in this order" in quotation marks, and retriev* for what begins so (for the part of a search by words).
      Filters: type:pdf  folder:notes  year>=2020  -tag:draft  (a:1 OR b:2)  title:"two words"
      """)

  @Argument(help: "What you look for.")
  var query: [String]

  @OptionGroup var target: CollectionOptions
  @OptionGroup var embedding: EmbedderOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var ranking: RankingOptions
  @OptionGroup var fieldWeights: FieldWeightOptions

  @Option(help: ArgumentHelp(
    "dense (by meaning), lexical (by words), sparse (by weighted terms) or hybrid (all there are); without, hybrid.", valueName: "MODE"))
  var mode: SearchMode?

  @Option(help: ArgumentHelp("How word search leaves postings out: maxscore or block-max-wand; the answers are the same.", valueName: "ALGORITHM"))
  var lexicalAlgorithm = LexicalAlgorithm.maxScore

  @Option(help: ArgumentHelp(
    "Answer by the pipeline in this JSON5 file: sources, feedback, fusion, reranking, cut-off.", valueName: "FILE"),
    completion: .file(extensions: ["json5", "json"]))
  var pipeline: String?

  @Flag(help: "Leave out what is not relevant, by the model that `needletail relevance fit` made for the collection.")
  var relevantOnly = false

  @Option(help: ArgumentHelp("With --relevant-only: the lowest probability that is kept; without, the model's own.", valueName: "P"))
  var probability: Double?

  @OptionGroup var reranking: RerankingOptions

  func validate() throws {
    guard pipeline == nil || mode == nil && !relevantOnly else {
      throw ValidationError("--pipeline excludes --mode and --relevant-only; a pipeline file can say both")
    }
    guard pipeline == nil || fieldWeights.fieldWeight.isEmpty else {
      throw ValidationError("--pipeline excludes --field-weight; a lexical source in the file has `fieldWeights`")
    }
    guard probability == nil || relevantOnly else { throw ValidationError("--probability goes with --relevant-only") }
    guard reranking.model == nil || pipeline == nil && !relevantOnly else {
      throw ValidationError("--rerank excludes --pipeline and --relevant-only")
    }
  }

  func run() async throws {
    let file = try pipeline.map { try PipelineSpecification(file: $0) }
    let collection = try target.openForReading()
    let needsDense = mode == nil || mode == .dense || mode == .hybrid || relevantOnly
    let needsSparse = mode == nil || mode == .sparse || mode == .hybrid
    var searcher = Searcher(
      collection: collection, embedder: try needsDense ? target.embedder(of: collection, precision: embedding.precision) : nil,
      sparseEmbedder: try needsSparse ? target.sparseEmbedder(of: collection, precision: embedding.precision) : nil,
      mode: mode ?? .hybrid)
    searcher.options.fieldWeights = fieldWeights.weights
    searcher.options.lexicalAlgorithm = lexicalAlgorithm
    let question = Query(query.joined(separator: " "), filter: try ranking.parsedFilter(), limit: ranking.top)
    if let answered = try await reranking.search(question, searcher, registry: target.data.registry) {
      return try ranking.show(answered, as: output)
    }
    let filtering = try relevantOnly ? PipelineSpecification(
      answering: searcher.mode, in: collection.settings, relevance: .init(.modelFile(target.relevancePath(), probability: probability)),
      fieldWeights: fieldWeights.weights) : nil
    let response =
      if let specification = file ?? filtering {
        try await pipeline(specification, searcher).search(question)
      } else {
        try await searcher.search(question)
      }
    try ranking.show(response, as: output)
  }

  /// The pipeline with what its specification may name: "tokens", the search by tokens that `multivector build` made.
  private func pipeline(_ specification: PipelineSpecification, _ searcher: Searcher) throws -> Pipeline {
    guard specification.names("tokens") else { return try Pipeline(specification, searcher: searcher) }
    let tokens = try target.tokenSearch(of: searcher.collection, precision: embedding.precision)
    return try Pipeline(specification, searcher: searcher, rerankers: ["tokens": tokens], retrievers: ["tokens": tokens])
  }
}

struct SimilarCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "similar", abstract: "Find passages like a document that is indexed.")

  @Argument(help: "The document: its path or id as search prints it.", completion: .file())
  var document: String

  @OptionGroup var target: CollectionOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var ranking: RankingOptions

  func run() async throws {
    let collection = try target.openForReading()
    let searcher = Searcher(collection: collection, embedder: nil, mode: .dense)
    let response = try await searcher.similar(
      toDocument: try id(in: collection), limit: ranking.top, filter: ranking.parsedFilter())
    try ranking.show(response, as: output)
  }

  /// Documents are known by absolute paths; a relative one is meant from here.
  private func id(in collection: DocumentCollection) throws -> String {
    guard try collection.snapshot().document(document) == nil else { return document }
    return URL(fileURLWithPath: document).standardizedFileURL.path
  }
}

/// How many answers, which, and how they are explained.
struct RankingOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: ArgumentHelp("Number of answers.", valueName: "N"))
  var top = 10

  @Option(name: .shortAndLong, help: ArgumentHelp("Only documents that satisfy this.", valueName: "FILTER"))
  var filter: String?

  @Flag(help: "Show what each stage did and why each answer is where it is.")
  var explain = false

  func validate() throws {
    guard (1...10_000).contains(top) else { throw ValidationError("--top takes a number from 1 to 10000") }
  }

  func parsedFilter() throws -> Filter? { try filter.map { try FilterExpression.parse($0) } }

  func show(_ response: SearchResponse, as output: OutputOptions) throws {
    if output.json { return try JSONOutput.write(response) }
    AnswerPrinter(terminal: .standardOutput, explains: explain).show(response)
  }
}
