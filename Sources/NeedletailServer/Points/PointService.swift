package import NeedletailCore
package import NeedletailPoints
package import NeedletailStore
internal import Synchronization

/// What the interface for points works with: the collections, opened when the first request needs them, and the models
/// that turn texts into vectors.
package final class PointService: Sendable {
  private enum State {
    case closed
    case open(PointLibrary)
  }

  /// Turns the texts of a request into vectors; those of unknown models are missing from the result.
  package typealias Inference = @Sendable ([QueryDocument], Role) async throws -> [QueryDocument: VectorValue]

  private let directory: DataDirectory
  private let state = Mutex(State.closed)
  let inference: Inference
  let limiter = RequestLimiter()

  package init(_ directory: DataDirectory, inference: @escaping Inference = { _, _ in [:] }) {
    self.directory = directory
    self.inference = inference
  }

  /// The collections.
  ///
  /// - Throws: `PointError.store` while another process has them open.
  func library() throws(PointError) -> PointLibrary {
    let result = state.withLock { state -> Result<PointLibrary, PointError> in
      if case .open(let library) = state { return .success(library) }
      do throws(StoreError) {
        let library = try PointLibrary(directory)
        state = .open(library)
        return .success(library)
      } catch {
        return .failure(.store(error))
      }
    }
    return try result.get()
  }

  /// The snapshot of a collection that a query looks something up in.
  func lookup(_ name: String) throws(PointError) -> PointSnapshot {
    do throws(PointError) {
      return try library().collection(name).snapshot()
    } catch PointError.notFound {
      throw .notFound("Collection \(name) not found")
    }
  }

  /// Ends background work and lets go of the files.
  package func close() {
    state.withLock { state in
      if case .open(let library) = state { library.close() }
      state = .closed
    }
  }
}
