internal import NeedletailNumerics

/// Rows with equal vectors: one of them stands in the graph for all.
///
/// Without that, a hundred copies fill each other's links, and a search that comes near never leaves again.
struct Duplicates: Sendable {
  /// A row outside the graph and the one inside that stands for it.
  struct Pair: BitwiseCopyable, Sendable {
    var representative: Row
    var follower: Row
  }

  /// Sorted by representative, then by follower.
  let pairs: Column<Pair>
  /// All followers.
  let followers: RowSet

  init(_ pairs: Column<Pair>) {
    self.pairs = pairs
    followers = RowSet(pairs.elements.lazy.map(\.follower))
  }

  /// Finds rows whose stored vectors are equal bit for bit; the lowest row of each group stands for it.
  init(in vectors: EncodedVectors, excluding absent: RowSet, pool: WorkerPool) {
    let rows = vectors.exact.region
    let rowBytes = vectors.count == 0 ? 0 : rows.count / vectors.count
    let hashes = unsafe Column<UInt64>(count: vectors.count) { hashes in
      nonisolated(unsafe) let hashes = unsafe hashes
      let rowsPerTask = 8_192
      pool.forEach((vectors.count + rowsPerTask - 1) / rowsPerTask) { task in
        for row in task * rowsPerTask..<min(vectors.count, (task + 1) * rowsPerTask) {
          unsafe hashes[row] = Self.hash(rows.bytes[row * rowBytes..<(row + 1) * rowBytes])
        }
      }
    }
    var first: [UInt64: Row] = [:]
    first.reserveCapacity(vectors.count)
    var pairs: [Pair] = []
    for row in 0..<vectors.count where !absent.contains(Row(row)) {
      guard let earlier = first[hashes[row]] else {
        first[hashes[row]] = Row(row)
        continue
      }
      let start = Int(earlier) * rowBytes
      let isEqual = unsafe rows.bytes[start..<start + rowBytes]
        .elementsEqual(rows.bytes[row * rowBytes..<(row + 1) * rowBytes])
      if isEqual { pairs.append(Pair(representative: earlier, follower: Row(row))) }
    }
    pairs.sort { ($0.representative, $0.follower) < ($1.representative, $1.follower) }
    self.init(Column(pairs))
  }

  var isEmpty: Bool { pairs.count == 0 }

  /// The rows that `representative` stands for, itself not among them.
  func followers(of representative: Row) -> [Row] {
    var low = 0
    var high = pairs.count
    while low < high {
      let middle = (low + high) / 2
      if pairs[middle].representative < representative { low = middle + 1 } else { high = middle }
    }
    var result: [Row] = []
    while low < pairs.count, pairs[low].representative == representative {
      result.append(pairs[low].follower)
      low += 1
    }
    return result
  }

  /// The rows of the graph that stand for an allowed row.
  func representatives(of allowed: RowSet) -> RowSet {
    guard !isEmpty else { return allowed }
    var result = allowed.subtracting(followers)
    for index in 0..<pairs.count where allowed.contains(pairs[index].follower) {
      result.insert(pairs[index].representative)
    }
    return result
  }

  /// Whether every pair names rows below `count` and the order holds.
  func areValid(count: Int) -> Bool {
    var previous: (Row, Row)?
    for pair in pairs.elements {
      guard pair.representative < pair.follower, pair.follower < count else { return false }
      if let previous, (pair.representative, pair.follower) <= previous { return false }
      previous = (pair.representative, pair.follower)
    }
    return followers.count == pairs.count
  }

  private static func hash(_ bytes: Slice<UnsafeRawBufferPointer>) -> UInt64 {
    var hash: UInt64 = 0x9e37_79b9_7f4a_7c15
    // Rows are whole cache lines.
    for offset in unsafe stride(from: 0, to: bytes.count, by: 8) {
      let word = unsafe UnsafeRawBufferPointer(rebasing: bytes).load(fromByteOffset: offset, as: UInt64.self)
      hash = (hash ^ word) &* 0xff51_afd7_ed55_8ccd
      hash ^= hash >> 32
    }
    return hash
  }
}

extension TopK {
  /// The best after the rows have joined that some of these stand for.
  func expanded(by duplicates: Duplicates, limit: Int, _ allowed: RowSet?) -> [Neighbour] {
    guard !duplicates.isEmpty else { return neighbours }
    var best = TopK(capacity: limit)
    for (representative, score) in ranked {
      for row in [representative] + duplicates.followers(of: representative) where allowed?.contains(row) ?? true {
        best.insert(row: row, score: score)
      }
    }
    return best.neighbours
  }
}
