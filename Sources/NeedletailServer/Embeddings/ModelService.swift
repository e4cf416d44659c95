internal import Foundation
public import NeedletailCore
internal import NeedletailPoints
internal import Synchronization

/// The models of a server: each is loaded when it is first asked for and serves many requests in one batch.
public final class ModelService: Sendable {
  /// Loads the model of a name.
  public typealias Source = @Sendable (_ name: String) async throws -> any TextEmbedder

  /// Scores texts for a query, in order; a higher score is better.
  public typealias PairScores = @Sendable (_ query: String, _ texts: [String]) async throws -> [Float]
  /// Weighs the terms of texts.
  public typealias TermWeights = @Sendable (_ texts: [String]) async throws -> SparseVectors

  /// The cross-encoders by name. The first one reranks unless a request names another or an embedder.
  let rerankers: [(name: String, score: PairScores)]
  /// Gives texts sparse vectors; nil for weights of BM25.
  let termWeights: TermWeights?
  private let names: @Sendable () -> [String]
  private let source: Source
  private let queues = Mutex<[String: Task<EncodingQueue, any Error>]>([:])

  /// - Parameters:
  ///   - names: the models there are now, the standard one first.
  ///   - source: loads one; throws if there is none of the name.
  ///   - rerankers: cross-encoders by name, the standard one first.
  ///   - termWeights: a model of sparse vectors.
  public init(
    names: @escaping @Sendable () -> [String], source: @escaping Source, rerankers: [(name: String, score: PairScores)] = [],
    termWeights: TermWeights? = nil
  ) {
    self.names = names
    self.source = source
    self.rerankers = rerankers
    self.termWeights = termWeights
  }

  /// The cross-encoder that a request means: of the name, or the standard one if no name is given; nil means an embedder.
  func reranker(_ asked: String?) -> PairScores? {
    guard let asked else { return rerankers.first?.score }
    return rerankers.first { Self.plain($0.name) == Self.plain(asked) }?.score
  }

  /// The models there are, by the names that requests give.
  var available: [String] { names() }

  /// The registered name that a request means: names of hubs may carry an owner (`sentence-transformers/…`) and any case.
  func resolve(_ asked: String) -> String? {
    let names = names()
    return names.first { $0 == asked } ?? names.first { Self.plain($0) == Self.plain(asked) }
  }

  private static func plain(_ name: String) -> String {
    name.split(separator: "/").last.map { $0.lowercased().replacingOccurrences(of: "_", with: "-") } ?? ""
  }

  /// The queue of a model.
  func queue(_ asked: String?) async throws -> EncodingQueue {
    guard let name = asked.map(resolve) ?? names().first else { throw ServerError.noModel(asked ?? "default") }
    let loading = queues.withLock { queues in
      if let loading = queues[name] { return loading }
      let loading = Task { [source] in EncodingQueue(try await source(name)) }
      queues[name] = loading
      return loading
    }
    do {
      return try await loading.value
    } catch {
      // A model that is mended later is found then.
      queues.withLock { $0[name] = nil }
      throw error
    }
  }

  /// Turns the texts of a request for points into vectors; those of unknown models are left out.
  func vectors(of documents: [QueryDocument], as role: Role) async throws -> [QueryDocument: VectorValue] {
    var found: [QueryDocument: VectorValue] = [:]
    for (model, documents) in Dictionary(grouping: documents, by: \.model) {
      if BM25Document.models.contains(model.lowercased()) {
        for document in documents { found[document] = .sparse(BM25Document(document.options).vector(of: document.text, isQuery: role == .query)) }
        continue
      }
      guard resolve(model) != nil else { continue }
      let vectors = try await queue(model).encode(documents.map(\.text), as: role)
      for (row, document) in documents.enumerated() { found[document] = .dense(Array(vectors[row])) }
    }
    return found
  }
}
