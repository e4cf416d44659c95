public import NeedletailCore
internal import NeedletailNumerics
public import NeedletailText

/// How a `WordSenses` is learned.
public struct SenseOptions: Hashable, Codable, Sendable {
  /// Senses that a word can have at most.
  public var senses = 5
  /// Senses that are meant more rarely are dropped: raises or lowers how finely meanings are told apart.
  public var pruning: Float = 0.05
  /// Reward for using all senses evenly, while they share a classifier. Zero leads to one dominant sense.
  public var entropyWeight: Float = 0.1

  public init() {}

  func check() throws(ModelError) {
    guard (1...100).contains(senses) else { throw .invalidRequest(reason: "A word has from 1 to 100 senses, not \(senses).") }
    guard (0..<1).contains(pruning), entropyWeight >= 0, entropyWeight.isFinite else {
      throw .invalidRequest(reason: "The share below which senses are dropped has to be from 0 to 1, and the reward for evenness not negative.")
    }
  }
}

/// Several vectors for each word, one for each of its meanings, learned from plain text; see `SenseTrainer` for the method.
///
/// As an embedder it represents a text by the mean of the unit vectors of the senses that its words have there.
public final class WordSenses: TextEmbedder {
  /// One meaning of a word.
  public struct Sense: Hashable, Sendable {
    /// Its number among the senses of the word; arbitrary, and another after every training.
    public var number: Int
    /// Its share of the word's occurrences in the training text.
    public var prior: Float
    public var vector: [Float]
  }

  /// How the sense of a word in a text is found.
  public enum Choice: String, Codable, CaseIterable, Sendable {
    /// The sense whose vector is nearest to the mean of those of the words around (what the paper reports).
    case similarity
    /// The sense that the word's classifier picks.
    case classifier
  }

  public let profile: EmbedderProfile
  public let vocabulary: WordVocabulary
  public let options: SenseOptions
  public let training: ShallowTraining
  public let splitter: AlphabeticWords

  let network: SenseNetwork
  /// For each word, the share of each sense.
  let priors: [Float]
  private let noise: NoiseDistribution

  init(
    name: String, vocabulary: WordVocabulary, splitter: AlphabeticWords, options: SenseOptions, training: ShallowTraining,
    network: SenseNetwork, priors: [Float]
  ) throws(ModelError) {
    self.vocabulary = vocabulary
    self.splitter = splitter
    self.options = options
    self.training = training
    self.network = network
    self.priors = priors
    noise = NoiseDistribution(counts: vocabulary.counts)
    profile = try ShallowProfile.make(
      name: name, kind: .wordSenses, settings: "\(options) \(training)", splitter, vocabulary, dimension: training.dimension,
      rows: [network.senses, network.outputs, network.classifiers, ParameterRows(dimension: options.senses, values: priors)])
  }

  /// Learns from a corpus.
  ///
  /// - Throws: `invalidRequest` if the corpus has fewer than two words that are frequent enough, or a number is impossible;
  ///   `cancelled` if the task that calls is.
  public static func learn(
    from corpus: WordCorpus, options: SenseOptions = SenseOptions(), training: ShallowTraining = ShallowTraining(),
    name: String = "senses", progress: @escaping @Sendable (ShallowProgress) -> Void = { _ in }
  ) throws(ModelError) -> WordSenses {
    try training.check()
    try options.check()
    try corpus.check()
    guard training.negatives > 0 else { throw .invalidRequest(reason: "Senses are learned with counter-examples.") }
    let trainer = SenseTrainer(corpus, options, training)
    let priors = try trainer.train(progress: progress)
    return try WordSenses(
      name: name, vocabulary: corpus.vocabulary, splitter: corpus.splitter, options: options, training: training,
      network: trainer.network, priors: priors)
  }

  /// The senses of a word that are frequent enough, the most frequent first; nil if the word is not known.
  public func senses(of word: String) -> [Sense]? {
    vocabulary.id(of: word).map { id in
      keptSenses(of: id).map { Sense(number: $0, prior: prior(of: id, $0), vector: vector(of: id, $0)) }
        .sorted { ($1.prior, $0.number) < ($0.prior, $1.number) }
    }
  }

