internal import Foundation
internal import NeedletailCore

/// Reads tasks whose questions bring the texts to be ordered: `rows.jsonl`, an object with `query`, `pos` and `neg` on each line (`positive` and
/// `negative` in MTEB's re-ranking tasks), each of the latter a text or a list of texts; perhaps `prompt`, the instruction.
///
/// The layout of the rows that CARE (ACL 2026) publishes of its Chinese medical tasks, and of MTEB's re-ranking. All distinct texts together
/// are the corpus, and those of a row the candidates of its question.
enum ListReader: TaskReader {
  private static let name = "rows.jsonl"

  static func recognises(_ folder: String) -> Bool { TaskFolder.file([name], in: folder) != nil }

  static func read(_ folder: String, as description: TaskDescription) throws(EvaluationError) -> RetrievalTask {
    guard let path = TaskFolder.file([name], in: folder) else {
      throw .missingFile(path: folder + "/" + name, advice: "A task of lists is a folder with rows.jsonl: `query`, `pos` and `neg` on each line.")
    }
    var task = RetrievalTask(name: TaskFolder.name(of: folder), kind: .reranking, corpus: [], queries: [], judgements: [:])
    var identifiers: [String: String] = [:]
    func identifier(_ text: String) -> String {
      if let known = identifiers[text] { return known }
      let new = "d\(task.corpus.count)"
      identifiers[text] = new
      task.corpus.append(Document(id: new, text: text))
      return new
    }
    var lines = try TextLines(of: path)
    while let line = try lines.next() {
      if line.isEmpty { continue }
      let row: Row
      do {
        row = try JSONDecoder().decode(Row.self, from: Data(line.utf8))
      } catch {
        throw lines.malformed(RecordLines.reason(error))
      }
      let (right, wrong) = (row.positives.map(identifier), row.negatives.map(identifier))
      guard !right.isEmpty else { throw lines.malformed("nothing answers the question: `pos` is missing or empty") }
      let query = "q\(task.queries.count)"
      task.queries.append(.init(id: query, text: row.query))
      task.judgements[query] = Dictionary(wrong.map { ($0, 0) } + right.map { ($0, 1) }) { _, last in last }
      task.candidates[query] = Set(right + wrong)
      task.instruction = task.instruction ?? row.prompt
    }
    return task
  }

  private struct Row: Decodable {
    var query: String
    var positives: [String]
    var negatives: [String]
    var prompt: String?

    private enum CodingKeys: String, CodingKey { case query, pos, neg, positive, negative, prompt }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      func texts(_ keys: CodingKeys...) throws -> [String] {
        for key in keys where container.contains(key) {
          if let text = try? container.decode(String.self, forKey: key) { return [text] }
          return try container.decode([String].self, forKey: key)
        }
        return []
      }
      query = try container.decode(String.self, forKey: .query)
      positives = try texts(.pos, .positive)
      negatives = try texts(.neg, .negative)
      prompt = try container.decodeIfPresent(String.self, forKey: .prompt)
    }
  }
}
