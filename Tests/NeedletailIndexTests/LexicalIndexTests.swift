import Foundation
import NeedletailIndex
import NeedletailNumerics
import Testing

@Suite struct LexicalIndexTests {
  @Test func scoresAreThoseOfTheFormula() throws {
    let index = LexicalCollection(documents: [["a", "b", "a"], ["b"], ["c", "c", "c", "c"], []]).index
    let results = try index.search(["a", "b"], parameters: BM25Parameters(saturation: 1.2, lengthNormalization: 0.75))
    func idf(_ frequency: Double) -> Double { log(1 + (4 - frequency + 0.5) / (frequency + 0.5)) }
    func share(_ count: Double, _ length: Double) -> Double { count / (count + 1.2 * (0.25 + 0.75 * length / 2)) }
    #expect(results.map(\.row) == [0, 1])
    #expect(abs(Double(results[0].score) - (idf(1) * share(2, 3) + idf(2) * share(1, 3))) < 1e-6)
    #expect(abs(Double(results[1].score) - idf(2) * share(1, 1)) < 1e-6)
  }

  @Test func knowsItsDocuments() {
    let index = LexicalCollection(documents: [["a", "b", "a"], [], ["", "é"]]).index
    #expect(index.count == 3)
    #expect(index.termCount == 3)
    #expect(index.totalLength == 4)
    #expect((0..<3).map { index.length(of: $0) } == [3, 0, 1])
    #expect(["a", "b", "é", "c", "", "ab"].map { index.documentFrequency(of: $0) } == [1, 1, 1, 0, 0, 0])
    #expect(index.byteCount > 0)
    #expect(!index.isMapped)
  }

  @Test func anEmptyIndexFindsNothing() throws {
    let index = LexicalIndexBuilder().build()
    #expect(try index.search(["a"]).isEmpty)
    let empty = LexicalCollection(documents: [[], []]).index
    #expect(try empty.search(["a"]).isEmpty)
    let full = LexicalCollection(documents: [["a"]]).index
    #expect(try full.search([]).isEmpty)
    #expect(try full.search(["", "b"]).isEmpty)
    #expect(try full.search(["a"], options: SearchOptions(limit: 0)).isEmpty)
  }

  @Test func refusesParametersOutsideTheirRange() {
    let index = LexicalCollection(documents: [["a"]]).index
    for parameters in [
      BM25Parameters(saturation: -1), BM25Parameters(saturation: .nan), BM25Parameters(lengthNormalization: 1.5),
      BM25Parameters(lengthNormalization: .nan),
    ] {
      #expect(throws: IndexError.self) { _ = try index.search(["a"], parameters: parameters) }
    }
  }

  @Test func negativeLimitsAreErrorsAndLargeOnesAreNot() throws {
    let index = LexicalCollection(documents: [["a"], ["b", "a"]]).index
    for limit in [-1, Int.min] {
      #expect(throws: IndexError.self) { _ = try index.search(["a"], options: SearchOptions(limit: limit)) }
    }
    #expect(try index.search(["a"], options: SearchOptions(limit: .max)).count == 2)
  }

  @Test(arguments: [UInt64](1...12))
  func pruningChangesNoResult(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let collection = LexicalCollection.random(&random)
    for _ in 0..<40 {
      let query = collection.query(&random)
      let parameters = BM25Parameters(
        saturation: [0, 0.9, 1.2, 5].randomElement(using: &random) ?? 0.9, lengthNormalization: [0, 0.4, 1].randomElement(using: &random) ?? 0.4)
      var options = SearchOptions(limit: [1, 3, 10, 100, 700, 5000].randomElement(using: &random) ?? 10)
      if Bool.random(using: &random) { options.within = collection.rows(&random) }
      if Bool.random(using: &random) { options.excluding = collection.rows(&random) }
      let pruned = try collection.index.search(query, parameters: parameters, options: options)
      let pivoted = try collection.index.search(query, parameters: parameters, options: options, algorithm: .blockMaxWAND)
      #expect(pivoted == pruned)
      options.isExact = true
      #expect(pruned == (try collection.index.search(query, parameters: parameters, options: options)))
      #expect(pruned == (try collection.index.search(query, parameters: parameters, options: options, algorithm: .blockMaxWAND)))
      let expected = collection.search(query, parameters, options)
      #expect(pruned.count == expected.count)
      for (found, wanted) in zip(pruned, expected) {
        #expect(abs(Double(found.score) - wanted.score) <= 1e-5 * (1 + wanted.score))
      }
      checkOrder(pruned, against: expected)
    }
  }

  /// Equal rows, but for neighbours whose scores differ by no more than rounding.
  private func checkOrder(_ found: [Neighbour], against expected: [(row: Row, score: Double)]) {
    let scores = Dictionary(uniqueKeysWithValues: expected.map { ($0.row, $0.score) })
    for (place, neighbour) in found.enumerated() {
      let wanted = expected[place]
      if neighbour.row != wanted.row { #expect(abs((scores[neighbour.row] ?? wanted.score) - wanted.score) <= 1e-5 * (1 + wanted.score)) }
      if place > 0 {
        let before = found[place - 1]
        #expect(before.score > neighbour.score || before.score == neighbour.score && before.row < neighbour.row)
      }
    }
  }

  @Test func segmentsScoreAsOneCollection() throws {
    var random = SeededGenerator(seed: 77)
    let whole = LexicalCollection.random(&random)
    let border = whole.documents.count / 3
    let parts = [LexicalCollection(documents: Array(whole.documents[..<border])), LexicalCollection(documents: Array(whole.documents[border...]))]
    for _ in 0..<60 {
      let query = whole.query(&random)
      let statistics = LexicalStatistics(of: parts.map(\.index), terms: query)
      var best = TopK(capacity: 20)
      for (part, first) in zip(parts, [0, border]) {
        for neighbour in try part.index.search(query, statistics: statistics, options: SearchOptions(limit: 20)) {
          best.insert(row: neighbour.row + Row(first), score: neighbour.score)
        }
      }
      let merged = best.ranked.map { Neighbour(row: $0.row, score: $0.score) }
      #expect(merged == (try whole.index.search(query, options: SearchOptions(limit: 20))))
    }
  }

  @Test func fillsTheLimitWheneverEnoughRowsMatch() throws {
    let collection = LexicalCollection(documents: (0..<9000).map { $0.isMultiple(of: 3) ? ["a", "x\($0 % 7)"] : ["b"] })
    let within = RowSet((0..<9000).filter { $0.isMultiple(of: 5) }.map(Row.init))
    let results = try collection.index.search(["a"], options: SearchOptions(limit: 600, within: within))
    #expect(results.count == 600)
    #expect(results.allSatisfy { $0.row.isMultiple(of: 15) })
    let few = RowSet([0, 3, 6, 7, 100_000] as [Row])
    #expect(try collection.index.search(["a"], options: SearchOptions(limit: 10, within: few)).map(\.row).sorted() == [0, 3, 6])
  }

  @Test func aTermThatOccursTwiceCountsTwice() throws {
    let index = LexicalCollection(documents: [["a", "b"], ["b", "c"], ["c", "a"]]).index
    let once = try index.search(["a"])
    let twice = try index.search(["a", "a"])
    #expect(zip(once, twice).allSatisfy { abs($0.score * 2 - $1.score) < 1e-5 && $0.row == $1.row })
  }
}
