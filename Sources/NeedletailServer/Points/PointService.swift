internal import NeedletailCore
internal import NeedletailPoints
package import NeedletailStore
internal import Synchronization

/// What the interface for points works with: the collections, opened when the first request needs them, and the models
/// that turn texts into vectors.
package final class PointService: Sendable {
  private enum State {
    case closed
    case open(PointLibrary)
  }

  private let directory: DataDirectory
  private let memoryBudget: Int?
  private let state = Mutex(State.closed)
  private let models: ModelService
  let limiter = RequestLimiter()
  let snapshotSource: SnapshotSource

  /// - Parameters:
  ///   - models: the models for texts in place of vectors; nil for those that need no files.
  ///   - snapshotHosts: the hosts that snapshots may be fetched from.
  ///   - memoryBudget: bytes that a collection may take in memory unless its settings say; nil for as much as there is.
  package init(_ directory: DataDirectory, models: ModelService? = nil, snapshotHosts: Set<String> = [], memoryBudget: Int? = nil) {
    self.directory = directory
    self.memoryBudget = memoryBudget
    snapshotSource = SnapshotSource(hosts: snapshotHosts)
    self.models = models ?? ModelService(names: { [] }, source: { throw ServerError.noModel($0) })
  }

  /// The collections.
  ///
  /// - Throws: `PointError.store` while another process has them open.
  func library() throws(PointError) -> PointLibrary {
    let result = state.withLock { state -> Result<PointLibrary, PointError> in
      if case .open(let library) = state { return .success(library) }
      do throws(StoreError) {
        let library = try PointLibrary(directory, memoryBudget: memoryBudget)
        state = .open(library)
        return .success(library)
      } catch {
        return .failure(.store(error))
      }
    }
    return try result.get()
  }

  /// The models that turn texts into vectors.
  var modelNames: [String] { models.available }

  /// The snapshot of a collection that a query looks something up in.
  func lookup(_ name: String) throws(PointError) -> PointSnapshot {
    guard AccessScope.current.sees(name) else { throw .forbidden("Access to collection \(name) is required") }
    do throws(PointError) {
      return try library().collection(name).snapshot()
    } catch PointError.notFound {
      throw .notFound("Collection \(name) not found")
    }
  }

  /// The vectors of texts.
  ///
  /// - Throws: `PointError.badRequest` that names the first model that is not there.
  func vectors(of documents: [QueryDocument], as role: Role) async throws -> [QueryDocument: VectorValue] {
    let vectors = try await models.vectors(of: Array(Set(documents)), as: role)
    if let missing = documents.first(where: { vectors[$0] == nil }) {
      throw PointError.badRequest("the model \(missing.model) is not available for inference; `needletail model list` names those that are")
    }
    return vectors
  }

  /// Ends background work and lets go of the files.
  package func close() {
    state.withLock { state in
      if case .open(let library) = state { library.close() }
      state = .closed
    }
  }
}
