public import NeedletailCore
internal import NeedletailNumerics

/// Finds the largest inner products with sparse vectors exactly, from inverted lists in the order of rows.
///
/// Lists carry the largest weight of each run of 128 postings, so that a search leaves out what cannot reach the results. The
/// weights of learned sparse models leave little out: the cost grows with the rows that share the query's terms. It is the
/// oracle of ``ClusteredSparseIndex``, which is some ten times as fast at 0.95 of the results.
public struct InvertedSparseIndex: SparseIndex {
  public let count: Int
  public let dimension: Int
  /// The postings of term `t` are at `listStarts[t]..<listStarts[t + 1]`, by ascending rows.
  let listStarts: Column<UInt32>
  let rows: Column<Row>
  let weights: Column<Float>
  /// The largest weight of each run of `runLength` postings of a list; the runs of a list follow those of the list before.
  let bounds: Column<Float>
  /// Where the runs of each list begin.
  let boundStarts: [UInt32]

  static let runLength = 128

  init(
    count: Int, dimension: Int, listStarts: Column<UInt32>, rows: Column<Row>, weights: Column<Float>, bounds: Column<Float>,
    boundStarts: [UInt32]
  ) {
    self.count = count
    self.dimension = dimension
    self.listStarts = listStarts
    self.rows = rows
    self.weights = weights
    self.bounds = bounds
    self.boundStarts = boundStarts
  }

  /// Builds an index; row `i` is row `i` of `vectors`.
  ///
  /// - Parameters:
  ///   - vectors: the rows; weights are at least zero.
  ///   - excluded: rows that must never be found; they keep their numbers.
  /// - Throws: `unusableVector` for the first row with a negative weight, `invalidParameter` for too many rows.
  public init(_ vectors: SparseVectors, excluding excluded: RowSet = RowSet()) throws(IndexError) {
    try vectors.checkForIndex()
    var starts = [UInt32](repeating: 0, count: vectors.dimension + 1)
    let included = (0..<vectors.count).filter { !excluded.contains(Row($0)) }
    for row in included {
      for place in vectors.offsets[row]..<vectors.offsets[row + 1] { starts[Int(vectors.terms[place]) + 1] += 1 }
    }
    for term in 0..<vectors.dimension { starts[term + 1] += starts[term] }
    var places = starts
    var rows = [Row](repeating: 0, count: Int(starts[vectors.dimension]))
    var weights = [Float](repeating: 0, count: rows.count)
    for row in included {
      for place in vectors.offsets[row]..<vectors.offsets[row + 1] {
        let term = Int(vectors.terms[place])
        rows[Int(places[term])] = Row(row)
        weights[Int(places[term])] = vectors.weights[place]
        places[term] += 1
      }
    }
    let boundStarts = Self.boundStarts(starts)
    var bounds: [Float] = []
    bounds.reserveCapacity(Int(boundStarts[vectors.dimension]))
    for term in 0..<vectors.dimension {
      for first in stride(from: Int(starts[term]), to: Int(starts[term + 1]), by: Self.runLength) {
        bounds.append(weights[first..<min(first + Self.runLength, Int(starts[term + 1]))].max() ?? 0)
      }
    }
    self.init(
      count: vectors.count, dimension: vectors.dimension, listStarts: Column(starts), rows: Column(rows),
      weights: Column(weights), bounds: Column(bounds), boundStarts: boundStarts)
  }

  static func boundStarts(_ listStarts: [UInt32]) -> [UInt32] {
    var starts: [UInt32] = [0]
    starts.reserveCapacity(listStarts.count)
    var sum: UInt32 = 0
    for (start, end) in zip(listStarts, listStarts.dropFirst()) {
      sum += (end - start + UInt32(runLength) - 1) / UInt32(runLength)
      starts.append(sum)
    }
    return starts
  }

  public var footprint: Footprint {
    Footprint(
      vectorBytes: rows.region.count + weights.region.count,
      codeBytes: listStarts.region.count + bounds.region.count + 4 * boundStarts.count, isMapped: rows.region.isMapped)
  }

  public func search(_ query: SparseVector, _ options: SearchOptions) throws(IndexError) -> [Neighbour] {
    try query.check(dimension: dimension)
    try options.validate()
    guard options.limit > 0, count > 0 else { return [] }
    guard query.weights.reduce(0, { $0 + Double($1) }) < Double(Float.greatestFiniteMagnitude) else {
      throw .unusableVector(row: nil, reason: "its weights are too large to be added up")
    }
    var search = InvertedSparseSearch(query, in: self, options)
    return search.run()
  }
}
