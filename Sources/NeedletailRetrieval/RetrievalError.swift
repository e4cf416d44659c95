public import NeedletailCore

/// What goes wrong between a collection and those who fill or ask it.
public enum RetrievalError: Problem {
  /// A path to index does not exist or may not be looked at.
  case pathNotReadable(path: String, reason: String)
  /// The vectors of the collection come from another model than the one at hand.
  case embedderMismatch(collection: String, expected: String, received: String)
  /// The collection has vectors, and no model was given to make more of them.
  case embedderMissing(collection: String, model: String)
  /// Search by meaning was asked of a collection without vectors.
  case noVectors(collection: String)
  /// Search by weighted terms was asked of a collection without sparse vectors.
  case noSparseVectors(collection: String)
  /// There is no such document.
  case documentNotFound(id: String, collection: String)
  /// A model did not keep the promise of one vector of its dimension for each text.
  case embedderBrokePromise(expected: Int, received: Int)
  /// A search asks for a number of answers that makes no sense.
  case limitOutOfRange(Int)
  /// An indexing run was cancelled; the report tells what was done before.
  case interrupted(IngestReport)

  public var category: ProblemCategory {
    switch self {
    case .pathNotReadable, .documentNotFound: .notFound
    case .embedderMismatch: .conflict
    case .embedderMissing, .noVectors, .noSparseVectors, .limitOutOfRange: .invalidRequest
    case .embedderBrokePromise: .internal
    case .interrupted: .cancelled
    }
  }

  public var description: String {
    switch self {
    case .pathNotReadable(let path, let reason): "cannot index \(path): \(reason)"
    case .embedderMismatch(let collection, let expected, let received):
      "the collection \(collection) was made with the model \(expected), not with \(received); use that model, or another collection"
    case .embedderMissing(let collection, let model): "the collection \(collection) needs the model \(model); load it, or search in lexical mode"
    case .noVectors(let collection): "the collection \(collection) has no vectors; search it in lexical mode"
    case .noSparseVectors(let collection):
      "the collection \(collection) has no sparse vectors; make one with `needletail index --sparse-model`, or search in another mode"
    case .documentNotFound(let id, let collection): "there is no document \(id) in the collection \(collection)"
    case .embedderBrokePromise(let expected, let received): "the model returned \(received) numbers where \(expected) were due"
    case .limitOutOfRange(let limit): "\(limit) answers cannot be given; ask for 1 to \(Searcher.largestLimit)"
    case .interrupted(let report):
      "indexing was interrupted after \(report.added + report.updated) documents; what is done is kept, and the next run continues"
    }
  }
}
