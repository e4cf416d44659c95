public import NeedletailCore
public import NeedletailNumerics
internal import Synchronization

/// Finds for a feature the nearest feature of every item within a radius, exactly: range search that knows the items of its
/// nodes.
///
/// Each node of a tree of balls has the set of items below it. A node is passed over if it lies outside of the radius, or if every
/// item below it already has a nearer feature. That is the coloured range search of Aiger et al., ICCV 2023; the structure is not
/// published, a ball tree is ours.
public struct ColoredBallTree: Sendable {
  private struct Node: Sendable {
    var centre: Int
    var radius: Float
    /// The places in `order` of the features below.
    var range: Range<Int>
    /// The second child follows the first; nil for a leaf.
    var children: (Int, Int)?
    var items: RowSet
  }

  private static let leafSize = 32

  private let base: FeatureSetIndex
  private var nodes: [Node] = []
  private var order: [Int]
  private var centres: [Float] = []

  /// Builds the tree. Complexity: O(n log n) distances.
  public init(_ base: FeatureSetIndex) {
    self.base = base
    order = Array(0..<base.features.tokenCount)
    if !order.isEmpty { _ = build(0..<order.count) }
  }

  private var dimension: Int { base.features.dimension }

  private func component(_ feature: Int, _ index: Int) -> Float { base.features.values[feature * dimension + index] }

  /// Splits at the median of the component that spreads most.
  private mutating func build(_ range: Range<Int>) -> Int {
    var sums = [Double](repeating: 0, count: dimension)
    var squares = sums
    for place in range {
      for index in 0..<dimension {
        let value = Double(component(order[place], index))
        sums[index] += value
        squares[index] += value * value
      }
    }
    let count = Double(range.count)
    let centre = sums.map { Float($0 / count) }
    var radius: Float = 0
    for place in range {
      var square: Float = 0
      for index in 0..<dimension {
        let difference = component(order[place], index) - centre[index]
        square += difference * difference
      }
      radius = max(radius, square.squareRoot())
    }
    let number = nodes.count
    // A little larger, so that rounding leaves nothing outside.
    nodes.append(Node(
      centre: number, radius: radius * (1 + 1e-5) + 1e-6, range: range, children: nil, items: RowSet(order[range].map { base.owners[$0] })))
    centres += centre
    guard range.count > Self.leafSize else { return number }
    let spread = (0..<dimension).max { squares[$0] - sums[$0] * sums[$0] / count < squares[$1] - sums[$1] * sums[$1] / count } ?? 0
    let sorted = order[range].sorted { (component($0, spread), $0) < (component($1, spread), $1) }
    order.replaceSubrange(range, with: sorted)
    let middle = (range.lowerBound + range.upperBound) / 2
    let first = build(range.lowerBound..<middle)
    let second = build(middle..<range.upperBound)
    nodes[number].children = (first, second)
    return number
  }

  /// The items that cover the query best; the same answer as that of `FeatureSetIndex.search`.
  public func search(_ query: [Float], limit: Int, pool: WorkerPool = .shared) throws(IndexError) -> [Neighbour] {
    try base.features.check(query)
    let queryCount = query.count / dimension
    let found = Mutex([[Double]](repeating: [], count: queryCount))
    pool.forEach(queryCount) { number in
      var nearest = [Float](repeating: Float(base.kernel.radius), count: base.count)
      if !nodes.isEmpty { visit(0, query, number * dimension, &nearest) }
      let worths = nearest.map { base.kernel.worth(at: Double($0)) }
      found.withLock { $0[number] = worths }
    }
    var sums = [Double](repeating: 0, count: base.count)
    for worths in found.withLock({ $0 }) { for (item, worth) in worths.enumerated() { sums[item] += worth } }
    return FeatureSetIndex.ranked(sums, queryCount: queryCount, limit: limit)
  }

  /// - Parameter nearest: for each item the nearest distance so far; the radius at first.
  private func visit(_ number: Int, _ query: [Float], _ start: Int, _ nearest: inout [Float]) {
    let node = nodes[number]
    let bound = distance(number, query, start) - node.radius
    guard bound < Float(base.kernel.radius), node.items.contains(where: { nearest[Int($0)] > bound }) else { return }
    if let (first, second) = node.children {
      // The nearer one first: what it finds may spare the other.
      let (near, far) = distance(first, query, start) <= distance(second, query, start) ? (first, second) : (second, first)
      visit(near, query, start, &nearest)
      visit(far, query, start, &nearest)
      return
    }
    for place in node.range {
      let owner = Int(base.owners[order[place]])
      var square: Float = 0
      for index in 0..<dimension {
        let difference = component(order[place], index) - query[start + index]
        square += difference * difference
      }
      nearest[owner] = min(nearest[owner], square.squareRoot())
    }
  }

  private func distance(_ number: Int, _ query: [Float], _ start: Int) -> Float {
    var square: Float = 0
    for index in 0..<dimension {
      let difference = centres[number * dimension + index] - query[start + index]
      square += difference * difference
    }
    return square.squareRoot()
  }
}
