import Foundation
import NeedletailIndex
import NeedletailNumerics
import Testing

@Suite struct RowSetTests {
  /// Pairs of sets with the same members as ordinary Swift sets.
  private static func samples() -> [(RowSet, Set<Row>)] {
    var generator = SeededGenerator(seed: 11)
    var samples: [(RowSet, Set<Row>)] = [(RowSet(), [])]
    for (limit, count) in [(1, 1), (64, 20), (65, 65), (1_000, 3), (1_000, 400), (100_000, 50)] as [(Row, Int)] {
      let members = Set((0..<count).map { _ in Row.random(in: 0..<limit, using: &generator) })
      samples.append((RowSet(members), members))
    }
    return samples
  }

  @Test func behavesAsASet() {
    for (rows, members) in Self.samples() {
      #expect(rows.count == members.count)
      #expect(rows.isEmpty == members.isEmpty)
      #expect(Array(rows) == members.sorted())
      for row in [0, 1, 63, 64, 65, 999, 99_999, .max] as [Row] { #expect(rows.contains(row) == members.contains(row)) }
    }
  }

  @Test func combinesAsSetsDo() {
    for (left, leftMembers) in Self.samples() {
      for (right, rightMembers) in Self.samples() {
        #expect(Array(left.union(right)) == leftMembers.union(rightMembers).sorted())
        #expect(Array(left.intersection(right)) == leftMembers.intersection(rightMembers).sorted())
        #expect(Array(left.subtracting(right)) == leftMembers.subtracting(rightMembers).sorted())
        #expect(left.union(right).count == leftMembers.union(rightMembers).count)
        #expect(left.isSubset(of: right) == leftMembers.isSubset(of: rightMembers))
        #expect((left == right) == (leftMembers == rightMembers))
      }
    }
  }

  @Test func insertingAndRemovingKeepsTheCount() {
    var rows = RowSet()
    var members: Set<Row> = []
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<5_000 {
      let row = Row.random(in: 0..<600, using: &generator)
      if Bool.random(using: &generator) {
        #expect(rows.insert(row) == members.insert(row).inserted)
      } else {
        #expect(rows.remove(row) == (members.remove(row) != nil))
      }
      #expect(rows.count == members.count)
    }
    #expect(Array(rows) == members.sorted())
  }

  @Test func rangesHoldExactlyTheirRows() {
    for range in [0..<0, 0..<1, 0..<64, 1..<64, 63..<65, 64..<128, 5..<200] as [Range<Row>] {
      #expect(Array(RowSet(range)) == Array(range))
      #expect(RowSet(range).count == range.count)
    }
    #expect(Array(RowSet(3..<6).complement(count: 8)) == [0, 1, 2, 6, 7])
  }

  @Test func rankCountsTheMembersBelow() {
    for (rows, members) in Self.samples() {
      for row in [0, 1, 63, 64, 500, 1_000_000] as [Row] {
        #expect(rows.rank(of: row) == members.count { $0 < row })
      }
    }
  }

  @Test func equalSetsAreEqualHoweverTheyGrew() {
    var grown = RowSet([5])
    grown.insert(5_000)
    grown.remove(5_000)
    #expect(grown == RowSet([5]))
    #expect(grown.hashValue == RowSet([5]).hashValue)
    #expect(grown.bytes == [32])
  }

  @Test func survivesBytesAndJSON() throws {
    for (rows, _) in Self.samples() {
      #expect(RowSet(bytes: rows.bytes) == rows)
      #expect(try JSONDecoder().decode(RowSet.self, from: JSONEncoder().encode(rows)) == rows)
    }
  }
}
