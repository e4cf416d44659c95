public import NeedletailCore
public import NeedletailIndex
internal import NeedletailNumerics

/// Measures filtered indexes against one another: recall, throughput, comparisons, build time and memory (the protocol
/// of Iff et al., "Benchmarking filtered approximate nearest neighbor search algorithms", 2025, section 5).
///
/// Searches run one after the other on one thread; their time includes the evaluation of the predicate. Truth is the
/// comparison of all matching rows. Indexes are built on all threads.
public struct FilteredBenchmark: Sendable {
  public let vectors: DenseVectors
  public let queries: DenseVectors
  public let similarity: Similarity
  public var codec = VectorCodecKind.int8
  public var parameters = FilteredIndexParameters()
  /// The number of neighbours.
  public var limit = 10
  /// The efforts that make the curve of an index.
  public var efforts = [10, 20, 40, 80, 160, 320, 640]
  /// How often each point is measured; the fastest round counts, the spread is reported.
  public var rounds = 3

  public init(vectors: DenseVectors, queries: DenseVectors, similarity: Similarity) {
    self.vectors = vectors
    self.queries = queries
    self.similarity = similarity
  }

  /// One point of a curve.
  public struct Point: Codable, Hashable, Sendable {
    public var effort: Int
    /// The mean part of the true neighbours that were found.
    public var recall: Double
    /// Of the fastest round.
    public var queriesPerSecond: Double
    /// Of the slowest round.
    public var slowestQueriesPerSecond: Double
    /// With how many rows a query was compared, on average.
    public var comparisons: Double
    /// The part of queries for which all matching rows were compared after all.
    public var fallBacks: Double
    /// Rows that failed the predicate among the best of the index, per query.
    public var violations: Double

    public init(
      effort: Int, recall: Double, queriesPerSecond: Double, slowestQueriesPerSecond: Double, comparisons: Double,
      fallBacks: Double, violations: Double
    ) {
      self.effort = effort
      self.recall = recall
      self.queriesPerSecond = queriesPerSecond
      self.slowestQueriesPerSecond = slowestQueriesPerSecond
      self.comparisons = comparisons
      self.fallBacks = fallBacks
      self.violations = violations
    }
  }

  /// One index under one workload.
  public struct Curve: Codable, Hashable, Sendable {
    public var workload: String
    /// The mean part of the rows that match.
    public var selectivity: Double
    public var method: FilteredMethod
    /// Nil if building failed; `problem` says why.
    public var buildSeconds: Double?
    public var structureBytes: Int
    public var points: [Point]
    public var problem: String?

    public init(
      workload: String, selectivity: Double, method: FilteredMethod, buildSeconds: Double?, structureBytes: Int,
      points: [Point], problem: String?
    ) {
      self.workload = workload
      self.selectivity = selectivity
      self.method = method
      self.buildSeconds = buildSeconds
      self.structureBytes = structureBytes
      self.points = points
      self.problem = problem
    }

    /// The throughput at a recall, between the measured points on a straight line of logarithms; nil if no point
    /// reaches it.
    public func queriesPerSecond(atRecall recall: Double) -> Double? { value(atRecall: recall, \.queriesPerSecond) }

    /// The comparisons at a recall.
    public func comparisons(atRecall recall: Double) -> Double? { value(atRecall: recall, \.comparisons) }

    private func value(atRecall recall: Double, _ path: KeyPath<Point, Double>) -> Double? {
      guard let after = points.firstIndex(where: { $0.recall >= recall }) else { return nil }
      guard after > 0 else { return points[after][keyPath: path] }
      let (low, high) = (points[after - 1], points[after])
      let part = (recall - low.recall) / (high.recall - low.recall)
      return low[keyPath: path] + part * (high[keyPath: path] - low[keyPath: path])
    }
  }

