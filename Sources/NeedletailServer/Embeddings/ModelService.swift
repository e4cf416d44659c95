internal import Foundation
public import NeedletailCore
internal import NeedletailPoints
internal import Synchronization

/// The models of a server: each is loaded when it is first asked for and serves many requests in one batch.
public final class ModelService: Sendable {
  /// Loads the model of a name.
  public typealias Source = @Sendable (_ name: String) async throws -> any TextEmbedder

  private let names: @Sendable () -> [String]
  private let source: Source
  private let queues = Mutex<[String: Task<EncodingQueue, any Error>]>([:])

  /// - Parameters:
  ///   - names: the models there are now, the standard one first.
  ///   - source: loads one; throws if there is none of the name.
  public init(names: @escaping @Sendable () -> [String], source: @escaping Source) {
    self.names = names
    self.source = source
  }

  /// The models there are, by the names that requests give.
  var available: [String] { names() }

  /// The registered name that a request means: names of hubs may carry an owner (`sentence-transformers/…`) and any case.
  func resolve(_ asked: String) -> String? {
    func plain(_ name: String) -> String { name.split(separator: "/").last.map { $0.lowercased().replacingOccurrences(of: "_", with: "-") } ?? "" }
    let names = names()
    return names.first { $0 == asked } ?? names.first { plain($0) == plain(asked) }
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
