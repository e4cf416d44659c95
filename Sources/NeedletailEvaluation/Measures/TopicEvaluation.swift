internal import Foundation

/// How well topics that a system found for texts agree with those that people gave them.
public struct TopicEvaluation: Codable, Hashable, Sendable {
  /// Texts that have a topic.
  public let count: Int
  /// Of them, those that the system left out; each counts as wrong.
  public let missing: Int
  /// See `Classification`.
  public let microF1: Double
  public let macroF1: Double
  /// See `Clustering`: the same whatever the system calls its topics.
  public let adjustedRandIndex: Double

  /// - Parameters:
  ///   - found: the topic of each text, by its identifier; others than those of the truth are passed over.
  ///   - truth: the texts as people sorted them.
  /// - Throws: `incomparable` if no text of the truth was given a topic.
  public init(of found: [String: String], truth: [LabelledText]) throws(EvaluationError) {
    missing = truth.count { found[$0.id] == nil }
    count = truth.count
    guard missing < count else { throw .incomparable(reason: "none of the \(count) texts has a topic in what was found; compare their identifiers") }
    var numbers: [String: Int] = [:]
    func number(_ topic: String) -> Int {
      if let known = numbers[topic] { return known }
      numbers[topic] = numbers.count
      return numbers.count - 1
    }
    let facts = truth.map { number($0.label) }
    // each text without a topic is in one of its own, that is nobody's
    let guesses = truth.enumerated().map { place, text in found[text.id].map(number) ?? -1 - place }
    microF1 = Classification.microF1(found: guesses, truth: facts)
    macroF1 = Classification.macroF1(found: guesses, truth: facts)
    adjustedRandIndex = Clustering.adjustedRandIndex(found: guesses, truth: facts)
  }

  /// Reads the topics that a system found: a table with the columns `document` and `topic` (`.tsv` or `.csv`), or what `needletail classify
  /// --json` writes, in which a record of a file is called by its own identifier.
  public static func readFound(_ path: String) throws(EvaluationError) -> [String: String] {
    var found: [String: String] = [:]
    guard path.hasSuffix(".json") else {
      try Table(path: path).forEach { row throws(EvaluationError) in found[try row.cell("document")] = try row.cell("topic") }
      return found
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .missingFile(path: path, advice: "It should be what `needletail classify --json` wrote.")
    }
    do {
      for row in try JSONDecoder().decode(Classified.self, from: data).documents {
        found[row.document.split(separator: "#").last.map(String.init) ?? row.document] = row.topic
      }
    } catch {
      throw .malformedLine(path: path, line: 1, reason: RecordLines.reason(error))
    }
    return found
  }

  private struct Classified: Decodable {
    struct Row: Decodable {
      var document: String
      var topic: String
    }
    var documents: [Row]
  }
}
