internal import NeedletailModels

extension UntrainedModel {
  private enum PoolingName: String, CaseIterable { case mean, cls, max }

  /// Takes the `untrained` of a recipe; nil if there is none.
  init?(_ recipe: inout RecipeObject, seed: UInt64) throws(TrainingError) {
    guard var fields = try recipe.optionalObject("untrained") else { return nil }
    self.init()
    layers = try fields.integer("layers", in: 1...100) ?? layers
    hiddenSize = try fields.integer("hidden", in: 1...8192) ?? hiddenSize
    heads = try fields.integer("heads", in: 1...256) ?? heads
    intermediateSize = try fields.integer("inner", in: 1...65_536) ?? 4 * hiddenSize
    vocabularySize = try fields.integer("vocabulary", in: 200...1_000_000) ?? vocabularySize
    maximumTokens = try fields.integer("tokens", in: 8...8192) ?? maximumTokens
    switch try fields.choice("pooling", PoolingName.self) {
    case .mean?: pooling = .mean
    case .max?: pooling = .max
    case .cls?, nil: pooling = .cls
    }
    self.seed = seed
    guard hiddenSize.isMultiple(of: heads) else { throw fields.complaint("heads", "has to divide `hidden`, \(hiddenSize)") }
    try fields.finish()
  }

  /// Identifies all that the files of the model follow from.
  ///
  /// - Parameters:
  ///   - base: the model whose tokenizer is taken.
  ///   - texts: what the vocabulary is chosen by.
  func origin(tokenizerOf base: ModelDirectory, texts: [String]) -> String {
    var hash = 0xcbf2_9ce4_8422_2325 as UInt64
    for text in ["\(self)", base.digest] + texts {
      for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
      // no byte of a text, so that two lists of texts differ
      hash = (hash ^ 0xff) &* 0x0000_0100_0000_01b3
    }
    return "\(hash)\n"
  }
}
