public import NeedletailCore

/// What can go wrong between a request and the rooms that answer it.
public enum ServerError: Problem, Hashable {
  /// A parameter is longer than the server reads.
  case tooLong(parameter: String, limit: Int)
  /// A parameter has a value that it cannot have.
  case badParameter(name: String, value: String, expected: String)
  /// A parameter that the address needs is absent or empty.
  case missingParameter(name: String)
  /// The same parameter was given more often than the server reads.
  case tooMany(parameter: String, limit: Int)
  case unknownCollection(String)
  case unknownDocument(String)
  case unknownAddress(String)
  /// No collection exists yet.
  case nothingIndexed
  /// The request names a host that this server does not answer for.
  case foreignHost(String)
  /// The address to listen on is taken or not allowed.
  case cannotListen(host: String, port: Int, reason: String)
  /// The certificate or the key of the server cannot be used.
  case unusableCertificate(path: String, reason: String)
  /// Changes are to be noted in a file that cannot be written.
  case cannotAudit(path: String, reason: String)
  /// Spans are to be recorded in a file that cannot be written.
  case cannotTrace(path: String, reason: String)
  /// The site was started without the model that the collection needs.
  case noModel(String)
  /// A part of the page that is built into the program does not parse.
  case brokenResource(name: String, reason: String)

  public var category: ProblemCategory {
    switch self {
    case .tooLong, .badParameter, .missingParameter, .tooMany, .foreignHost: .invalidRequest
    case .unknownCollection, .unknownDocument, .unknownAddress, .nothingIndexed: .notFound
    case .cannotListen: .conflict
    case .unusableCertificate, .cannotAudit, .cannotTrace: .invalidRequest
    case .noModel: .unavailable
    case .brokenResource: .internal
    }
  }

  public var description: String {
    switch self {
    case .tooLong(let parameter, let limit): "\(parameter) is longer than \(limit) characters; shorten it."
    case .badParameter(let name, let value, let expected): "\(name)=\(value.prefix(40)) is not possible; \(name) is \(expected)."
    case .missingParameter(let name): "The parameter \(name) is missing."
    case .tooMany(let parameter, let limit): "\(parameter) is given more than \(limit) times; leave some out."
    case .unknownCollection(let name): "There is no collection named \(name); /api/collections lists those there are."
    case .unknownDocument(let id): "The collection has no document \(id); it may have been removed or indexed anew."
    case .unknownAddress(let path): "There is nothing at \(path)."
    case .nothingIndexed: "Nothing is indexed yet; run: needletail index FOLDER"
    case .foreignHost(let host): "This server answers only for the local machine, not for the host \(host)."
    case .cannotListen(let host, let port, let reason):
      "Cannot listen on \(host) port \(port): \(reason). Choose another with --port, or stop what uses it."
    case .unusableCertificate(let path, let reason): "The server cannot use \(path) for TLS: \(reason)."
    case .cannotAudit(let path, let reason): "Changes cannot be noted in \(path): \(reason). Choose another file with --audit-log."
    case .cannotTrace(let path, let reason): "Spans cannot be recorded in \(path): \(reason). Choose another file with --trace-file."
    case .noModel(let name): "The model \(name) is not loaded; search in lexical mode, or start the site with it."
    case .brokenResource(let name, let reason): "The built-in template \(name) is broken: \(reason)."
    }
  }
}
