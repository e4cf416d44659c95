public import NeedletailCore
internal import NeedletailIndex
internal import NeedletailText
internal import Synchronization

/// A passage with the score a search gave it. Higher is better.
public struct ScoredPassage: Hashable, Sendable {
  public var id: PassageID
  public var score: Float

  public init(id: PassageID, score: Float) {
    self.id = id
    self.score = score
  }
}

/// How thorough a dense search is.
public struct DenseSearchOptions: Hashable, Sendable {
  /// Compares with every vector instead of following a graph.
  public var isExact: Bool
  /// Candidates a graph search keeps ("ef" in the literature); nil leaves it to the index.
  public var efSearch: Int?

  public init(isExact: Bool = false, efSearch: Int? = nil) {
    self.isExact = isExact
    self.efSearch = efSearch
  }
}

/// What a snapshot needs of its collection.
struct SnapshotContext: Sendable {
  let name: String
  let settings: CollectionSettings
  let database: CollectionDatabase
  let analyzer: Analyzer
  let notices: Notices
}

/// A collection at one moment: searches on it are synchronous, run side by side, and never wait for a writer.
///
/// The ranking is that of the moment. Rows (texts, payloads, filters) are read from SQLite when they are asked for, so a
/// document that was removed after the moment is left out of what is loaded; what was added later never shows. Take a
/// new snapshot for every request: it costs next to nothing.
public final class Snapshot: Sendable {
  let generation: Generation
  let context: SnapshotContext
  let parts: [Segment]
  private let selections = Mutex<SelectionCache>(SelectionCache())

  init(generation: Generation, context: SnapshotContext) {
    self.generation = generation
    self.context = context
    parts = generation.parts
  }

  public var documentCount: Int { generation.ledger.documents }
  public var passageCount: Int { generation.ledger.passages }
  /// Grows with every write; two snapshots of a collection with the same number hold the same documents.
  public var operation: Int64 { generation.ledger.operation }

  /// The rows of each part that a filter allows. Filters that were used before on this snapshot are remembered.
  func selection(for filter: Filter) throws(StoreError) -> FilterSelection {
    if let known = selections.withLock({ $0.selection(for: filter) }) { return known }
    let selection = try FilterSelection(filter, in: self)
    selections.withLock { $0.insert(selection, for: filter) }
    return selection
  }
}
