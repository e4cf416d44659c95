/// A set of byte strings with a number each, as a double array: one memory access per byte of a key.
///
/// J. Aoe, "An efficient digital search algorithm by using a double-array structure", IEEE Transactions on Software
/// Engineering 15(9), 1989; children are placed by exclusive-or, as in S. Yata's later libraries, so that the children of
/// a node share a block of 256 slots.
struct ByteTrie: Sendable {
  /// A node's number in the array; the empty string is node 0.
  typealias Node = Int

  /// Low half: where the children are (exclusive-or with the byte gives the slot). High half: the parent, or `free`.
  private var units: [UInt64] = []
  /// The number of the key that ends at the node, or -1.
  private var values: [Int32] = []

  private static let free = UInt32.max

  static let root: Node = 0

  /// The node that `byte` leads to, or nil.
  @inline(__always)
  func child(of node: Node, _ byte: UInt8) -> Node? {
    let slot = Int(units[node] & 0xFFFF_FFFF) ^ Int(byte)
    return units[slot] >> 32 == UInt64(node) ? slot : nil
  }

  /// The number of the key that ends at the node, or -1.
  @inline(__always)
  func value(at node: Node) -> Int32 { values[node] }

  /// The node that a string leads to, or nil.
  func node(for bytes: some Sequence<UInt8>) -> Node? {
    var node = Self.root
    for byte in bytes {
      guard let next = child(of: node, byte) else { return nil }
      node = next
    }
    return node
  }

  /// The number of a key, or nil.
  func value(for bytes: some Sequence<UInt8>) -> Int32? {
    guard let node = node(for: bytes) else { return nil }
    return values[node] < 0 ? nil : values[node]
  }
}

extension ByteTrie {
  /// Builds the trie of `keys`, which are distinct; key number `i` has the value `values[i]`.
  init(keys: [[UInt8]], values keyValues: [Int32]) {
    precondition(keys.count == keyValues.count, "each key needs a value")
    let order = keys.indices.sorted { keys[$0].lexicographicallyPrecedes(keys[$1]) }
    grow(to: 256)
    // The root is nobody's child and not free either. A leaf keeps the base 0: no slot there names it as parent.
    units[Self.root] = UInt64(Self.free - 1) << 32
    var searchStart = 1
    var pending: [(node: Node, keys: Range<Int>, depth: Int)] = [(Self.root, order.indices, 0)]
    var labels: [UInt8] = []
    var groups: [Range<Int>] = []
    while let (node, range, depth) = pending.popLast() {
      labels.removeAll(keepingCapacity: true)
      groups.removeAll(keepingCapacity: true)
      var position = range.lowerBound
      while position < range.upperBound, keys[order[position]].count == depth {
        values[node] = keyValues[order[position]]
        position += 1
      }
      while position < range.upperBound {
        let label = keys[order[position]][depth]
        var end = position + 1
        while end < range.upperBound, keys[order[end]][depth] == label { end += 1 }
        labels.append(label)
        groups.append(position..<end)
        position = end
      }
      guard !labels.isEmpty else { continue }
      let base = place(labels, from: &searchStart)
      units[node] = units[node] & ~0xFFFF_FFFF | UInt64(base)
      for (label, group) in zip(labels, groups) {
        let slot = base ^ Int(label)
        units[slot] = UInt64(node) << 32
        pending.append((slot, group, depth + 1))
      }
    }
  }

  /// Finds a base such that the slot of every label is free; slots before `searchStart` are taken, or were tried too often.
  private mutating func place(_ labels: [UInt8], from searchStart: inout Int) -> Int {
    while searchStart < units.count, !isFree(searchStart) { searchStart += 1 }
    var slot = searchStart
    var attempts = 0
    while true {
      if slot >= units.count { grow(to: units.count + 256) }
      if isFree(slot) {
        let base = slot ^ Int(labels[0])
        if labels.allSatisfy({ isFree(base ^ Int($0)) }) {
          // Giving up room that was tried in vain keeps building linear.
          if attempts > 512 { searchStart = max(searchStart, slot - 256) }
          return base
        }
        attempts += 1
      }
      slot += 1
    }
  }

  private func isFree(_ slot: Int) -> Bool { units[slot] >> 32 == UInt64(Self.free) }

  private mutating func grow(to count: Int) {
    units.append(contentsOf: repeatElement(UInt64(Self.free) << 32, count: count - units.count))
    values.append(contentsOf: repeatElement(-1, count: count - values.count))
  }
}
