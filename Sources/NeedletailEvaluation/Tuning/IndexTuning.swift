public import NeedletailCore
public import NeedletailIndex

/// What index to build over given vectors, found by measuring: several kinds are built over a sample and searched with more and
/// more effort, and the fastest that reaches the wanted recall within the wanted memory is proposed.
///
/// Memory of all rows is computed from that of the sample: what all rows share once, the rest in proportion. Speed is expected to
/// fall in proportion to the rows where every row is compared, with their square root in lists, and not otherwise. Recall of
/// approximate indexes falls somewhat with the number of rows too; ask for a little more than is needed where the sample is small.
public struct IndexTuning: Codable, Sendable {
  /// What is wanted.
  public struct Goal: Codable, Hashable, Sendable {
    /// The mean share of the true neighbours that must be found.
    public var recall: Double
    /// How many neighbours are asked for.
    public var limit: Int
    /// What the index may take in memory over all rows; nil for as much as it likes.
    public var memoryBytes: Int?

    public init(recall: Double = 0.95, limit: Int = 10, memoryBytes: Int? = nil) {
      self.recall = recall
      self.limit = limit
      self.memoryBytes = memoryBytes
    }
  }

  /// One kind of index with one effort.
  public struct Measurement: Codable, Hashable, Sendable {
    /// What the kind is called; `TuningCandidate` has all.
    public var candidate: String
    public var efSearch: Int?
    public var probes: Int?
    public var recall: Double
    /// Over the sample, one query after the other.
    public var queriesPerSecond: Double
    /// What is expected over all rows.
    public var expectedQueriesPerSecond: Double
    /// What all rows will take in memory, by computation.
    public var expectedBytes: Int
    /// Pages that a query reads, for an index on disk.
    public var readsPerQuery: Double?
    public var isWithinMemory: Bool
  }

  /// What to build, and how to search it.
  public struct Proposal: Codable, Hashable, Sendable {
    public var specification: DenseIndexSpecification
    public var measurement: Measurement
    /// Options of `needletail vectors build` and `vectors search`.
    public var buildOptions: String
    public var searchOptions: String
  }

  public var goal: Goal
  public var rowCount: Int
  public var sampleCount: Int
  public var dimension: Int
  public var measurements: [Measurement]
  /// Nil if nothing that was measured reaches the goal.
  public var proposal: Proposal?
  /// What came nearest if nothing reaches the goal: the best recall within the memory, or the least memory.
  public var nearest: Measurement?

  /// Measures.
  ///
  /// - Parameters:
  ///   - vectors: the rows to index, or as many of them as shall be looked at.
  ///   - rowCount: how many rows there will be; nil for as many as `vectors` has.
  ///   - queries: what is asked; nil for some of the rows, which are left out then.
  ///   - similarity: by which neighbours are near.
  ///   - goal: the recall to reach, and the memory there is.
  ///   - sampleCount: rows of the sample, from all over `vectors`.
  ///   - seed: of everything random.
  ///   - progress: hears what is measured, how many kinds are done, and how many there are.
  /// - Throws: `invalidParameter` for a goal that nothing can reach or too few rows; what building an index throws.
  public init(
    of vectors: DenseVectors, rowCount: Int? = nil, queries: DenseVectors? = nil, similarity: Similarity = .cosine,
    goal: Goal = Goal(), sampleCount: Int = 20_000, seed: UInt64 = 42,
    progress: (_ candidate: String, _ done: Int, _ count: Int) -> Void = { _, _, _ in }
  ) throws(IndexError) {
    guard goal.recall > 0, goal.recall <= 1, (1...1_000).contains(goal.limit), sampleCount > 0, goal.memoryBytes ?? 1 > 0 else {
      throw .invalidParameter("a goal has a recall above 0 up to 1, 1 to 1,000 neighbours, and memory above 0")
    }
    let (sample, asked) = Self.parts(of: vectors, queries, sampleCount)
    guard sample.count >= max(100, 2 * goal.limit), asked.count > 0 else {
      throw .invalidParameter("tuning needs a hundred vectors or more, twice as many as neighbours, and queries")
    }
    self.goal = goal
    self.rowCount = rowCount ?? vectors.count
    self.sampleCount = sample.count
    dimension = sample.dimension
    measurements = []
    let exact = try DenseIndexFactory.build(
      sample, similarity: similarity, specification: DenseIndexSpecification(layout: .flat, codec: .float32))
    let truth = try exact.search(asked, SearchOptions(limit: goal.limit)).map { $0.map(\.row) }
    let candidates = TuningCandidate.all(dimension: sample.dimension, seed: seed)
    for (number, candidate) in candidates.enumerated() {
      progress(candidate.name, number, candidates.count)
      try measure(candidate, sample, asked, truth, similarity)
    }
    choose(candidates)
  }

