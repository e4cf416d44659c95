public import NeedletailCore
public import NeedletailIndex
internal import NeedletailNumerics

/// What a graph is worth after most of its rows were replaced one by one, beside one built anew of the same rows.
///
/// The first rows of a file make a graph; then a share of them, in random order, is removed, and for each a further row of
/// the file is inserted. Truth is the comparison of all rows.
public struct ChurnBenchmark: Codable, Hashable, Sendable {
  /// A graph as it is searched.
  public struct Graph: Codable, Hashable, Sendable {
    /// The mean part of the true neighbours that were found.
    public var recall: Double
    /// On one thread.
    public var queriesPerSecond: Double
    public var bytesPerRow: Double
  }

  /// Rows in the graph, before and after.
  public var rows: Int
  /// Rows that were replaced.
  public var replaced: Int
  public var queries: Int
  public var limit: Int
  public var efSearch: Int
  /// Before anything was replaced.
  public var before: Graph
  /// After all were.
  public var after: Graph
  /// Of the same rows, built anew.
  public var anew: Graph
  public var insertionsPerSecond: Double
  /// Repairs of the graph are counted in.
  public var removalsPerSecond: Double
  /// How long the graph takes that is built anew.
  public var buildSeconds: Double

  /// Measures it.
  ///
  /// - Parameters:
  ///   - vectors: the rows at first, then those that replace them.
  ///   - queries: what is searched for.
  ///   - similarity: how rows are compared.
  ///   - share: which part of the rows is replaced.
  ///   - limit: neighbours of each query.
  ///   - parameters: of the graphs.
  ///   - seed: decides the order in which rows go.
  ///   - progress: told how many were replaced, of how many.
  /// - Throws: `IndexError` for vectors that cannot be compared, `EvaluationError.incomparable` for too few.
  public init(
    of vectors: DenseVectors, queries: DenseVectors, similarity: Similarity, share: Double = 0.9, limit: Int = 10,
    parameters: GraphParameters = GraphParameters(), seed: UInt64 = 42,
    progress: (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws {
    guard (0...10).contains(share), limit >= 1, queries.count >= 1 else {
      throw EvaluationError.incomparable(reason: "a share of 0 to 10, a limit from 1 and a query are needed")
    }
    rows = Int(Double(vectors.count) / (1 + share))
    replaced = vectors.count - rows
    guard rows > limit else {
      throw EvaluationError.incomparable(reason: "\(vectors.count) vectors are too few to replace \(share) of them")
    }
    self.limit = limit
    self.queries = queries.count
    efSearch = parameters.efSearch
    func cut(_ rows: Range<Int>) -> DenseVectors {
      DenseVectors(
        dimension: vectors.dimension,
        values: Array(vectors.values[rows.lowerBound * vectors.dimension..<rows.upperBound * vectors.dimension]))
    }
    let graph = try ChangingGraph(cut(0..<rows), similarity: similarity, parameters: parameters)
    before = try Self.measured(graph, queries, limit)
    var generator = SeededGenerator(seed: seed)
    // What is in the graph, in random order; rows that came first go first.
    var waiting = (0..<rows).shuffled(using: &generator).map { (row: Row($0), vector: $0) }
    var (inserting, removing) = (Duration.zero, Duration.zero)
    let clock = ContinuousClock()
    for number in 0..<replaced {
      removing += clock.measure { graph.remove(waiting[number].row) }
      let start = clock.now
      let row = try graph.insert(Array(vectors[rows + number]))
      inserting += clock.now - start
      waiting.append((row, rows + number))
      if number.isMultiple(of: 500) { progress(number, replaced) }
    }
    insertionsPerSecond = Double(replaced) / max(1e-9, inserting / .seconds(1))
    removalsPerSecond = Double(replaced) / max(1e-9, removing / .seconds(1))
    after = try Self.measured(graph, queries, limit)
    let kept = waiting[replaced...].map(\.vector).sorted()
    let start = clock.now
    let anew = try ChangingGraph(
      DenseVectors(dimension: vectors.dimension, values: kept.flatMap { vectors[$0] }), similarity: similarity,
      parameters: parameters)
    buildSeconds = (clock.now - start) / .seconds(1)
    self.anew = try Self.measured(anew, queries, limit)
  }

  private static func measured(_ graph: ChangingGraph, _ queries: DenseVectors, _ limit: Int) throws -> Graph {
    var (found, wanted) = (0, 0)
    var time = Duration.zero
    let clock = ContinuousClock()
    for number in 0..<queries.count {
      let query = Array(queries[number])
      let truth = Set(try graph.search(query, limit: limit, isExact: true).map(\.row))
      let start = clock.now
      let answer = try graph.search(query, limit: limit)
      time += clock.now - start
      found += answer.count { truth.contains($0.row) }
      wanted += truth.count
    }
    return Graph(
      recall: Double(found) / Double(max(1, wanted)),
      queriesPerSecond: Double(queries.count) / max(1e-9, time / .seconds(1)),
      bytesPerRow: Double(graph.footprint.totalBytes) / Double(max(1, graph.count)))
  }
}
