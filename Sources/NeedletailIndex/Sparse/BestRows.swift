internal import NeedletailNumerics

/// The rows with the highest whole-number scores of a stream, as a heap with the worst at its root.
///
/// Among equal scores the lower row is better. Scores of 0 are not kept.
struct BestRows {
  private let capacity: Int
  /// Score and complemented row in one integer.
  private var heap: [UInt64] = []
  /// What a newcomer has to reach: the worst score once all places are taken, 0 before.
  private(set) var threshold: Float = 0

  init(capacity: Int) {
    self.capacity = capacity
    heap.reserveCapacity(min(capacity, 1024))
  }

  var count: Int { heap.count }

  /// The kept rows, best first.
  var ranked: [(row: Row, score: Int32)] {
    heap.sorted(by: >).map { (~Row(truncatingIfNeeded: $0), Int32($0 >> 32)) }
  }

  var rows: [Row] { ranked.map(\.row) }

  @inline(__always)
  mutating func insert(row: Row, score: Int32) {
    guard score > 0 else { return }
    let key = UInt64(UInt32(score)) << 32 | UInt64(~row)
    if heap.count == capacity {
      guard let worst = heap.first, key > worst else { return }
      replaceWorst(key)
    } else {
      append(key)
    }
    if heap.count == capacity { threshold = Float(heap[0] >> 32) }
  }

  private mutating func append(_ key: UInt64) {
    heap.append(key)
    var place = heap.count - 1
    while place > 0, heap[(place - 1) / 2] > key {
      heap[place] = heap[(place - 1) / 2]
      place = (place - 1) / 2
    }
    heap[place] = key
  }

  private mutating func replaceWorst(_ key: UInt64) {
    var place = 0
    while true {
      var child = 2 * place + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      guard heap[child] < key else { break }
      heap[place] = heap[child]
      place = child
    }
    heap[place] = key
  }
}
