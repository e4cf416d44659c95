public import NeedletailCore
internal import NeedletailNumerics
internal import Synchronization

/// The number of a vector in its index, counted from 0 in the order in which it was given.
public typealias Row = UInt32

/// A row found by a search.
public struct Neighbour: Hashable, Codable, Sendable {
  public var row: Row
  /// Higher is nearer: the inner product, the cosine, or the negative squared Euclidean distance.
  public var score: Float

  public init(row: Row, score: Float) {
    self.row = row
    self.score = score
  }
}

/// What a search shall return, and how hard it shall try.
public struct SearchOptions: Sendable {
  /// The number of neighbours wanted. As many come whenever as many rows are allowed.
  public var limit: Int
  /// How many candidates an approximate index keeps in view (`ef` in the literature): more finds more and takes longer.
  /// Nil means the default of the index; exact indexes ignore it.
  public var efSearch: Int?
  /// How many lists an inverted index looks into (`nprobe`); others ignore it. Nil means the default of the index.
  public var probes: Int?
  /// The rows that may be found; nil for all.
  public var within: RowSet?
  /// Rows that must not be found: those deleted since the index was built.
  public var excluding: RowSet?
  /// Compare with every allowed row, also where the index knows a shortcut.
  public var isExact: Bool

  public init(
    limit: Int = 10, efSearch: Int? = nil, within: RowSet? = nil, excluding: RowSet? = nil, isExact: Bool = false,
    probes: Int? = nil
  ) {
    self.limit = limit
    self.efSearch = efSearch
    self.within = within
    self.excluding = excluding
    self.isExact = isExact
    self.probes = probes
  }

  /// - Throws: `invalidParameter` for a negative limit; 0 asks for nothing and gets it, a large one gets all there are.
  func validate() throws(IndexError) {
    guard limit >= 0 else { throw .invalidParameter("a search takes a limit of 0 or more, not \(limit)") }
  }
}

/// An immutable index of dense vectors that finds the nearest of a query.
///
/// Every conforming type keeps these promises, which `SearchIndexConformance` checks: results are sorted by descending
/// score, equal scores by ascending row; no row comes twice or from outside the allowed set; `limit` results come
/// whenever as many rows are allowed; scores are those of the stored vectors, not of a code that steered the search;
/// the same search gives the same answer.
public protocol SearchIndex: Sendable {
  /// The number of rows, including those that were excluded when the index was built.
  var count: Int { get }
  /// The number of components of each vector.
  var dimension: Int { get }
  var similarity: Similarity { get }
  /// The memory it occupies.
  var footprint: Footprint { get }

  /// The allowed rows nearest to the query.
  ///
  /// A zero vector has cosine 0 with everything.
  func search(_ query: Span<Float>, _ options: SearchOptions) throws(IndexError) -> [Neighbour]

  /// The same for many queries at once, one list for each, spread over the processors.
  func search(_ queries: DenseVectors, _ options: SearchOptions) throws(IndexError) -> [[Neighbour]]
}

extension SearchIndex {
  /// The allowed rows nearest to the query.
  public func search(_ query: [Float], _ options: SearchOptions = SearchOptions()) throws(IndexError) -> [Neighbour] {
    try search(query.span, options)
  }

  public func search(_ queries: DenseVectors, _ options: SearchOptions) throws(IndexError) -> [[Neighbour]] {
    guard queries.count > 0 else { return [] }
    let outcomes = Mutex([Result<[Neighbour], IndexError>](repeating: .success([]), count: queries.count))
    WorkerPool.shared.forEach(queries.count) { number in
      let outcome = Result { () throws(IndexError) in try search(Array(queries[number]), options) }
      outcomes.withLock { $0[number] = outcome }
    }
    return try outcomes.withLock { outcomes throws(IndexError) in
      var answers: [[Neighbour]] = []
      for outcome in outcomes { answers.append(try outcome.get()) }
      return answers
    }
  }
}
