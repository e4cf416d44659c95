/// The `capacity` best of a stream of scored rows.
///
/// Up to some hundred entries are kept sorted in a fixed buffer: nearly all of a long stream fails one comparison with
/// the worst kept, so this beats a heap. Larger selections collect more than they keep and select now and then.
///
/// A higher score ranks earlier, among equals the lower row. Complexity: O(1) for a row that is not kept, O(`capacity`)
/// moves of eight bytes (O(log `capacity`) comparisons for a large one) for one that is.
public struct TopK: Sendable {
  /// How many are kept at most.
  public let capacity: Int
  /// The score of the worst kept row once `capacity` are kept, negative infinity before: what a newcomer has to reach
  /// to have a chance. A large selection may lag behind.
  public private(set) var threshold: Float
  // Sorted, best first, in a small selection. A large one holds up to `roomForMore` times `capacity` in any order.
  private var keys: [RankKey] = []

  private static let largestSorted = 512
  private static let roomForMore = 2
  private var isSorted: Bool { capacity <= Self.largestSorted }

  public init(capacity: Int) {
    self.capacity = max(0, capacity)
    threshold = capacity > 0 ? -.infinity : .infinity
    if isSorted { keys.reserveCapacity(self.capacity) }
  }

  /// Offers one row; returns whether it was kept for now.
  @discardableResult
  public mutating func insert(row: UInt32, score: Float) -> Bool {
    insert(RankKey(score: score, row: row))
  }

  /// Offers everything that another selection kept.
  public mutating func merge(_ other: TopK) {
    for key in other.keys { insert(key) }
  }

  /// The kept rows, best first.
  public var ranked: [(row: UInt32, score: Float)] {
    guard !isSorted else { return keys.map { ($0.row, $0.score) } }
    var sorted = self
    if keys.count > capacity { sorted.select() }
    unsafe sorted.keys.withUnsafeMutableBufferPointer { unsafe RankKey.sortDescending($0) }
    return sorted.keys.map { ($0.row, $0.score) }
  }

  @discardableResult
  private mutating func insert(_ key: RankKey) -> Bool {
    guard key.score >= threshold else { return false }
    return isSorted ? insertSorted(key) : collect(key)
  }

  private mutating func insertSorted(_ key: RankKey) -> Bool {
    if keys.count == capacity {
      guard let worst = keys.last, key > worst else { return false }
      keys.removeLast()
    }
    var place = keys.count
    keys.append(key)
    while place > 0, keys[place - 1] < key {
      keys[place] = keys[place - 1]
      place -= 1
    }
    keys[place] = key
    if keys.count == capacity { threshold = keys[capacity - 1].score }
    return true
  }

  private mutating func collect(_ key: RankKey) -> Bool {
    keys.append(key)
    if keys.count == Self.roomForMore * capacity { select() }
    return true
  }

  /// Drops all but the best, which are at least as many.
  private mutating func select() {
    unsafe keys.withUnsafeMutableBufferPointer { unsafe RankKey.moveLargest(capacity, of: $0) }
    keys.removeLast(keys.count - capacity)
    threshold = keys.min()?.score ?? threshold
  }
}
