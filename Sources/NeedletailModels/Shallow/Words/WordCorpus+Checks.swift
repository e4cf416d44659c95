extension WordCorpus {
  /// Refuses a corpus that nothing can be learned from.
  func check() throws(ModelError) {
    guard vocabulary.count >= 2 else {
      throw .invalidRequest(
        reason: "The text has \(vocabulary.count == 0 ? "no word" : "only one word") that is frequent enough to learn from. "
          + "Give more text, or lower the minimum count.")
    }
  }
}
