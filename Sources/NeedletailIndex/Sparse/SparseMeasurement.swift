public import NeedletailCore

/// How fast an index of sparse vectors answers on one thread, and how much of the truth it finds.
public struct SparseMeasurement: Codable, Hashable, Sendable {
  public var queryCount: Int
  /// How many of the rows that the exact search finds were found, over all queries; nil without a truth to compare with.
  public var recall: Double?
  public var medianMicroseconds: Double
  public var microseconds99: Double
  public var queriesPerSecond: Double
  /// Rows scored in full by a query on average; nil for an exact index.
  public var scoredRows: Double?
  /// Summaries compared by a query on average; nil for an exact index.
  public var comparedSummaries: Double?
  /// The rows found for each query.
  public var answers: [[Neighbour]]

  private enum CodingKeys: String, CodingKey {
    case queryCount, recall, medianMicroseconds, microseconds99, queriesPerSecond, scoredRows, comparedSummaries
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    queryCount = try container.decode(Int.self, forKey: .queryCount)
    recall = try container.decodeIfPresent(Double.self, forKey: .recall)
    medianMicroseconds = try container.decode(Double.self, forKey: .medianMicroseconds)
    microseconds99 = try container.decode(Double.self, forKey: .microseconds99)
    queriesPerSecond = try container.decode(Double.self, forKey: .queriesPerSecond)
    scoredRows = try container.decodeIfPresent(Double.self, forKey: .scoredRows)
    comparedSummaries = try container.decodeIfPresent(Double.self, forKey: .comparedSummaries)
    answers = []
  }

  /// Asks every query `rounds` times, one after the other, on the thread of the caller; the fastest time of each counts.
  ///
  /// - Parameters:
  ///   - index: what is searched.
  ///   - queries: one row each.
  ///   - options: the same for all queries.
  ///   - effort: for a clustered index; nil for its own. Exact indexes do not look at it.
  ///   - truth: the rows that each query should find.
  ///   - rounds: how often each query is asked, at least once.
  public init(
    of index: any SparseIndex, _ queries: SparseVectors, _ options: SearchOptions, effort: SparseSearchEffort? = nil,
    truth: [[Row]]? = nil, rounds: Int = 1
  ) throws(IndexError) {
    let list = (0..<queries.count).map { queries[$0] }
    var times = [Double](repeating: .infinity, count: list.count)
    var work = SparseSearchWork()
    answers = Array(repeating: [], count: list.count)
    let clock = ContinuousClock()
    for _ in 0..<max(1, rounds) {
      work = SparseSearchWork()
      for (number, query) in list.enumerated() {
        let start = clock.now
        if let clustered = index as? ClusteredSparseIndex {
          let (answer, done) = try clustered.search(query, options, effort: effort ?? clustered.parameters.effort)
          answers[number] = answer
          work.scoredCount += done.scoredCount
          work.summaryCount += done.summaryCount
        } else {
          answers[number] = try index.search(query, options)
        }
        times[number] = min(times[number], (clock.now - start) / .microseconds(1))
      }
    }
    queryCount = list.count
    let sorted = times.sorted()
    medianMicroseconds = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    microseconds99 = sorted.isEmpty ? 0 : sorted[sorted.count * 99 / 100]
    queriesPerSecond = sorted.isEmpty ? 0 : 1e6 * Double(sorted.count) / max(1e-9, sorted.reduce(0, +))
    if index is ClusteredSparseIndex, !list.isEmpty {
      scoredRows = Double(work.scoredCount) / Double(list.count)
      comparedSummaries = Double(work.summaryCount) / Double(list.count)
    }
    recall = truth.map { Self.recall(answers, $0) }
  }

  private static func recall(_ answers: [[Neighbour]], _ truth: [[Row]]) -> Double {
    var (found, wanted) = (0, 0)
    for (answer, rows) in zip(answers, truth) {
      let expected = Set(rows)
      found += answer.count { expected.contains($0.row) }
      wanted += expected.count
    }
    return wanted > 0 ? Double(found) / Double(wanted) : 1
  }
}
