internal import NeedletailNumerics

/// The best candidates of a graph search, sorted, each with a mark whether its links were followed ("search buffer" of
/// Vamana and SVS; it takes the place of HNSW's two heaps).
///
/// A candidate is one integer: in the upper half the score, inverted so that a lower integer is nearer; below it the
/// row and the mark. Inserting moves a few hundred bytes at most, which is faster than a heap up to some hundred
/// candidates.
@safe struct SearchBuffer: ~Copyable {
  private var keys: UnsafeMutablePointer<UInt64>
  private var allocated: Int
  private var capacity = 0
  private(set) var count = 0
  // No unexpanded candidate stands before this place.
  private var next = 0

  init() {
    allocated = 256
    unsafe keys = UnsafeMutablePointer.allocate(capacity: allocated)
  }

  deinit {
    unsafe keys.deallocate()
  }

  mutating func reset(capacity: Int) {
    self.capacity = capacity
    count = 0
    next = 0
    guard capacity > allocated else { return }
    unsafe keys.deallocate()
    allocated = capacity
    unsafe keys = UnsafeMutablePointer.allocate(capacity: allocated)
  }

  /// Offers a candidate that was not offered before.
  @inline(__always)
  mutating func insert(row: Row, score: Float) {
    let key = UInt64(~RankKey.ordered(score)) << 32 | UInt64(row) << 1
    if count == capacity {
      guard unsafe key < keys[count - 1] else { return }
      count -= 1
    }
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if unsafe keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    unsafe (keys + low + 1).update(from: keys + low, count: count - low)
    unsafe keys[low] = key
    count += 1
    if low < next { next = low }
  }

  /// The nearest candidate whose links were not followed yet; it counts as followed from now on.
  @inline(__always)
  mutating func takeNearest() -> Row? {
    while next < count {
      let key = unsafe keys[next]
      if key & 1 == 0 {
        unsafe keys[next] = key | 1
        next += 1
        return Row(truncatingIfNeeded: key >> 1) & 0x7fff_ffff
      }
      next += 1
    }
    return nil
  }

  /// The candidate that will probably be taken next.
  @inline(__always)
  var upcoming: Row? {
    next < count ? unsafe Row(truncatingIfNeeded: keys[next] >> 1) & 0x7fff_ffff : nil
  }

  /// A candidate by rank.
  @inline(__always)
  subscript(rank: Int) -> (row: Row, score: Float) {
    precondition(rank < count)
    let key = unsafe keys[rank]
    return (Row(truncatingIfNeeded: key >> 1) & 0x7fff_ffff, RankKey.score(ordered: ~UInt32(key >> 32)))
  }
}
