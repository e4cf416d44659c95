internal import ArgumentParser
internal import Foundation
internal import Needletail
internal import NeedletailPoints
internal import NeedletailServer

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Open a search page and a JSON API on this machine.",
    discussion: """
      Beside the page, collections of vectors are served under /collections as clients of Qdrant speak: \
      with --port 6333 the server takes the place of one. Models answer under /v1/embeddings and /v1/rerank. /dashboard \
      shows collections to operators, /docs the interface.

      Most of what is said here may also stand in a file (--config) or in variables: --drain-seconds is drainSeconds there \
      and NEEDLETAIL_DRAIN_SECONDS here. Flags come first, then variables, then the file.
      """)

  @OptionGroup var data: DataOptions
  @OptionGroup var embedding: EmbedderOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("The collection shown first.", valueName: "NAME"))
  var collection: String?

  @Option(help: ArgumentHelp("The address to listen on; the default is reachable from this machine only.", valueName: "ADDRESS"))
  var host: String?

  @Option(help: ArgumentHelp("The port; 0 takes a free one.", valueName: "PORT"))
  var port: Int?

  @Option(help: ArgumentHelp("A key that requests have to carry; also NEEDLETAIL_API_KEY.", valueName: "KEY"))
  var apiKey: String?

  @Option(help: ArgumentHelp("A key that allows reading only; also NEEDLETAIL_READ_ONLY_API_KEY.", valueName: "KEY"))
  var readOnlyApiKey: String?

  @Option(help: ArgumentHelp("A cross-encoder for /rerank and /v1/rerank; a registered name or a folder. Without one, embeddings are compared.", valueName: "NAME"))
  var reranker: String?

  @Option(help: ArgumentHelp("A model of sparse vectors (SPLADE) for /embed_sparse: a registered name or a folder. Without one, BM25 weighs words.", valueName: "NAME"))
  var sparseModel: String?

  @Option(help: ArgumentHelp("The largest body of a request, in MiB.", valueName: "MIB"))
  var bodyLimit: Int?

  @Option(help: ArgumentHelp("Settings in JSON5; flags and variables come first.", valueName: "FILE"), completion: .file())
  var config: String?

  @Option(help: ArgumentHelp("Speak TLS with this certificate (PEM, those that vouch for it after it).", valueName: "FILE"), completion: .file())
  var certificate: String?

  @Option(help: ArgumentHelp("The private key of the certificate (PEM).", valueName: "FILE"), completion: .file())
  var privateKey: String?

  @Option(help: ArgumentHelp("Note changes and refusals in this file, a line of JSON each.", valueName: "FILE"), completion: .file())
  var auditLog: String?

  @Option(
    help: ArgumentHelp("Record spans of requests in this file, a line of JSON each (OTLP); traceparent is read and handed on.", valueName: "FILE"),
    completion: .file())
  var traceFile: String?

  @Option(help: ArgumentHelp("When stopped, say so for so long (readiness is 503) before connections are refused.", valueName: "N"))
  var drainSeconds: Int?

  @Option(help: ArgumentHelp("What a collection of points may take in memory, in MiB, unless it was made with memory_config.", valueName: "MIB"))
  var memoryBudget: Int?

  @Option(help: ArgumentHelp("A host (HOST or HOST:PORT) that snapshots may be fetched from; may be repeated.", valueName: "HOST"))
  var snapshotHost: [String] = []

  @Option(help: ArgumentHelp("Put back everything from a snapshot of the whole storage before serving.", valueName: "FILE"), completion: .file())
  var storageSnapshot: String?

  @Flag(help: "Let --storage-snapshot replace collections that exist.")
  var forceSnapshot = false

  @Flag(help: "Write the address as JSON once the server listens.")
  var json = false

  func run() async throws {
    let registry = data.registry
    let precision = embedding.precision
    let environment = ProcessInfo.processInfo.environment
    let settings = try config.map { try ServeSettings(path: $0, environment: environment) } ?? ServeSettings(environment: environment)
    let keys = AccessKeys(full: apiKey ?? settings.text("apiKey"), reading: readOnlyApiKey ?? settings.text("readOnlyApiKey"))
    let collection = collection ?? settings.text("collection")
    let reranker = reranker ?? settings.text("reranker")
    let sparseModel = sparseModel ?? settings.text("sparseModel")
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
    var options = SiteOptions(
      bodyLimit: min(max(1, try bodyLimit ?? settings.number("bodyLimit") ?? 32), 1 << 20) << 20, keys: keys, models: models,
      keeper: NoteKeeper(data: data, precision: precision, collection: collection ?? "default").keep)
    options.security = try security(settings)
    options.audit = try (auditLog ?? settings.text("auditLog")).map { try AuditLog(path: $0) }
    options.tracer = try (traceFile ?? settings.text("traceFile")).map { try SpanFile(path: $0) }
    options.drainNotice = .seconds(min(max(0, try drainSeconds ?? settings.number("drainSeconds") ?? 0), 3_600))
    let hosts = snapshotHost.isEmpty ? settings.list("snapshotHosts") ?? [] : snapshotHost
    options.snapshotHosts = Set(hosts.map { $0.lowercased() })
    if let budget = try memoryBudget ?? settings.number("memoryBudget") {
      guard (1...1 << 30).contains(budget) else { throw ValidationError("A memory budget is a number of MiB from 1 on.") }
      options.memoryBudget = budget << 20
    }
    if let storageSnapshot { try restore(storageSnapshot) }
    let (host, port) = (host ?? settings.text("host") ?? SearchSite.defaultHost, try port ?? settings.number("port") ?? SearchSite.defaultPort)
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

  private func security(_ settings: ServeSettings) throws -> TransportSecurity? {
    let certificate = certificate ?? settings.text("certificate")
    let key = privateKey ?? settings.text("privateKey")
    switch (certificate, key) {
    case (nil, nil): return nil
    case (let certificate?, let key?): return TransportSecurity(certificatePath: certificate, keyPath: key)
    default: throw ValidationError("TLS needs both --certificate and --private-key.")
    }
  }

  private func restore(_ path: String) throws {
    let library = try PointLibrary(data.directory)
    defer { library.close() }
    try library.restoreStorage(from: path, replacing: forceSnapshot)
  }
}
