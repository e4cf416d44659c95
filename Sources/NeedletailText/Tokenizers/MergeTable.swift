/// The pairs of tokens that join, with the token they give and their rank: hashed by the pair, with linear probing.
struct MergeTable: Sendable {
  /// `left << 32 | right`; all ones where empty.
  private var pairs: [UInt64]
  /// `rank << 32 | token`.
  private var values: [UInt64]
  private let shift: UInt64

  static let none = UInt64.max

  /// - Parameter merges: pairs of ids with the id they give, in the order of their ranks; of a pair that occurs twice the last counts.
  init(_ merges: [(left: Int32, right: Int32, joined: Int32)]) {
    var bits: UInt64 = 4
    while 1 << bits < 2 * merges.count { bits += 1 }
    shift = 64 - bits
    pairs = Array(repeating: .max, count: 1 << bits)
    values = Array(repeating: Self.none, count: 1 << bits)
    for (rank, merge) in merges.enumerated() {
      let pair = Self.pair(merge.left, merge.right)
      var slot = self.slot(of: pair)
      while pairs[slot] != .max, pairs[slot] != pair { slot = (slot + 1) & (pairs.count - 1) }
      pairs[slot] = pair
      values[slot] = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: merge.joined))
    }
  }

  /// What two neighbours give, the rank in the upper half and the token in the lower; `none` if they do not join.
  @inline(__always)
  func value(_ left: Int32, _ right: Int32) -> UInt64 {
    let pair = Self.pair(left, right)
    var slot = self.slot(of: pair)
    while pairs[slot] != pair {
      if pairs[slot] == .max { return Self.none }
      slot = (slot + 1) & (pairs.count - 1)
    }
    return values[slot]
  }

  @inline(__always)
  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  @inline(__always)
  private func slot(of pair: UInt64) -> Int { Int((pair &* 0x9E37_79B9_7F4A_7C15) >> shift) }
}

/// The symbols of a word while they are being merged.
struct MergeRoom {
  var symbols: [TokenPiece] = []
  private var values: [UInt64] = []
  private var next: [Int32] = []
  private var previous: [Int32] = []
  private var heap = PairHeap()

  /// Up to so many symbols, looking at all pairs for each merge is faster than keeping them in order.
  private static let shortWord = 40

  /// Joins neighbours, always the pair of the lowest rank and among equals the leftmost, until none is left that joins.
  mutating func merge(by merges: MergeTable) {
    guard symbols.count > 1 else { return }
    if symbols.count <= Self.shortWord { mergeShort(merges) } else { mergeLong(merges) }
  }

  private mutating func mergeShort(_ merges: MergeTable) {
    values.removeAll(keepingCapacity: true)
    for index in 1..<symbols.count { values.append(merges.value(symbols[index - 1].id, symbols[index].id)) }
    while true {
      var best = MergeTable.none
      var place = -1
      for index in values.indices where values[index] >> 32 < best >> 32 {
        best = values[index]
        place = index
      }
      guard place >= 0 else { return }
      symbols[place] = TokenPiece(id: Int32(truncatingIfNeeded: best), end: symbols[place + 1].end)
      symbols.remove(at: place + 1)
      values.remove(at: place)
      if place > 0 { values[place - 1] = merges.value(symbols[place - 1].id, symbols[place].id) }
      if place < values.count { values[place] = merges.value(symbols[place].id, symbols[place + 1].id) }
    }
  }

  /// The same with a heap of pairs and a linked list of symbols, in n log n.
  private mutating func mergeLong(_ merges: MergeTable) {
    let count = symbols.count
    next = (1...Int32(count)).map { $0 < count ? $0 : -1 }
    previous = (0..<Int32(count)).map { $0 - 1 }
    heap.removeAll()
    for index in 1..<count { push(index - 1, index, merges) }
    while let (rank, place) = heap.pop() {
      guard symbols[place].id >= 0, next[place] >= 0 else { continue }
      let right = Int(next[place])
      let value = merges.value(symbols[place].id, symbols[right].id)
      guard value != MergeTable.none, value >> 32 == rank else { continue }
      symbols[place] = TokenPiece(id: Int32(truncatingIfNeeded: value), end: symbols[right].end)
      symbols[right].id = -1
      next[place] = next[right]
      if next[place] >= 0 { previous[Int(next[place])] = Int32(place) }
      if previous[place] >= 0 { push(Int(previous[place]), place, merges) }
      if next[place] >= 0 { push(place, Int(next[place]), merges) }
    }
    symbols.removeAll { $0.id < 0 }
  }

  private mutating func push(_ left: Int, _ right: Int, _ merges: MergeTable) {
    let value = merges.value(symbols[left].id, symbols[right].id)
    if value != MergeTable.none { heap.push(value & ~0xFFFF_FFFF | UInt64(left)) }
  }
}

/// A binary heap of `rank << 32 | place`, the smallest on top.
private struct PairHeap {
  private var keys: [UInt64] = []

  mutating func removeAll() { keys.removeAll(keepingCapacity: true) }

  mutating func push(_ key: UInt64) {
    keys.append(key)
    var child = keys.count - 1
    while child > 0, keys[(child - 1) / 2] > keys[child] {
      keys.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop() -> (rank: UInt64, place: Int)? {
    guard let top = keys.first else { return nil }
    let last = keys.removeLast()
    if !keys.isEmpty {
      keys[0] = last
      sink()
    }
    return (top >> 32, Int(top & 0xFFFF_FFFF))
  }

  private mutating func sink() {
    var parent = 0
    while true {
      let left = 2 * parent + 1
      guard left < keys.count else { return }
      let smaller = left + 1 < keys.count && keys[left + 1] < keys[left] ? left + 1 : left
      guard keys[smaller] < keys[parent] else { return }
      keys.swapAt(parent, smaller)
      parent = smaller
    }
  }
}