  // MARK: - Measuring

  /// Rows to index and rows to ask with, from all over the vectors.
  private static func parts(
    of vectors: DenseVectors, _ queries: DenseVectors?, _ sampleCount: Int
  ) -> (sample: DenseVectors, queries: DenseVectors) {
    let askedCount = queries == nil ? min(200, vectors.count / 10) : 0
    let step = max(1, vectors.count / max(1, sampleCount + askedCount))
    let rows = Array(stride(from: 0, to: vectors.count, by: step).prefix(sampleCount + askedCount))
    let isAsked = { (place: Int) in askedCount > 0 && place % max(1, rows.count / askedCount) == 0 }
    func taken(_ places: [Int]) -> DenseVectors {
      DenseVectors(dimension: vectors.dimension, values: places.flatMap { vectors[rows[$0]] })
    }
    let own = taken(rows.indices.filter { isAsked($0) })
    return (taken(rows.indices.filter { !isAsked($0) }), queries.map { $0.count > 500 ? $0.first(500) : $0 } ?? own)
  }

  private mutating func measure(
    _ candidate: TuningCandidate, _ sample: DenseVectors, _ queries: DenseVectors, _ truth: [[Row]], _ similarity: Similarity
  ) throws(IndexError) {
    let index = try DenseIndexFactory.build(sample, similarity: similarity, specification: candidate.specification)
    let scale = Double(rowCount) / Double(sample.count)
    let shared = candidate.sharedBytes(of: index)
    let bytes = shared + Int(Double(index.footprint.totalBytes - shared) * scale)
    for effort in candidate.efforts(limit: goal.limit, index) {
      let measured = try SearchMeasurement(
        of: index, queries, SearchOptions(limit: goal.limit, efSearch: effort.ef, probes: effort.probes), truth: truth)
      let recall = measured.recall ?? 0
      measurements.append(
        Measurement(
          candidate: candidate.name, efSearch: effort.ef, probes: effort.probes, recall: recall,
          queriesPerSecond: measured.queriesPerSecond,
          expectedQueriesPerSecond: measured.queriesPerSecond / candidate.slowdown(scale), expectedBytes: bytes,
          readsPerQuery: measured.readsPerQuery, isWithinMemory: goal.memoryBytes.map { bytes <= $0 } ?? true))
      // More effort would only be slower.
      if recall >= min(1, goal.recall + 0.02) { break }
    }
  }

  private mutating func choose(_ candidates: [TuningCandidate]) {
    let able = measurements.filter { $0.isWithinMemory && $0.recall >= goal.recall }
    guard let best = able.max(by: { $0.expectedQueriesPerSecond < $1.expectedQueriesPerSecond }),
      let candidate = candidates.first(where: { $0.name == best.candidate })
    else {
      nearest =
        measurements.filter(\.isWithinMemory).max { $0.recall < $1.recall }
        ?? measurements.min { $0.expectedBytes < $1.expectedBytes }
      return
    }
    var specification = candidate.specification
    if let ef = best.efSearch {
      specification.graph.efSearch = ef
      specification.lists.candidateCount = ef
    }
    if let probes = best.probes { specification.lists.probeCount = probes }
    let searchOptions = [best.efSearch.map { "--ef \($0)" }, best.probes.map { "--probes \($0)" }].compactMap { $0 }
    proposal = Proposal(
      specification: specification, measurement: best, buildOptions: candidate.buildOptions,
      searchOptions: searchOptions.joined(separator: " "))
  }

  // MARK: - The curve

  /// Recall against expected speed of every kind, the goal, and what is proposed.
  public var chart: RecallChart {
    func point(_ measurement: Measurement) -> RecallChart.Point {
      RecallChart.Point(recall: measurement.recall, queriesPerSecond: measurement.expectedQueriesPerSecond)
    }
    var names: [String] = []
    for measurement in measurements where !names.contains(measurement.candidate) { names.append(measurement.candidate) }
    return RecallChart(
      title: "Recall@\(goal.limit) and queries per second over \(rowCount) rows",
      curves: names.map { name in
        RecallChart.Curve(name: name, points: measurements.filter { $0.candidate == name }.map(point))
      },
      target: goal.recall, chosen: proposal.map { point($0.measurement) })
  }
}

extension DenseVectors {
  fileprivate func first(_ count: Int) -> DenseVectors {
    DenseVectors(dimension: dimension, values: Array(values.prefix(count * dimension)))
  }
}
