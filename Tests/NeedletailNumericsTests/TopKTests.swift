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
