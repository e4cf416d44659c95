internal import ArgumentParser
internal import Foundation
internal import Needletail
internal import NeedletailServer

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Open a search page and a JSON API on this machine.",
    discussion: """
      Beside the page, collections of vectors are served under /collections as clients of Qdrant speak: \
      with --port 6333 the server takes the place of one. Models answer under /v1/embeddings and /v1/rerank.
      """)

  @OptionGroup var data: DataOptions
  @OptionGroup var embedding: EmbedderOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("The collection shown first.", valueName: "NAME"))
  var collection: String?

  @Option(help: ArgumentHelp("The address to listen on; the default is reachable from this machine only.", valueName: "ADDRESS"))
  var host = SearchSite.defaultHost

  @Option(help: ArgumentHelp("The port; 0 takes a free one.", valueName: "PORT"))
  var port = SearchSite.defaultPort

  @Option(help: ArgumentHelp("A key that requests have to carry; also NEEDLETAIL_API_KEY.", valueName: "KEY"))
  var apiKey: String?

  @Option(help: ArgumentHelp("A key that allows reading only; also NEEDLETAIL_READ_ONLY_API_KEY.", valueName: "KEY"))
  var readOnlyApiKey: String?

  @Option(help: ArgumentHelp("A cross-encoder for /rerank and /v1/rerank; a registered name or a folder. Without one, embeddings are compared.", valueName: "NAME"))
  var reranker: String?

  @Option(help: ArgumentHelp("A model of sparse vectors (SPLADE) for /embed_sparse: a registered name or a folder. Without one, BM25 weighs words.", valueName: "NAME"))
  var sparseModel: String?

  @Option(help: ArgumentHelp("The largest body of a request, in MiB.", valueName: "MIB"))
  var bodyLimit = 32

  @Flag(help: "Write the address as JSON once the server listens.")
  var json = false

  func run() async throws {
    let registry = data.registry
    let precision = embedding.precision
    let environment = ProcessInfo.processInfo.environment
    let keys = AccessKeys(full: apiKey ?? environment["NEEDLETAIL_API_KEY"], reading: readOnlyApiKey ?? environment["NEEDLETAIL_READ_ONLY_API_KEY"])
    let crossEncoder = try reranker.map { try CrossEncoder(path: registry.path(atOrNamed: $0, as: .crossEncoder), precision: precision) }
    var rerankers: [(name: String, score: ModelService.PairScores)] = []
    if let crossEncoder {
      let score: ModelService.PairScores = { query, texts in try crossEncoder.scores(of: texts, for: query) }
      rerankers.append((crossEncoder.name, score))
    }
    var termWeights: ModelService.TermWeights?
    if let sparseModel {
      let model = try registry.sparseEmbedder(named: sparseModel, precision: precision)
      termWeights = { texts in try await model.encode(texts, as: .document) }
    }
    let models = ModelService(
      names: { registry.models().filter { $0.profile != nil && $0.kind == .embedder }.map(\.name) },
      source: { try registry.embedder(named: $0, precision: precision) },
      rerankers: rerankers, termWeights: termWeights)
    let options = SiteOptions(
      bodyLimit: max(1, bodyLimit) << 20, keys: keys, models: models,
      keeper: NoteKeeper(data: data, precision: precision, collection: collection ?? "default").keep)
    let site = SearchSite(
      data: data.directory, preferred: collection ?? "default", options: options,
      sparseEmbedder: { try registry.sparseEmbedder(for: $0, precision: precision) },
      embedder: { try registry.embedder(for: $0, precision: precision) })
    let writesJSON = json
    try await site.run(host: host, port: port) { address in
      if writesJSON {
        try? JSONOutput.write(["url": address])
      } else {
        Terminal.standardOutput.write("Needletail listens on \(address)  (Control-C stops it)\n")
      }
    }
  }
}