  /// Measures methods under workloads; a method that does not serve a workload's predicates is left out. Workloads over
  /// the same column that come one after the other share indexes.
  ///
  /// - Parameters:
  ///   - workloads: predicates and queries.
  ///   - methods: what is compared.
  ///   - progress: told what is being done.
  public func run(
    _ workloads: [FilteredWorkload], methods: [FilteredMethod], progress: (String) -> Void = { _ in }
  ) throws -> [Curve] {
    var curves: [Curve] = []
    guard let first = workloads.first else { return [] }
    let vectors = try FilteredIndexFactory(
      vectors, attributes: first.attributes, similarity: similarity, codec: codec)
    var shelf = IndexShelf()
    for workload in workloads {
      guard workload.predicates.count == queries.count else {
        throw EvaluationError.incomparable(
          reason: "\(workload.name) has \(workload.predicates.count) predicates for \(queries.count) queries")
      }
      let factory = try vectors.with(workload.attributes)
      shelf.open(workload.column)
      let truth = try truth(factory.build(.scan), workload)
      let selectivity = try workload.selectivity()
      let kinds = Set(workload.predicates.map(\.kind))
      for method in methods where kinds.isSubset(of: method.kinds) {
        progress("\(workload.name): \(method.publishedName)")
        var curve = Curve(
          workload: workload.name, selectivity: selectivity, method: method, buildSeconds: nil, structureBytes: 0,
          points: [], problem: nil)
        switch shelf.index(method, factory, parameters) {
        case .success(let built):
          curve.buildSeconds = built.seconds
          curve.structureBytes = built.index.structureBytes
          for effort in method == .scan ? [limit] : efforts {
            curve.points.append(try point(built.index, workload, truth, effort: effort))
          }
        case .failure(let error):
          curve.problem = error.description
        }
        curves.append(curve)
      }
    }
    return curves
  }

  /// The indexes over one column, and how long each took to build.
  private struct IndexShelf {
    private var column: String?
    private var indexes: [FilteredMethod: (index: any FilteredIndex, seconds: Double)] = [:]
    private var attributeFreeSeconds: [FilteredMethod: Double] = [:]

    mutating func open(_ column: String) {
      if self.column != column { indexes = [:] }
      self.column = column
    }

    mutating func index(
      _ method: FilteredMethod, _ factory: FilteredIndexFactory, _ parameters: FilteredIndexParameters
    ) -> Result<(index: any FilteredIndex, seconds: Double), IndexError> {
      if let known = indexes[method] { return .success(known) }
      let clock = ContinuousClock()
      let start = clock.now
      do throws(IndexError) {
        let index = try factory.build(method, parameters: parameters)
        var seconds = (clock.now - start) / .seconds(1)
        if method.isAttributeFree {
          // Built once for all attributes; what is measured later is taking it from the shelf. Both ordinary graphs are one.
          let key = method == .planned ? .postFilter : method
          seconds = max(seconds, attributeFreeSeconds[key] ?? 0)
          attributeFreeSeconds[key] = seconds
        }
        indexes[method] = (index, seconds)
        return .success((index, seconds))
      } catch {
        return .failure(error)
      }
    }
  }

  private func truth(_ scan: any FilteredIndex, _ workload: FilteredWorkload) throws -> [Set<Row>] {
    try (0..<queries.count).map { query in
      let answer = try scan.search(
        Array(queries[query]), where: workload.predicates[query], FilteredSearchOptions(limit: limit))
      return Set(answer.neighbours.map(\.row))
    }
  }

  private func point(
    _ index: any FilteredIndex, _ workload: FilteredWorkload, _ truth: [Set<Row>], effort: Int
  ) throws -> Point {
    let options = FilteredSearchOptions(limit: limit, effort: effort)
    let clock = ContinuousClock()
    var times: [Double] = []
    var (found, wanted, comparisons, fallBacks, violations) = (0, 0, 0, 0, 0)
    for round in 0..<max(1, rounds) {
      var time = Duration.zero
      for query in 0..<queries.count {
        let vector = Array(queries[query])
        let start = clock.now
        let answer = try index.search(vector, where: workload.predicates[query], options)
        time += clock.now - start
        guard round == 0 else { continue }
        found += answer.neighbours.count { truth[query].contains($0.row) }
        wanted += truth[query].count
        comparisons += answer.comparisons
        fallBacks += answer.fellBack ? 1 : 0
        violations += answer.violations
      }
      times.append(time / .seconds(1))
    }
    let total = Double(max(1, queries.count))
    return Point(
      effort: effort, recall: wanted > 0 ? Double(found) / Double(wanted) : 1,
      queriesPerSecond: total / max(1e-9, times.min() ?? 1), slowestQueriesPerSecond: total / max(1e-9, times.max() ?? 1),
      comparisons: Double(comparisons) / total, fallBacks: Double(fallBacks) / total,
      violations: Double(violations) / total)
  }
}
