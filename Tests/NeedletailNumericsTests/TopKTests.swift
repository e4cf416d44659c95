import NeedletailNumerics
import Testing

@Suite struct TopKTests {
  @Test(arguments: [0, 1, 2, 10, 100, 511, 512, 513, 700])
  func keepsWhatSortingKeeps(capacity: Int) {
    var generator = SeededGenerator(seed: UInt64(capacity))
    for count in [0, 1, capacity, 3 * capacity + 5, 5_000] {
      // Few different scores, so that ties are frequent.
      let scores = (0..<count).map { _ in Float(Int.random(in: -50...50, using: &generator)) / 8 }
      var best = TopK(capacity: capacity)
      for (row, score) in scores.enumerated() { best.insert(row: UInt32(row), score: score) }
      let expected = scores.enumerated()
        .sorted { ($0.element, $1.offset) > ($1.element, $0.offset) }.prefix(capacity)
      #expect(best.ranked.map(\.row) == expected.map { UInt32($0.offset) })
      #expect(best.ranked.map(\.score) == expected.map(\.element))
    }
  }

  @Test func mergingEqualsOneStream() {
    var generator = SeededGenerator(seed: 5)
    for capacity in [3, 600] {
      var whole = TopK(capacity: capacity)
      var parts = [TopK](repeating: TopK(capacity: capacity), count: 4)
      for row in 0..<UInt32(4_000) {
        let score = Float.random(in: -1...1, using: &generator)
        whole.insert(row: row, score: score)
        parts[Int(row) % 4].insert(row: row, score: score)
      }
      var merged = TopK(capacity: capacity)
      for part in parts { merged.merge(part) }
      #expect(merged.ranked.map(\.row) == whole.ranked.map(\.row))
    }
  }

  @Test func whatIsNotANumberRanksLastAndZerosAreEqual() {
    var best = TopK(capacity: 4)
    best.insert(row: 0, score: .nan)
    best.insert(row: 1, score: -.infinity)
    best.insert(row: 3, score: -0.0)
    best.insert(row: 2, score: 0)
    #expect(best.ranked.map(\.row) == [2, 3, 0, 1])
  }

  @Test func thresholdIsWhatANewcomerHasToReach() {
    var best = TopK(capacity: 2)
    #expect(best.threshold == -.infinity)
    best.insert(row: 0, score: 1)
    best.insert(row: 1, score: 3)
    #expect(best.threshold == 1)
    let isBetterKept = best.insert(row: 2, score: 2)
    let isWorseKept = best.insert(row: 3, score: 1)
    #expect(isBetterKept && !isWorseKept)
    #expect(best.threshold == 2)
  }
}

@Suite struct RankKeyOrderingTests {
  /// Random, ascending, descending, equal but for the row, and with keys that come twice.
  private static func keys(_ count: Int, shape: Int, _ random: inout SeededGenerator) -> [RankKey] {
    (0..<count).map { place in
      switch shape {
      case 0: RankKey(score: .random(in: -9...9, using: &random), row: UInt32(place))
      case 1: RankKey(score: Float(place), row: UInt32(place))
      case 2: RankKey(score: Float(-place), row: UInt32(place))
      case 3: RankKey(score: 1, row: UInt32(place))
      default: RankKey(score: Float(place % 3), row: UInt32(place % 5))
      }
    }
  }

  @Test(arguments: 0..<5)
  func theLargestComeFirstAndSortedAsBySorting(shape: Int) {
    var random = SeededGenerator(seed: UInt64(shape))
    for count in [0, 1, 2, 31, 32, 33, 127, 128, 1000, 4001] {
      let keys = Self.keys(count, shape: shape, &random)
      let expected = keys.sorted(by: >)
      var sorted = keys
      unsafe sorted.withUnsafeMutableBufferPointer { unsafe RankKey.sortDescending($0) }
      #expect(sorted == expected)
      for largest in Set([0, 1, count / 3, count - 1, count].filter { $0 >= 0 && $0 <= count }) {
        var chosen = keys
        unsafe chosen.withUnsafeMutableBufferPointer { unsafe RankKey.moveLargest(largest, of: $0) }
        #expect(chosen.prefix(largest).sorted(by: >) == Array(expected.prefix(largest)))
        #expect(chosen.sorted(by: >) == expected)
      }
    }
  }
}
