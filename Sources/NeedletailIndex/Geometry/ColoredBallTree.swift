internal import NeedletailCore
public import NeedletailNumerics

/// Finds for a feature the nearest feature of every item within a radius, exactly: range search that knows the items of its
/// nodes.
///
/// Each node of a tree of balls has the set of items below it. A node is passed over if it lies outside of the radius, or if every
/// item below it already has a nearer feature. That is the coloured range search of Aiger et al., ICCV 2023; the structure is not
/// published, a ball tree is ours.
public struct ColoredBallTree: Sendable {
  private struct Node: Sendable {
    var radius: Float
    /// The places of the features below, in the order of the tree.
    var range: Range<Int>
    /// The number of the second child; the first follows its parent. 0 for a leaf.
    var second = 0
    /// Where the items below stand in `items`.
    var items: Range<Int>
  }

  private static let leafSize = 32

  private let base: FeatureSetIndex
  private var nodes: [Node] = []
  private var items: [Row] = []
  private var centres: [Float] = []
  /// The features in the order of the tree, and their items.
  private var features: [Float] = []
  private var owners: [Row] = []

  /// Builds the tree. Complexity: O(n log n) distances.
  public init(_ base: FeatureSetIndex) {
    self.base = base
    var order = Array(0..<base.features.tokenCount)
    if !order.isEmpty { build(0..<order.count, &order) }
    features.reserveCapacity(base.features.values.count)
    for feature in order { features += base.features.values[feature * dimension..<(feature + 1) * dimension] }
    owners = order.map { base.owners[$0] }
  }

  private var dimension: Int { base.features.dimension }

  /// Splits at the median of the component that spreads most.
  private mutating func build(_ range: Range<Int>, _ order: inout [Int]) {
    let values = base.features.values
    var sums = [Double](repeating: 0, count: dimension)
    var squares = sums
    for place in range {
      for index in 0..<dimension {
        let value = Double(values[order[place] * dimension + index])
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
        let difference = values[order[place] * dimension + index] - centre[index]
        square += difference * difference
      }
      radius = max(radius, square.squareRoot())
    }
    let number = nodes.count
    let below = Set(order[range].map { base.owners[$0] }).sorted()
    // A little larger, so that rounding leaves nothing outside.
    nodes.append(Node(radius: radius * (1 + 1e-5) + 1e-6, range: range, items: items.count..<items.count + below.count))
    items += below
    centres += centre
    guard range.count > Self.leafSize else { return }
    let spread = (0..<dimension).max { squares[$0] - sums[$0] * sums[$0] / count < squares[$1] - sums[$1] * sums[$1] / count } ?? 0
    let keyed = order[range].map { (value: values[$0 * dimension + spread], feature: $0) }.sorted { ($0.value, $0.feature) < ($1.value, $1.feature) }
    for (place, key) in keyed.enumerated() { order[range.lowerBound + place] = key.feature }
    let middle = (range.lowerBound + range.upperBound) / 2
    build(range.lowerBound..<middle, &order)
    nodes[number].second = nodes.count
    build(middle..<range.upperBound, &order)
  }

  /// The items that cover the query best; the same answer as that of `FeatureSetIndex.search`.
  public func search(_ query: [Float], limit: Int, pool: WorkerPool = .shared) throws(IndexError) -> [Neighbour] {
    try base.features.check(query)
    let queryCount = query.count / dimension
    let found = pool.map(queryCount, tasksOf: 1) { numbers in
      numbers.map { number in
        var visit = Visit(query: Array(query[number * dimension..<(number + 1) * dimension]), radius: Float(base.kernel.radius), count: base.count)
        if !nodes.isEmpty { self.visit(0, distance(0, visit.query), &visit) }
        return visit.nearest.map { base.kernel.worth(at: Double($0)) }
      }
    }
    var sums = [Double](repeating: 0, count: base.count)
    for worths in found { for (item, worth) in worths.enumerated() { sums[item] += worth } }
    return FeatureSetIndex.ranked(sums, queryCount: queryCount, limit: limit)
  }

  /// What the search for one feature has found.
  private struct Visit {
    let query: [Float]
    let radius: Float
    /// For each item the nearest distance so far; the radius at first.
    var nearest: [Float]
    var squares = [Float](repeating: 0, count: leafSize)

    init(query: [Float], radius: Float, count: Int) {
      self.query = query
      self.radius = radius
      nearest = [Float](repeating: radius, count: count)
    }
  }

  /// - Parameter away: how far the query is from the centre of the node.
  private func visit(_ number: Int, _ away: Float, _ visit: inout Visit) {
    let node = nodes[number]
    let bound = away - node.radius
    guard bound < visit.radius, node.items.contains(where: { visit.nearest[Int(items[$0])] > bound }) else { return }
    guard node.second == 0 else {
      // The nearer one first: what it finds may spare the other.
      let (first, second) = (distance(number + 1, visit.query), distance(node.second, visit.query))
      if first <= second {
        self.visit(number + 1, first, &visit)
        self.visit(node.second, second, &visit)
      } else {
        self.visit(node.second, second, &visit)
        self.visit(number + 1, first, &visit)
      }
      return
    }
    compare(node.range, &visit)
    for (position, place) in node.range.enumerated() {
      let owner = Int(owners[place])
      visit.nearest[owner] = min(visit.nearest[owner], max(0, visit.squares[position]).squareRoot())
    }
  }

  private func compare(_ range: Range<Int>, _ visit: inout Visit) {
    unsafe features.withUnsafeBufferPointer { features in
      unsafe visit.query.withUnsafeBufferPointer { query in
        unsafe visit.squares.withUnsafeMutableBufferPointer { squares in
          unsafe DistanceKernels.current.squaredEuclidean(
            query.baseAddress.unsafelyUnwrapped,
            RowPointer(
              base: features.baseAddress.unsafelyUnwrapped + range.lowerBound * dimension, stride: dimension, dimension: dimension),
            indices: nil, count: range.count, into: squares.baseAddress.unsafelyUnwrapped)
        }
      }
    }
  }

  private func distance(_ number: Int, _ query: [Float]) -> Float {
    var square: Float = 0
    for index in 0..<dimension {
      let difference = centres[number * dimension + index] - query[index]
      square += difference * difference
    }
    return square.squareRoot()
  }
}
