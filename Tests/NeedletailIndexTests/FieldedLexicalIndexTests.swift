import Foundation
import NeedletailIndex
import NeedletailNumerics
import Testing

/// Documents of several fields with an index of them, and the formula of BM25F in double precision as its oracle.
private struct FieldedCollection {
  let documents: [[[String]]]
  private let counts: [[[String: Double]]]
  let index: LexicalIndex

  init(documents: [[[String]]], fieldCount: Int) {
    self.documents = documents
    counts = documents.map { $0.map { field in field.reduce(into: [:]) { $0[$1, default: 0] += 1 } } }
    var builder = LexicalIndexBuilder(fieldCount: fieldCount)
    for document in documents { builder.add(fields: document) }
    index = builder.build()
  }

  static func random(fieldCount: Int, _ random: inout SeededGenerator) -> FieldedCollection {
    let count = [1, 70, 3000, 9000].randomElement(using: &random) ?? 70
    let vocabulary: Double = [3, 40, 500].randomElement(using: &random) ?? 40
    let documents = (0..<count).map { _ in
      (0..<fieldCount).map { field in
        let length = Int(pow(Double.random(in: 0..<1, using: &random), 3) * (field == 0 ? 8 : 40))
        return (0..<length).map { _ in
          let place: Double = Double.random(in: 0..<1, using: &random)
          return "t\(Int(place * place * vocabulary))"
        }
      }
    }
    return FieldedCollection(documents: documents, fieldCount: fieldCount)
  }

  func search(_ query: [String], _ parameters: FieldedBM25Parameters, within: RowSet?, limit: Int) -> [(row: Row, score: Double)] {
    let total = Double(documents.count)
    let averages = parameters.fields.indices.map { field in
      Double(documents.reduce(0) { $0 + $1[field].count }) / total
    }
    var frequencies: [String: Double] = [:]
    for term in Set(query) { frequencies[term] = Double(counts.count { $0.contains { $0[term] != nil } }) }
    var scored: [(row: Row, score: Double)] = []
    for (row, document) in documents.enumerated() where within?.contains(Row(row)) ?? true {
      var score = 0.0
      for term in query {
        let frequency = frequencies[term] ?? 0
        var occurrences = 0.0
        for (field, settings) in parameters.fields.enumerated() {
          guard let count = counts[row][field][term] else { continue }
          let b = Double(settings.lengthNormalization)
          occurrences += Double(settings.weight) * count / (1 - b + b * Double(document[field].count) / averages[field])
        }
        guard occurrences > 0 else { continue }
        score += log(1 + (total - frequency + 0.5) / (frequency + 0.5)) * occurrences / (occurrences + Double(parameters.saturation))
      }
      if score > 0 { scored.append((Row(row), score)) }
    }
    scored.sort { $0.score != $1.score ? $0.score > $1.score : $0.row < $1.row }
    return Array(scored.prefix(limit))
  }
}

@Suite struct FieldedLexicalIndexTests {
  private static func parameters(_ fieldCount: Int, _ random: inout SeededGenerator) -> FieldedBM25Parameters {
    let fields = (0..<fieldCount).map { field in
      BM25Field(
        weight: field == 0 ? 3 : [0, 0.5, 1, 20].randomElement(using: &random) ?? 1,
        lengthNormalization: [0, 0.4, 1].randomElement(using: &random) ?? 0.4)
    }
    return FieldedBM25Parameters(saturation: [0, 0.9, 2].randomElement(using: &random) ?? 0.9, fields: fields)
  }

  private static func query(_ random: inout SeededGenerator) -> [String] {
    (0..<Int.random(in: 1...6, using: &random)).map { _ in "t\(Int(pow(Double.random(in: 0..<1, using: &random), 2) * 45))" }
  }

  private static func boosts(_ query: [String]) -> [String: Double] { query.reduce(into: [:]) { $0[$1, default: 0] += 1 } }

