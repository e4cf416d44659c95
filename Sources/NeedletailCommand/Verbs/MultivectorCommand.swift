internal import ArgumentParser
internal import Foundation
internal import Needletail

struct MultivectorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "multivector",
    abstract: "Search by tokens: late interaction over fixed-dimensional encodings.",
    discussion: """
      Build once after indexing, with a model that was trained for it (--token-model) or with the one of the collection; `search` then compares each token of the question with its best partner in the passages. In pipeline \
      files it is the source { kind: "retriever", name: "tokens" } and the reranker { method: "model", model: "tokens" }.
      """,
    subcommands: [Build.self, Search.self])

  struct Build: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Embed the tokens of a collection and index them.")
    @OptionGroup var target: CollectionOptions
    @OptionGroup var embedding: EmbedderOptions
    @OptionGroup var output: OutputOptions
    @Option(help: ArgumentHelp("A registered multi-vector model, such as ColBERT; without, the tokens of the collection's own model.", valueName: "NAME"))
    var tokenModel: String?
    @Option(help: ArgumentHelp("float32, float16, int8, residual1, residual2 or residual4.", valueName: "CODEC")) var codec = "residual2"
    @Option(help: ArgumentHelp("Keep one token in N.", valueName: "N")) var pooling = 1
    @Option(name: .customLong("vectors-per-passage"), help: ArgumentHelp("Keep at most N vectors of a passage.", valueName: "N"))
    var vectorLimit: Int?
    @Option(help: ArgumentHelp("Repetitions of the encoding.", valueName: "N")) var repetitions = 20
    @Option(help: ArgumentHelp("Hyperplanes of the encoding.", valueName: "N")) var bits = 5
    @Option(help: ArgumentHelp("Components of a token in the encoding.", valueName: "N")) var projection = 8
    @Option(help: ArgumentHelp("Components of the whole encoding; without, as many as the others make.", valueName: "N")) var length: Int?

    func validate() throws {
      guard TokenCodec.named[codec] != nil else {
        throw ValidationError("--codec takes \(TokenCodec.named.keys.sorted().joined(separator: ", "))")
      }
      guard (1...100).contains(pooling) else { throw ValidationError("--pooling takes 1 to 100") }
      guard vectorLimit.map({ (1...10_000).contains($0) }) ?? true else { throw ValidationError("--vectors-per-passage takes 1 to 10000") }
    }

    private struct Report: Encodable {
      let passages: Int
      let tokens: Int
      let vectorBytes: Int
    }

    func run() async throws {
      let collection = try target.openForReading()
      let embedder = try target.tokenEmbedder(of: collection, model: tokenModel, precision: embedding.precision)
      var specification = TokenSearchSpecification(poolingFactor: pooling, vectorLimit: vectorLimit)
      specification.vectors.codec = TokenCodec.named[codec] ?? .residual(bits: 2)
      specification.encoding = FixedDimensionalEncoder.Parameters(
        repetitions: repetitions, partitionBits: bits, projectedDimension: projection, finalDimension: length)
      let folder = try target.tokensPath()
      let progress = ProgressLine("Embedding tokens", unit: "passages", isEnabled: !output.json)
      try await InterruptSignal.cancelling { [specification] in
        defer { progress.finish() }
        try await TokenSearch.build(in: folder, from: collection, embedder: embedder, specification: specification) { done, total in
          progress.update(done: done, total: total)
        }
      }
      let vectors = try TokenSearch(folder: folder, collection: collection, embedder: embedder).vectors
      let report = Report(passages: vectors.count, tokens: vectors.tokenCount, vectorBytes: vectors.footprint.totalBytes)
      if output.json { return try JSONOutput.write(report) }
      Terminal.standardOutput.write(
        "\(Units.count(report.passages, "passage")) with \(Units.count(report.tokens, "token")) in \(Units.bytes(report.vectorBytes))\n")
    }
  }

  struct Search: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Find passages by their tokens.")
    @Argument(help: "What you look for.") var query: [String]
    @OptionGroup var target: CollectionOptions
    @OptionGroup var embedding: EmbedderOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var ranking: RankingOptions
    @Flag(help: "Compare with every passage instead of candidates.") var exact = false

    func run() async throws {
      let collection = try target.openForReading()
      var tokens = try target.tokenSearch(of: collection, precision: embedding.precision)
      tokens.isExact = exact
      let pipeline = try Pipeline(
        PipelineSpecification(name: "tokens", sources: [.init(.retriever, name: "tokens", depth: ranking.top)]),
        searcher: Searcher(collection: collection, embedder: nil, mode: .lexical), retrievers: ["tokens": tokens])
      try ranking.show(
        await pipeline.search(Query(query.joined(separator: " "), filter: ranking.parsedFilter(), limit: ranking.top)), as: output)
    }
  }
}

extension CollectionOptions {
  /// Where the search by tokens of the collection is: with the collection, so that both go away together.
  func tokensPath() throws -> String { try data.directory.collectionPath(collection) + "/tokens" }

  /// - Parameter model: the name of a multi-vector model; nil, or the name of the collection's own, takes that.
  func tokenEmbedder(
    of collection: DocumentCollection, model: String?, precision: EmbedderPrecision
  ) throws -> any TokenSearch.TokenEmbedder {
    if let model, model != collection.settings.embedder?.name {
      return try MultiVectorEmbedder(path: data.registry.path(named: model, as: .multiVector), name: model, precision: precision)
    }
    // Shallow models have no last layer to take vectors of tokens from.
    guard let embedder = try embedder(of: collection, precision: precision) as? TransformerEmbedder else {
      throw RetrievalError.noVectors(collection: collection.name)
    }
    return TransformerTokenEmbedder(embedder)
  }

  func tokenSearch(of collection: DocumentCollection, precision: EmbedderPrecision) throws -> TokenSearch {
    let folder = try tokensPath()
    let embedder = try tokenEmbedder(of: collection, model: TokenSearch.model(inFolder: folder), precision: precision)
    return try TokenSearch(folder: folder, collection: collection, embedder: embedder)
  }
}
