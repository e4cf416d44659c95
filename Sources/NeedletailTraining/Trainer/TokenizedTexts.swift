internal import NeedletailNumerics
internal import NeedletailText
internal import Synchronization

/// The tokens of many texts, computed once and ahead, on all threads.
struct TokenizedTexts: Sendable {
  private let tokens: [[Int32]]

  init(_ texts: [String], prompt: String, tokenizer: any Tokenizer, maximumTokens: Int, pool: WorkerPool) {
    let result = Mutex([[Int32]](repeating: [], count: texts.count))
    let perTask = 64
    pool.forEach((texts.count + perTask - 1) / perTask) { task in
      let part = task * perTask..<min(texts.count, (task + 1) * perTask)
      let found = texts[part].map { text in
        var ids: [Int32] = []
        _ = tokenizer.appendTokens(of: prompt + text, maximumTokens: maximumTokens, to: &ids)
        return ids
      }
      result.withLock { $0.replaceSubrange(part, with: found) }
    }
    tokens = result.withLock { $0 }
  }

  subscript(place: Int) -> [Int32] { tokens[place] }

  var all: [[Int32]] { tokens }
}
