/// A row that may become a link, with its distance from the row that is linked, as `PairDistances` has it.
struct LinkCandidate {
  var row: Row
  var distance: Float

  /// Nearest first; equal distances by row, so that the order never depends on chance.
  static func isNearer(_ left: LinkCandidate, _ right: LinkCandidate) -> Bool {
    (left.distance, left.row) < (right.distance, right.row)
  }
}

/// Chooses the links of a row: near ones, in different directions.
///
/// Candidates are taken nearest first, and one is dropped when a link already kept is much nearer to it than the row
/// is: the search gets there through that link ("RobustPrune" in Subramanya et al., "DiskANN", NeurIPS 2019, algorithm
/// 2; the heuristic of HNSW's algorithm 4 with `α = 1`). Euclidean distances are squared, so `diversification` acts as
/// `α²`.
@safe final class LinkSelection {
  private let pairs: PairDistances
  private let diversification: Float
  private let kept: UnsafeMutablePointer<Row>
  private var keptCount = 0
  private let capacity: Int
  private let scores: UnsafeMutablePointer<Float>
  private let products: UnsafeMutablePointer<Int32>
  private let memory: AlignedMemory

  // Kept links are compared in groups: a candidate is mostly dropped for one of the first.
  private static let groupSize = 8

  init(_ pairs: PairDistances, degree: Int, diversification: Float) {
    self.pairs = pairs
    // Multiplying says nothing about inner products, which may be negative.
    self.diversification = pairs.isMetric ? diversification : 1
    capacity = degree
    unsafe kept = .allocate(capacity: degree)
    unsafe scores = .allocate(capacity: Self.groupSize)
    unsafe products = .allocate(capacity: Self.groupSize)
    memory = AlignedMemory.zeroed(count: pairs.vectors.exact.stride * MemoryLayout<Float>.size)
  }

  deinit {
    unsafe kept.deallocate()
    unsafe scores.deallocate()
    unsafe products.deallocate()
  }

  /// The links among `candidates`, which are sorted nearest first.
  ///
  /// - Parameters:
  ///   - degree: at most what the object was made for.
  ///   - mayCover: whether a link to the first row may make one to the second superfluous.
  func select(
    from candidates: [LinkCandidate], degree: Int, where mayCover: (Row, Row) -> Bool = { _, _ in true }
  ) -> [LinkCandidate] {
    var links: [LinkCandidate] = []
    links.reserveCapacity(degree)
    clear()
    for candidate in candidates {
      guard links.count < degree else { break }
      if keeps(candidate, where: mayCover) { links.append(candidate) }
    }
    return links
  }

  /// Begins a choice that is made candidate by candidate.
  func clear() { keptCount = 0 }

  /// Whether a candidate becomes a link, beside those that became one since `clear`.
  ///
  /// - Precondition: fewer were kept than the degree that the object was made for.
  @inline(__always)
  func keeps(_ candidate: LinkCandidate, where mayCover: (Row, Row) -> Bool = { _, _ in true }) -> Bool {
    guard !isCovered(candidate, mayCover) else { return false }
    precondition(keptCount < capacity)
    unsafe kept[keptCount] = candidate.row
    keptCount += 1
    return true
  }

  @inline(__always)
  private func isCovered(_ candidate: LinkCandidate, _ mayCover: (Row, Row) -> Bool) -> Bool {
    guard keptCount > 0 else { return false }
    let scorer = unsafe pairs.scorer(
      for: candidate.row, memory: memory.start.assumingMemoryBound(to: Float.self), products: products)
    for start in stride(from: 0, to: keptCount, by: Self.groupSize) {
      let count = min(Self.groupSize, keptCount - start)
      unsafe scorer.score(kept + start, count: count, into: scores)
      for index in 0..<count where unsafe -scores[index] * diversification <= candidate.distance {
        if unsafe mayCover(kept[start + index], candidate.row) { return true }
      }
    }
    return false
  }
}