  @Test(arguments: [UInt64](1...9))
  func scoresAreThoseOfTheFormulaAndPruningChangesNone(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let fieldCount = Int.random(in: 2...4, using: &random)
    let collection = FieldedCollection.random(fieldCount: fieldCount, &random)
    for _ in 0..<12 {
      let query = Self.query(&random)
      let parameters = Self.parameters(fieldCount, &random)
      var options = SearchOptions(limit: [1, 10, 600].randomElement(using: &random) ?? 10)
      if Bool.random(using: &random) {
        let share = [0.003, 0.5].randomElement(using: &random) ?? 0.5
        options.within = RowSet((0..<Row(collection.documents.count)).filter { _ in Double.random(in: 0..<1, using: &random) < share })
      }
      let found = try collection.index.search(boosts: Self.boosts(query), parameters: parameters, options: options)
      #expect(found == (try collection.index.search(boosts: Self.boosts(query), parameters: parameters, options: options, algorithm: .blockMaxWAND)))
      options.isExact = true
      #expect(found == (try collection.index.search(boosts: Self.boosts(query), parameters: parameters, options: options)))
      let expected = collection.search(query, parameters, within: options.within, limit: options.limit)
      #expect(found.count == expected.count)
      for (neighbour, wanted) in zip(found, expected) { #expect(abs(Double(neighbour.score) - wanted.score) <= 2e-5 * (1 + wanted.score)) }
      for (first, second) in zip(found, found.dropFirst()) {
        #expect(first.score > second.score || first.score == second.score && first.row < second.row)
      }
    }
  }

  @Test func aWordInTheTitleCountsAsItsWeightSays() throws {
    let index = FieldedCollection(documents: [[["a"], ["b", "c"]], [["b"], ["a", "c"]], [["d"], ["d", "d"]]], fieldCount: 2).index
    func best(_ weights: [Float]) throws -> [Row] {
      let parameters = FieldedBM25Parameters(fields: weights.map { BM25Field(weight: $0) })
      return try index.search(boosts: ["a": 1], parameters: parameters).map(\.row)
    }
    #expect(try best([2, 1]) == [0, 1])
    #expect(try best([1, 9]) == [1, 0])
    #expect(try best([0, 1]) == [1])
    #expect(index.documentFrequency(of: "d") == 1 && index.documentFrequency(of: "a") == 2)
    #expect(index.count == 3 && index.length(of: 2) == 3 && index.fieldLengths == [3, 6])
    #expect(Array(index.rows(withAll: ["a", "c"])) == [0, 1])
  }

  @Test func oneFieldIsPlainBM25() throws {
    var random = SeededGenerator(seed: 4)
    let plain = LexicalCollection.random(&random)
    var builder = LexicalIndexBuilder(fieldCount: 2)
    for document in plain.documents { builder.add(fields: [document, []]) }
    let fielded = builder.build()
    for _ in 0..<20 {
      let query = plain.query(&random)
      let expected = try plain.index.search(query, options: SearchOptions(limit: 30))
      let found = try fielded.search(query, options: SearchOptions(limit: 30))
      #expect(found.count == expected.count)
      for (first, second) in zip(found, expected) { #expect(abs(first.score - second.score) <= 1e-4 * (1 + second.score)) }
    }
  }

  @Test func segmentsWithRemovedRowsScoreAsAnIndexBuiltAnew() throws {
    var random = SeededGenerator(seed: 31)
    for fieldCount in 1...3 {
      let whole = FieldedCollection.random(fieldCount: fieldCount, &random)
      let border = whole.documents.count / 3
      let parts = [whole.documents[..<border], whole.documents[border...]].map { FieldedCollection(documents: Array($0), fieldCount: fieldCount) }
      let removed = parts.map { part in RowSet((0..<Row(part.documents.count)).filter { _ in Int.random(in: 0..<4, using: &random) == 0 }) }
      var kept: [[[String]]] = []
      var rows: [[Row?]] = []
      for (part, removed) in zip(parts, removed) {
        rows.append(part.documents.indices.map { row in
          guard !removed.contains(Row(row)) else { return nil }
          kept.append(part.documents[row])
          return Row(kept.count - 1)
        })
      }
      let fresh = FieldedCollection(documents: kept, fieldCount: fieldCount)
      let parameters = Self.parameters(fieldCount, &random)
      for _ in 0..<20 {
        let boosts = Self.boosts(Self.query(&random))
        let statistics = LexicalStatistics(of: zip(parts, removed).map { ($0.index, $1) }, terms: boosts.keys)
        var best = TopK(capacity: 25)
        for number in parts.indices {
          let options = SearchOptions(limit: 25, excluding: removed[number])
          for neighbour in try parts[number].index.search(boosts: boosts, parameters: parameters, statistics: statistics, options: options) {
            best.insert(row: try #require(rows[number][Int(neighbour.row)]), score: neighbour.score)
          }
        }
        let expected = try fresh.index.search(boosts: boosts, parameters: parameters, options: SearchOptions(limit: 25))
        #expect(best.ranked.map { Neighbour(row: $0.row, score: $0.score) } == expected)
      }
    }
  }

  @Test func refusesWhatMakesNoSense() {
    let index = FieldedCollection(documents: [[["a"], ["b"]]], fieldCount: 2).index
    for fields in [[BM25Field()], [BM25Field(weight: -1), BM25Field()], [BM25Field(weight: .nan), BM25Field()],
      [BM25Field(weight: 0), BM25Field(weight: 0)], [BM25Field(lengthNormalization: 2), BM25Field()]]
    {
      #expect(throws: IndexError.self) { _ = try index.search(boosts: ["a": 1], parameters: FieldedBM25Parameters(fields: fields)) }
    }
    let plain = LexicalStatistics(documentCount: 1, totalLength: 2, documentFrequencies: [:])
    #expect(throws: IndexError.self) { _ = try index.search(["a"], statistics: plain) }
  }

  @Test func aFileKeepsTheFields() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("fields-\(UUID().uuidString).index").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var random = SeededGenerator(seed: 8)
    let collection = FieldedCollection.random(fieldCount: 3, &random)
    try collection.index.write(to: path)
    let opened = try LexicalIndex.open(path)
    #expect(opened.fieldCount == 3 && opened.count == collection.index.count && opened.fieldLengths == collection.index.fieldLengths)
    for _ in 0..<20 {
      let query = Self.query(&random)
      let parameters = Self.parameters(3, &random)
      #expect(try opened.search(boosts: Self.boosts(query), parameters: parameters) == (try collection.index.search(boosts: Self.boosts(query), parameters: parameters)))
    }
    #expect(throws: IndexError.self) { _ = try DenseIndexFactory.open(path) }
  }
}
