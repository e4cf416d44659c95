internal import Foundation
internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailModels
internal import NeedletailNumerics
internal import NeedletailText

/// News with their titles: pairs to learn from, and others whose titles are to find their texts.
struct TitledTexts {
  let training: [(title: String, text: String)]
  /// Titles as questions; the documents are texts, those of the questions first.
  let task: RetrievalTask
  /// Questions few of whose words are in their document.
  let lowOverlap: Set<String>

  private static let lowestOverlap = 0.3

  /// - Parameters:
  ///   - path: a JSON object with `title` and `text` on each line.
  ///   - questions: how many are asked.
  ///   - pool: documents that are searched.
  ///   - seed: decides which are.
  init(path: String, questions: Int, pool: Int, seed: UInt64) throws {
    let records = try RecordFile.read(path: path).compactMap { record -> (title: String, text: String)? in
      guard let title = record["title"]?.string, let text = record["text"]?.string, !title.isEmpty, !text.isEmpty else { return nil }
      return (title, text)
    }
    var generator = SeededGenerator(seed: seed)
    let shuffled = records.shuffled(using: &generator)
    let asked = shuffled.prefix(questions)
    training = Array(shuffled.dropFirst(questions))
    let searched = shuffled.prefix(max(pool, questions)).enumerated().map { Document(id: "d\($0)", text: $1.text) }
    let queries = asked.enumerated().map { RetrievalTask.Question(id: "q\($0)", text: $1.title) }
    let judgements = Dictionary(uniqueKeysWithValues: asked.indices.map { ("q\($0)", ["d\($0)": 1]) })
    task = RetrievalTask(name: "titles", corpus: searched, queries: queries, judgements: judgements)
    let words = AlphabeticWords()
    lowOverlap = Set(asked.indices.filter { number in
      let title = Set(words.words(of: asked[number].title))
      let shared = title.intersection(words.words(of: asked[number].text))
      return !title.isEmpty && Double(shared.count) < Self.lowestOverlap * Double(title.count)
    }.map { "q\($0)" })
  }

  /// The entropy of single tokens in nats: what a network that looks at no other token would lose.
  static func entropy(of texts: [[Int32]]) -> Double {
    let counts = texts.joined().reduce(into: [Int32: Int]()) { $0[$1, default: 0] += 1 }
    let total = Double(counts.values.reduce(0, +))
    return -counts.sorted { $0.key < $1.key }.reduce(0) { $0 + Double($1.value) / total * log(Double($1.value) / total) }
  }
}
