internal import NeedletailEvaluation
internal import NeedletailNumerics
internal import NeedletailText

extension TrainingExamples {
  /// Adds examples whose queries are misspelt, so that an encoder learns that they mean the same (Zhuang and Zuccon, "Dealing with Typos
  /// for BERT-based Passage Retrieval and Ranking", EMNLP 2021, section 3: typos-aware training, with a misspelt copy beside each query
  /// instead of in its place).
  ///
  /// - Parameters:
  ///   - share: how many of the examples get a misspelt copy.
  ///   - seed: of the choices.
  /// - Returns: how many were added; queries without a word to misspell get none.
  @discardableResult
  public mutating func addMisspelt(share: Double, seed: UInt64) -> Int {
    let variations = QueryVariation.variations(of: .misspelling)
    var added = 0
    for (number, example) in examples.enumerated() {
      var generator = SeededGenerator(seed: seed, part: UInt64(number))
      guard Double.random(in: 0..<1, using: &generator) < share else { continue }
      let variation = variations[generator.index(below: variations.count)]
      let text = queries[example.query]
      let misspelt = variation.vary(text, seed: generator.next(), stopWords: StopWords.english)
      guard misspelt != text else { continue }
      var copy = example
      copy.query = query(misspelt)
      append(copy)
      markRelevant(relevant[example.query] ?? [], to: copy.query)
      added += 1
    }
    return added
  }
}
