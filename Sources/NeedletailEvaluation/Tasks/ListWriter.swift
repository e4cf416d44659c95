internal import Foundation
internal import NeedletailCore
internal import NeedletailNumerics

/// Writes tasks of re-ranking as rows of `query`, `pos` and `neg`, which other tools read too: `rows.jsonl`.
public enum ListWriter {
  /// Writes a row for each question that a document answers.
  ///
  /// - Parameters:
  ///   - task: documents, questions, and which answers which. Where a question may be answered with some documents only, these are its wrong
  ///     answers; elsewhere they are drawn from the corpus.
  ///   - folder: where; it is made if it is not there, and a file of this name in it is replaced.
  ///   - negatives: most wrong answers of a question.
  ///   - seed: of the draws.
  public static func write(_ task: RetrievalTask, to folder: String, negatives: Int, seed: UInt64) throws(EvaluationError) {
    let texts = Dictionary(task.corpus.map { ($0.id, $0.title.isEmpty ? $0.text : "\($0.title)\n\($0.text)") }) { first, _ in first }
    let identifiers = task.corpus.map(\.id)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var lines = ""
    for (number, query) in task.queries.enumerated() {
      let right = (task.judgements[query.id] ?? [:]).filter { $0.value > 0 }.keys.sorted()
      let positives = Set(right.compactMap { texts[$0] })
      guard !positives.isEmpty else { continue }
      var generator = SeededGenerator(seed: seed, part: UInt64(number))
      let pool = task.candidates[query.id]?.sorted() ?? identifiers
      var wrong: [String] = []
      // texts that stand in the corpus twice would be right and wrong at once
      for place in pool.indices.shuffled(using: &generator) where wrong.count < negatives {
        if let text = texts[pool[place]], !positives.contains(text), !wrong.contains(text) { wrong.append(text) }
      }
      do {
        let row = Row(query: query.text, pos: positives.sorted(), neg: wrong, prompt: task.instruction)
        lines += String(decoding: try encoder.encode(row), as: UTF8.self) + "\n"
      } catch {
        throw .cannotWrite(path: folder, reason: error.localizedDescription)
      }
    }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw .cannotWrite(path: folder, reason: error.localizedDescription)
    }
    try TextFile.write(lines, to: folder + "/rows.jsonl")
  }

  private struct Row: Encodable {
    var query: String
    var pos: [String]
    var neg: [String]
    var prompt: String?
  }
}
