public import Tracing

/// What a site may be told beside where its data is.
public struct SiteOptions: Sendable {
  /// The largest body of a request, in bytes.
  public var bodyLimit: Int
  /// The keys that requests have to carry.
  public var keys: AccessKeys
  /// The models that turn texts into vectors for programs; nil for none.
  public var models: ModelService?
  /// Keeps what language models want to store; nil if they may not.
  public var keeper: ContextServer.Keeper?

  /// With what the server speaks TLS; nil for none.
  public var security: TransportSecurity?
  /// Where changes and refusals are noted; nil for nowhere.
  public var audit: AuditLog?
  /// What records the spans of requests; nil for the tracer that `InstrumentationSystem` was bootstrapped with, if it was.
  public var tracer: (any Tracer)?
  /// How long the server says that it is stopping before it takes no more connections.
  public var drainNotice: Duration = .zero
  /// The hosts that snapshots may be fetched from over HTTP; none unless named.
  public var snapshotHosts: Set<String> = []
  /// Bytes that a collection of points may take in memory unless its settings say; nil for as much as there is.
  public var memoryBudget: Int?

  public init(
    bodyLimit: Int = 32 << 20, keys: AccessKeys = AccessKeys(), models: ModelService? = nil, keeper: ContextServer.Keeper? = nil
  ) {
    self.bodyLimit = bodyLimit
    self.keys = keys
    self.models = models
    self.keeper = keeper
  }
}
