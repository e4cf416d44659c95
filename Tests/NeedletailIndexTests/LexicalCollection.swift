import Foundation
import NeedletailIndex
import NeedletailNumerics

/// Documents with an index of them, and the plainest possible search as its oracle.
struct LexicalCollection {
  let documents: [[String]]
  private let counts: [[String: Double]]
  let index: LexicalIndex

  init(documents: [[String]]) {
    self.documents = documents
    counts = documents.map { document in document.reduce(into: [:]) { $0[$1, default: 0] += 1 } }
    var builder = LexicalIndexBuilder()
    for document in documents { builder.add(terms: document) }
    index = builder.build()
  }

  /// Some thousand documents of skewed lengths over terms of skewed frequencies; some bursts, some empty documents.
  static func random(_ random: inout SeededGenerator) -> LexicalCollection {
    let count = [1, 130, 5000, 9000].randomElement(using: &random) ?? 100
    let vocabulary = [3, 40, 2000].randomElement(using: &random) ?? 40
    let documents = (0..<count).map { row in
      let length = Int(pow(Double.random(in: 0..<1, using: &random), 3) * 60)
      var terms = (0..<length).map { _ in "t\(Int(pow(Double.random(in: 0..<1, using: &random), 3) * Double(vocabulary)))" }
      if row % 97 == 3 { terms += repeatElement("t\(row % 5)", count: Int.random(in: 1...400, using: &random)) }
      return terms
    }
    return LexicalCollection(documents: documents)
  }

  func query(_ random: inout SeededGenerator) -> [String] {
    let count = [1, 2, 4, 12, 50].randomElement(using: &random) ?? 2
    return (0..<count).map { _ in "t\(Int(pow(Double.random(in: 0..<1, using: &random), 2) * 50))" }
  }

  func rows(_ random: inout SeededGenerator) -> RowSet {
    let share = [0.001, 0.1, 0.9].randomElement(using: &random) ?? 0.5
    return RowSet((0..<Row(documents.count)).filter { _ in Double.random(in: 0..<1, using: &random) < share })
  }

  func search(_ query: [String], _ parameters: BM25Parameters, _ options: SearchOptions) -> [(row: Row, score: Double)] {
    let count = Double(documents.count)
    let average = max(Double(documents.reduce(0) { $0 + $1.count }) / count, .leastNonzeroMagnitude)
    var frequencies: [String: Double] = [:]
    for term in Set(query) { frequencies[term] = Double(counts.count { $0[term] != nil }) }
    let (k1, b) = (Double(parameters.saturation), Double(parameters.lengthNormalization))
    var scored: [(row: Row, score: Double)] = []
    for (row, document) in documents.enumerated() {
      if let within = options.within, !within.contains(Row(row)) { continue }
      if let excluding = options.excluding, excluding.contains(Row(row)) { continue }
      var score = 0.0
      for term in query {
        guard let found = counts[row][term], let frequency = frequencies[term] else { continue }
        let idf: Double = log(1 + (count - frequency + 0.5) / (frequency + 0.5))
        let length = Double(document.count) / average
        let norm: Double = k1 * (1 - b + b * length)
        score += idf * found / (found + norm)
      }
      if score > 0 { scored.append((Row(row), score)) }
    }
    scored.sort { $0.score != $1.score ? $0.score > $1.score : $0.row < $1.row }
    return Array(scored.prefix(options.limit))
  }
}
