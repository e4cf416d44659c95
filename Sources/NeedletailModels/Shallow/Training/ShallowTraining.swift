/// How a shallow model is trained: the numbers that all of them share.
///
/// The defaults suit some thousand to some hundred thousand texts. On a small corpus (below a million words) keep `sample` at 1e-4
/// or more: 1e-5, usual for large ones, would leave out most of the text.
public struct ShallowTraining: Hashable, Codable, Sendable {
  /// Components of a vector.
  public var dimension = 100
  /// Words to each side that a word is trained with at most; the distance is drawn anew for each word.
  public var window = 5
  /// Rarer words are left out.
  public var minimumCount = 5
  /// At most so many words are kept.
  public var maximumVocabulary = 1_000_000
  /// Share of the text above which occurrences of a word are thinned out; 0 keeps all.
  public var sample = 1e-4
  /// Words drawn as counter-examples for each prediction; 0 for hierarchical softmax alone.
  public var negatives = 5
  /// Whether words are also predicted as paths of binary decisions through a Huffman tree.
  public var usesHierarchicalSoftmax = false
  /// How often the corpus is gone through.
  public var epochs = 10
  /// Step size at the beginning; it falls linearly to `finalRate`.
  public var rate: Float = 0.025
  public var finalRate: Float = 0.0001
  /// Determines every random choice.
  public var seed: UInt64 = 1
  /// With one thread, equal seeds give equal models. With more, threads change the same numbers without waiting for each other: faster, and
  /// the result differs a little from run to run.
  public var threads = 1

  public init() {}

  /// What a kind is learned well with from some thousand to some hundred thousand documents.
  public static func recommended(for kind: ShallowKind) -> ShallowTraining {
    var training = ShallowTraining()
    switch kind {
    case .wordVectors:
      break
    case .paragraphVectors:
      (training.window, training.epochs, training.usesHierarchicalSoftmax) = (15, 20, true)
    case .binaryCodes:
      (training.negatives, training.epochs, training.rate, training.sample) = (10, 20, 0.0025, 3e-5)
    case .wordSenses:
      (training.negatives, training.rate) = (20, 0.05)
    }
    return training
  }

  /// The step size when a fraction of the training is done.
  func rate(at fraction: Float) -> Float { rate - (rate - finalRate) * fraction }

  /// Refuses numbers that cannot be meant.
  func check() throws(ModelError) {
    func require(_ isFine: Bool, _ reason: String) throws(ModelError) {
      if !isFine { throw .invalidRequest(reason: reason) }
    }
    try require((1...4096).contains(dimension), "The dimension has to be from 1 to 4096, not \(dimension).")
    try require((1...100).contains(window), "The window has to be from 1 to 100 words, not \(window).")
    try require(minimumCount >= 1, "The minimum count has to be at least 1, not \(minimumCount).")
    try require((1...100_000_000).contains(maximumVocabulary), "The largest vocabulary has to be from 1 to 100,000,000 words.")
    try require(sample >= 0 && sample.isFinite, "The subsampling threshold has to be 0 or positive, not \(sample).")
    try require((0...1000).contains(negatives), "The number of counter-examples has to be from 0 to 1000, not \(negatives).")
    try require(negatives > 0 || usesHierarchicalSoftmax, "Without counter-examples, hierarchical softmax has to be on.")
    try require((1...10_000).contains(epochs), "The number of epochs has to be from 1 to 10,000, not \(epochs).")
    try require(rate > 0 && rate <= 10 && finalRate >= 0 && finalRate <= rate, "The step size has to fall from at most 10 to at least 0.")
    try require((1...1024).contains(threads), "The number of threads has to be from 1 to 1024, not \(threads).")
  }
}

/// How far a training is.
public struct ShallowProgress: Hashable, Sendable {
  /// Words gone through, those of earlier epochs included.
  public var wordsDone: Int
  /// Words in all epochs together.
  public var wordsInAll: Int
}
