internal import NeedletailCore
internal import NeedletailNumerics

/// An order of vectors in which near ones stand close together: the leaves of a tree that halves the rows by their
/// projection on the line through two far apart.
///
/// It is what makes a filter correlated with the vectors at every selectivity.
struct LocalityOrder {
  /// The place of each row.
  private(set) var places: [Int]
  private var nodes: [Node] = []
  private let vectors: DenseVectors

  private struct Node {
    var direction: [Float]
    var threshold: Float
    var low: Int
    var high: Int
  }

  private static let leafSize = 8

  init(_ vectors: DenseVectors, seed: UInt64) {
    self.vectors = vectors
    places = [Int](repeating: 0, count: vectors.count)
    var generator = SeededGenerator(seed: seed)
    var next = 0
    _ = split(Array(0..<vectors.count), &next, &generator)
  }

  /// The place where a vector would stand.
  func place(of query: ArraySlice<Float>) -> Int {
    guard !nodes.isEmpty else { return 0 }
    var node = nodes.count - 1
    while true {
      let next = Self.product(query, nodes[node].direction) < nodes[node].threshold ? nodes[node].low : nodes[node].high
      // Leaves are written as minus one minus their place.
      if next < 0 { return min(-1 - next, max(0, places.count - 1)) }
      node = next
    }
  }

  private mutating func split(_ rows: [Int], _ next: inout Int, _ generator: inout SeededGenerator) -> Int {
    guard rows.count > Self.leafSize, let first = rows.randomElement(using: &generator) else {
      let place = next
      for row in rows {
        places[row] = next
        next += 1
      }
      return -1 - place
    }
    let one = farthest(from: first, among: rows)
    let other = farthest(from: one, among: rows)
    let direction = zip(vectors[other], vectors[one]).map { $0 - $1 }
    let projected = rows.map { (row: $0, value: Self.product(vectors[$0], direction)) }
      .sorted { ($0.value, $0.row) < ($1.value, $1.row) }
    let middle = projected.count / 2
    let low = split(projected[..<middle].map(\.row), &next, &generator)
    let high = split(projected[middle...].map(\.row), &next, &generator)
    nodes.append(Node(direction: direction, threshold: projected[middle].value, low: low, high: high))
    return nodes.count - 1
  }

  /// The row farthest from another among a sample of some rows.
  private func farthest(from row: Int, among rows: [Int]) -> Int {
    let step = max(1, rows.count / 256)
    let sample = stride(from: 0, to: rows.count, by: step).map { rows[$0] }
    let kernels = DistanceKernels.current
    let query = Array(vectors[row])
    return sample.max {
      let (left, right) = (Array(vectors[$0]), Array(vectors[$1]))
      return kernels.squaredEuclidean(query.span, rows: left.span)[0] < kernels.squaredEuclidean(query.span, rows: right.span)[0]
    } ?? row
  }

  private static func product(_ left: ArraySlice<Float>, _ right: [Float]) -> Float {
    let left = Array(left)
    return DistanceKernels.current.dot(left.span, rows: right.span).first ?? 0
  }
}
