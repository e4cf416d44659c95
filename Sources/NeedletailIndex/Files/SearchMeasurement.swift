public import NeedletailCore
internal import NeedletailNumerics

/// What an index finds of the true neighbours, and how fast.
public struct SearchMeasurement: Codable, Sendable {
  public var queryCount: Int
  /// The mean fraction of the true neighbours that were found; nil without true ones to compare with.
  public var recall: Double?
  /// Queries answered in a second, one after the other.
  public var queriesPerSecond: Double
  /// Half of the queries took at most so long.
  public var medianMicroseconds: Double
  /// 99 of 100 queries took at most so long.
  public var microseconds99: Double
  /// How many pages of the file a query read, for an index on disk.
  public var readsPerQuery: Double?
  /// What was found.
  public var answers: [[Neighbour]]

  /// Searches one query after the other on the caller's thread.
  ///
  /// - Parameters:
  ///   - index: what is searched.
  ///   - queries: one row each.
  ///   - options: the same for all queries.
  ///   - truth: the true neighbours of each query, nearest first; of each as many as `options.limit` count.
  /// - Throws: `invalidParameter` if there are not as many lists of true neighbours as queries, or they are too short.
  public init(
    of index: any SearchIndex, _ queries: DenseVectors, _ options: SearchOptions, truth: [[Row]]? = nil
  ) throws(IndexError) {
    if let truth, truth.count < queries.count || truth.contains(where: { $0.count < min(options.limit, index.count) }) {
      throw .invalidParameter(
        "\(queries.count) queries need as many lists of \(options.limit) true neighbours; these are \(truth.count) of "
          + "\(truth.map(\.count).min() ?? 0) or more")
    }
    let disk = index as? DiskIndex
    let readsBefore = disk?.pageReads ?? 0
    let clock = ContinuousClock()
    var times: [Double] = []
    answers = []
    for number in 0..<queries.count {
      let query = Array(queries[number])
      let start = clock.now
      answers.append(try index.search(query, options))
      times.append((clock.now - start) / .microseconds(1))
    }
    queryCount = queries.count
    readsPerQuery = disk.map { Double($0.pageReads - readsBefore) / Double(max(1, queries.count)) }
    queriesPerSecond = times.isEmpty ? 0 : 1e6 * Double(times.count) / times.reduce(0, +)
    times.sort()
    medianMicroseconds = times.isEmpty ? 0 : times[times.count / 2]
    microseconds99 = times.isEmpty ? 0 : times[times.count * 99 / 100]
    recall = truth.map { Self.recall(answers, truth: $0, limit: options.limit) }
  }

  /// The mean fraction of the first `limit` true neighbours that are among the first `limit` answers.
  public static func recall(_ answers: [[Neighbour]], truth: [[Row]], limit: Int) -> Double {
    var (found, wanted) = (0, 0)
    for (answer, expected) in zip(answers, truth) {
      let expected = Set(expected.prefix(limit))
      found += answer.prefix(limit).count { expected.contains($0.row) }
      wanted += expected.count
    }
    return wanted == 0 ? 1 : Double(found) / Double(wanted)
  }
}