  /// The number of the sense that a word has among the words of a text; nil if the word is not known.
  ///
  /// - Parameters:
  ///   - word: as the vocabulary spells it.
  ///   - context: the words around, without the word itself.
  ///   - choice: how senses are compared with the context.
  public func sense(of word: String, among context: [String], by choice: Choice = .similarity) -> Int? {
    vocabulary.id(of: word).map { sense(of: $0, among: vocabulary.ids(of: context), by: choice) }
  }

  /// The senses of all words nearest to a vector by cosine, nearest first; senses that are too rare are passed over.
  public func nearestSenses(to vector: [Float], limit: Int = 10) -> [(word: String, sense: Int, similarity: Float)] {
    let count = options.senses
    // The rows of dropped senses are skipped afterwards, so more are asked for.
    let found = network.senses.nearest(to: vector + [0], within: 0..<vocabulary.count * count, limit: limit * (count + 1))
    return found.filter { keptSenses(of: Int32($0.row / count)).contains($0.row % count) }.prefix(limit)
      .map { (vocabulary.words[$0.row / count], $0.row % count, $0.similarity) }
  }

  public func encode(_ texts: [String], as role: Role) async throws -> DenseVectors {
    DenseVectors(dimension: profile.dimension, values: try await ParallelTexts.map(texts) { self.mean(of: $0) })
  }

  // MARK: - Parts

  private func prior(of word: Int32, _ sense: Int) -> Float { priors[Int(word) * options.senses + sense] }

  private func vector(of word: Int32, _ sense: Int) -> [Float] {
    Array(network.senses[Int(word) * options.senses + sense].dropLast())
  }

  /// Never empty: where all are rare, the most frequent stays.
  private func keptSenses(of word: Int32) -> [Int] {
    let kept = (0..<options.senses).filter { prior(of: word, $0) >= options.pruning }
    return kept.isEmpty ? [(0..<options.senses).max { prior(of: word, $0) < prior(of: word, $1) } ?? 0] : kept
  }

  private func sense(of word: Int32, among context: [Int32], by choice: Choice) -> Int {
    let kept = keptSenses(of: word)
    guard !context.isEmpty else { return kept.max { prior(of: word, $0) < prior(of: word, $1) } ?? 0 }
    let scores: [Float]
    switch choice {
    case .similarity:
      let mean = meanVector(of: context).scaledToUnitLength
      scores = kept.map { sense in
        let unit = vector(of: word, sense).scaledToUnitLength
        return mean.indices.reduce(Float(0)) { $0 + mean[$1] * unit[$1] }
      }
    case .classifier:
      var workspace = SenseWorkspace(network, training, noise)
      workspace.setContext(context)
      workspace.classify(word, .own, network)
      scores = kept.map { workspace.logits[$0] }
    }
    return kept[scores.indices.max { scores[$0] < scores[$1] } ?? 0]
  }

  /// The mean over words of the mean over their senses.
  private func meanVector(of words: [Int32]) -> [Float] {
    var sum = [Float](repeating: 0, count: training.dimension)
    for word in words {
      let kept = keptSenses(of: word)
      for sense in kept { sum.add(vector(of: word, sense).map { $0 / Float(kept.count) }) }
    }
    return sum.map { $0 / Float(max(1, words.count)) }
  }

  private func mean(of text: String) -> [Float] {
    let words = vocabulary.ids(of: splitter.words(of: text))
    var sum = [Float](repeating: 0, count: training.dimension)
    for position in words.indices {
      let around = max(0, position - training.window)..<min(words.count, position + training.window + 1)
      let context = around.filter { $0 != position }.map { words[$0] }
      sum.add(vector(of: words[position], sense(of: words[position], among: context, by: .classifier)).scaledToUnitLength)
    }
    return sum.scaledToUnitLength
  }
}
