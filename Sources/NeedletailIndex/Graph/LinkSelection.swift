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
  private let scores: UnsafeMutablePointer<Float>
  private let products: UnsafeMutablePointer<Int32>
  private let memory: AlignedMemory

  // Kept links are compared in groups: a candidate is mostly dropped for one of the first.
  private static let groupSize = 8

  init(_ pairs: PairDistances, _ parameters: GraphParameters) {
    self.pairs = pairs
    // Multiplying says nothing about inner products, which may be negative.
    diversification = pairs.isMetric ? parameters.diversification : 1
    unsafe kept = .allocate(capacity: parameters.degree)
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
  func select(from candidates: [LinkCandidate], degree: Int) -> [LinkCandidate] {
    var links: [LinkCandidate] = []
    links.reserveCapacity(degree)
    for candidate in candidates {
      guard links.count < degree else { break }
      guard !isCovered(candidate, by: links.count) else { continue }
      unsafe kept[links.count] = candidate.row
      links.append(candidate)
    }
    return links
  }

  private func isCovered(_ candidate: LinkCandidate, by keptCount: Int) -> Bool {
    guard keptCount > 0 else { return false }
    let scorer = unsafe pairs.scorer(
      for: candidate.row, memory: memory.start.assumingMemoryBound(to: Float.self), products: products)
    for start in stride(from: 0, to: keptCount, by: Self.groupSize) {
      let count = min(Self.groupSize, keptCount - start)
      unsafe scorer.score(kept + start, count: count, into: scores)
      for index in 0..<count where unsafe -scores[index] * diversification <= candidate.distance { return true }
    }
    return false
  }
}
