public import NeedletailCore
public import NeedletailText
internal import NeedletailNumerics

/// Vectors of words, learned from plain text: words that occur in similar surroundings are near each other.
///
/// As an embedder it represents a text by the mean of the unit vectors of its words; a text without a known word gets zeros.
public final class WordVectors: TextEmbedder {
  /// What words are learned from.
  public enum Objective: String, Codable, CaseIterable, Sendable {
    /// Each word around predicts the word.
    case skipGram = "skip-gram"
    /// The mean of the words around predicts the word.
    case bagOfWords = "bag-of-words"
  }

  public let profile: EmbedderProfile
  public let vocabulary: WordVocabulary
  public let objective: Objective
  public let training: ShallowTraining
  public let splitter: AlphabeticWords

  let inputs: ParameterRows

  init(
    name: String, vocabulary: WordVocabulary, objective: Objective, training: ShallowTraining, splitter: AlphabeticWords,
    inputs: ParameterRows
  ) throws(ModelError) {
    self.vocabulary = vocabulary
    self.objective = objective
    self.training = training
    self.splitter = splitter
    self.inputs = inputs
    profile = try ShallowProfile.make(
      name: name, kind: .wordVectors, settings: objective.rawValue, splitter, vocabulary, dimension: training.dimension,
      rows: [inputs])
  }

  /// Learns from a corpus.
  ///
  /// - Throws: `invalidRequest` if the corpus has fewer than two words that are frequent enough, or `training` is impossible;
  ///   `cancelled` if the task that calls is.
  public static func learn(
    from corpus: WordCorpus, objective: Objective = .skipGram, training: ShallowTraining = ShallowTraining(), name: String = "words",
    progress: @escaping @Sendable (ShallowProgress) -> Void = { _ in }
  ) throws(ModelError) -> WordVectors {
    try training.check()
    try corpus.check()
    let mode: ContextTrainer.Mode = objective == .skipGram ? .each(words: true, text: false) : .mean(text: false)
    let trainer = ContextTrainer(corpus, mode: mode, training: training)
    try trainer.train(progress: progress)
    return try WordVectors(
      name: name, vocabulary: corpus.vocabulary, objective: objective, training: training, splitter: corpus.splitter,
      inputs: trainer.inputs)
  }

  /// The vector of a word, nil if it is not known.
  public func vector(of word: String) -> [Float]? { vocabulary.id(of: word).map { inputs[Int($0)] } }

  /// The words nearest to a vector by cosine, nearest first.
  public func nearestWords(to vector: [Float], limit: Int = 10) -> [(word: String, similarity: Float)] {
    inputs.nearest(to: vector, within: 0..<vocabulary.count, limit: limit).map { (vocabulary.words[$0.row], $0.similarity) }
  }

  public func encode(_ texts: [String], as role: Role) async throws -> DenseVectors {
    DenseVectors(dimension: profile.dimension, values: texts.flatMap(mean(of:)))
  }

  private func mean(of text: String) -> [Float] {
    var sum = [Float](repeating: 0, count: profile.dimension)
    for id in vocabulary.ids(of: splitter.words(of: text)) { sum.add(inputs[Int(id)].scaledToUnitLength) }
    return sum.scaledToUnitLength
  }
}
