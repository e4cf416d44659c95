internal import HTTPTypes
package import Hummingbird
public import Logging
internal import HummingbirdCore
internal import NIOCore
public import NeedletailCore
public import NeedletailStore
internal import ServiceLifecycle
internal import UnixSignals

/// The search page and its interface for programs, on one port.
public struct SearchSite: Sendable {
  /// Where the site listens if nothing else is asked for: this machine only.
  public static let defaultHost = "127.0.0.1"
  /// The port the site listens on if nothing else is asked for.
  public static let defaultPort = 7700

  /// Writes warnings and errors to standard error; requests are logged at `info`, without what was searched for.
  public static var standardLogger: Logger {
    var logger = Logger(label: "needletail.server") { label in StreamLogHandler.standardError(label: label) }
    logger.logLevel = .warning
    return logger
  }

  private let service: SearchService
  private let points: PointService?
  private let options: SiteOptions
  private let statistics = RequestStatistics()
  private let drain = DrainState()
  private let executor = SearchExecutor()
  private let logger: Logger

  /// A site over the collections of a data directory, those which other processes make later included.
  ///
  /// - Parameters:
  ///   - data: where the collections are.
  ///   - preferred: the collection that is searched unless another one is chosen; it need not exist yet.
  ///   - embedder: loads the model of a collection. It is called when the first question needs the model and not again
  ///     once it has returned; what it throws is told to the person who asked.
  ///   - sparseEmbedder: the same for the model of a collection's sparse vectors.
  ///   - logger: told of requests and problems.
  ///   - options: limits, keys and models.
  public init(
    data: DataDirectory, preferred: String = "default", options: SiteOptions = SiteOptions(),
    logger: Logger = SearchSite.standardLogger,
    sparseEmbedder: @escaping @Sendable (EmbedderProfile) async throws -> any SparseTextEmbedder = { throw ServerError.noModel($0.name) },
    embedder: @escaping @Sendable (EmbedderProfile) async throws -> any TextEmbedder
  ) {
    let shelf = CollectionShelf(
      names: {
        let names = try data.collectionNames()
        return names.filter { $0 == preferred } + names.filter { $0 != preferred }
      }, open: { try DocumentCollection.open($0, in: data, access: .read) }, embedder: embedder, sparseEmbedder: sparseEmbedder,
      logger: logger)
    self.init(service: SearchService(shelf), points: PointService(data, models: options.models, snapshotHosts: options.snapshotHosts, memoryBudget: options.memoryBudget), options: options, logger: logger)
  }

  /// A site over one collection that is open already, whatever it is opened for.
  ///
  /// - Parameters:
  ///   - collection: what is searched.
  ///   - embedder: the model that made the collection's vectors; nil searches by words and by the vectors there are.
  ///   - sparseEmbedder: the model that made its sparse vectors, if it has any.
  ///   - logger: told of requests and problems.
  public init(
    collection: DocumentCollection, embedder: (any TextEmbedder)?, sparseEmbedder: (any SparseTextEmbedder)? = nil,
    logger: Logger = SearchSite.standardLogger
  ) {
    let name = collection.name
    let shelf = CollectionShelf(
      names: { [name] }, open: { _ in collection },
      embedder: { profile in
        guard let embedder else { throw ServerError.noModel(profile.name) }
        return embedder
      },
      sparseEmbedder: { profile in
        guard let sparseEmbedder else { throw ServerError.noModel(profile.name) }
        return sparseEmbedder
      }, logger: logger)
    self.init(service: SearchService(shelf), logger: logger)
  }

  package init(service: SearchService, points: PointService? = nil, options: SiteOptions = SiteOptions(), logger: Logger) {
    self.service = service.running(on: executor)
    self.points = points
    self.options = options
    self.logger = logger
  }

  /// Serves until the process is told to stop (SIGINT, SIGTERM), then refuses what comes, answers what is under way and returns.
  ///
  /// - Parameters:
  ///   - host: the address to bind. Bound to the loopback, the site answers for the local machine only and refuses
  ///     requests under other host names.
  ///   - port: the port to bind; 0 lets the system choose.
  ///   - onReady: called once with the address of the page when it can be opened.
  /// - Throws: `ServerError.cannotListen` if the address is taken or not allowed.
  public func run(
    host: String = defaultHost, port: Int = defaultPort, onReady: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws {
    let security = options.security
    let application = Application(
      router: try router(boundTo: host), server: try security?.server() ?? .http1(),
      configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "needletail"),
      onServerRunning: { channel in
        onReady(Self.address(host: host, port: channel.localAddress?.port ?? port, isSecure: security != nil))
      },
      logger: logger)
    do {
      defer { points?.close() }
      let services: [any Service] = [application, DrainService(state: drain, notice: options.drainNotice)]
      try await ServiceGroup(configuration: .init(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)).run()
    } catch let error as any Problem {
      throw error
    } catch let error as IOError {
      throw ServerError.cannotListen(host: host, port: port, reason: error.localizedDescription)
    }
  }

  /// The collections as tools for language models.
  public var contextServer: ContextServer { ContextServer(service: service, keeper: options.keeper) }

  /// All routes, for a server bound to `host`.
  package func router(boundTo host: String = defaultHost) throws(ServerError) -> Router<BasicRequestContext> {
    let templates = try Templates()
    let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
    if let tracer = options.tracer ?? RequestTracing.standard { router.add(middleware: TraceMiddleware(tracer: tracer)) }
    router.add(middleware: RequestLog())
    router.add(middleware: SecurityHeaders())
    router.add(middleware: ErrorAnswers(templates: templates))
    router.add(middleware: StatisticsMiddleware(statistics: statistics))
    router.add(middleware: DrainGuard(state: drain))
    if let audit = options.audit { router.add(middleware: AuditMiddleware(log: audit)) }
    router.add(middleware: HostGuard(boundTo: host))
    router.add(middleware: KeyGuard(keys: options.keys))
    if let points {
      router.add(middleware: PointMiddleware(interface: PointInterface(service: points), executor: executor, bodyLimit: options.bodyLimit))
    }
    if let models = options.models { EmbeddingInterface(models: models, bodyLimit: options.bodyLimit).add(to: router) }
    ContextRoute(server: contextServer, bodyLimit: options.bodyLimit).add(to: router)
    StatisticsRoutes(statistics: statistics, points: points).add(to: router)
    SearchPageRoute(service: service, templates: templates).add(to: router)
    DocumentPageRoute(service: service, templates: templates).add(to: router)
    DescriptionRoutes(templates: templates).add(to: router)
    if let points { DashboardRoute(templates: templates, points: points).add(to: router) }
    Assets().add(to: router)
    SearchRoutes(service: service).add(to: router)
    HealthRoutes(service: service).add(to: router)
    return router
  }

  private static func address(host: String, port: Int, isSecure: Bool) -> String {
    let shown = host == "0.0.0.0" || host == "::" ? "localhost" : host.contains(":") ? "[\(host)]" : host
    return "\(isSecure ? "https" : "http")://\(shown):\(port)/"
  }
}
