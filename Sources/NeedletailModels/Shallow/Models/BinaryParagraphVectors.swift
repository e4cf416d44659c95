public import NeedletailCore
internal import NeedletailNumerics
public import NeedletailText

/// What codes a `BinaryParagraphVectors` learns.
public struct BinaryCodeOptions: Hashable, Codable, Sendable {
  /// Bits of a code.
  public var bits = 64
  /// Components of a real vector that is learned along and that the code is a projection of; nil for codes alone.
  public var realDimension: Int?
  /// Whether words are predicted from the code and the words around (PV-DM), or from the code alone (PV-DBOW).
  public var usesContext = false
  /// `smooth` leaves the rounding for later, which is worse, and is there for comparison.
  public var layer = CodeLayer.rounded
  /// How much larger the steps of a text are than those of the words. The sigmoid makes its gradients small, and words that move fast cannot be
  /// followed: of steps between 0.0005 and 0.025 for words, 0.0025 gave the best codes of 20 Newsgroups, with this factor.
  public var codeRate: Float = 2000
  /// Texts start as numbers drawn uniformly up to this.
  public var initialBound: Float = 0.5
  /// How often the words of a new text are gone through to find its code; short texts more often.
  public var inferenceEpochs = 50

  public init() {}

  func check() throws(ModelError) {
    guard (1...4096).contains(bits) else { throw .invalidRequest(reason: "A code has from 1 to 4096 bits, not \(bits).") }
    guard realDimension.map((1...4096).contains) ?? true else {
      throw .invalidRequest(reason: "The real vectors have from 1 to 4096 components.")
    }
    guard codeRate > 0, codeRate.isFinite, initialBound >= 0, initialBound.isFinite, (1...100_000).contains(inferenceEpochs) else {
      throw .invalidRequest(reason: "Step size of codes, initial bound and inference epochs have to be positive.")
    }
  }
}

/// Short binary codes of texts, learned as bits from the texts alone, and optionally a longer real vector with each.
///
/// Grzegorczyk and Kurdziel, "Binary Paragraph Vectors", RepL4NLP 2017; chapter of Grzegorczyk's dissertation (2019). Deviations: see
/// `CodeNetwork`. As an embedder it gives a text the vector of plus and minus ones of its code, so that cosine orders as the Hamming
/// distance does.
public final class BinaryParagraphVectors: TextEmbedder {
  public let profile: EmbedderProfile
  public let vocabulary: WordVocabulary
  public let options: BinaryCodeOptions
  public let training: ShallowTraining
  public let splitter: AlphabeticWords
  /// The learned numbers of the texts that were learned from, in their order: real vectors, or the logits of the bits. Empty in a model that
  /// was loaded.
  public let learnedTexts: DenseVectors

  let network: CodeNetwork
  private let subsampling: Subsampling

  init(
    name: String, vocabulary: WordVocabulary, splitter: AlphabeticWords, network: CodeNetwork, learnedTexts: DenseVectors
  ) throws(ModelError) {
    self.vocabulary = vocabulary
    self.splitter = splitter
    self.network = network
    self.learnedTexts = learnedTexts
    options = network.options
    training = network.training
    subsampling = Subsampling(counts: vocabulary.counts, sample: training.sample)
    profile = try ShallowProfile.make(
      name: name, kind: .binaryCodes, settings: "\(options) \(training)", splitter, vocabulary, dimension: options.bits,
      rows: [network.outputs] + [network.words, network.projection].compactMap(\.self))
  }

  /// Learns from a corpus. Counter-examples are needed; hierarchical softmax is not used.
  ///
  /// - Throws: `invalidRequest` if the corpus has fewer than two words that are frequent enough, or a number is impossible;
  ///   `cancelled` if the task that calls is.
  public static func learn(
    from corpus: WordCorpus, options: BinaryCodeOptions = BinaryCodeOptions(), training: ShallowTraining = ShallowTraining(),
    name: String = "codes", progress: @escaping @Sendable (ShallowProgress) -> Void = { _ in }
  ) throws(ModelError) -> BinaryParagraphVectors {
    try training.check()
    try options.check()
    try corpus.check()
    guard training.negatives > 0, !training.usesHierarchicalSoftmax else {
      throw .invalidRequest(reason: "Binary codes are learned with counter-examples, not with hierarchical softmax.")
    }
    let network = CodeNetwork(corpus.vocabulary, options, training)
    let texts = ParameterRows(count: corpus.count, dimension: network.textDimension)
    var generator = SeededGenerator(seed: training.seed, part: 1)
    network.initialise(texts, using: &generator)
    let subsampling = Subsampling(counts: corpus.vocabulary.counts, sample: training.sample)
    try CorpusPasses(corpus, training).run(
      makeWorkspace: { CodeWorkspace(network) },
      visit: { text, generator, fraction, workspace in
        subsampling.select(corpus.words(of: text), into: &workspace.kept, &generator)
        let kept = workspace.kept
        network.learn(kept, texts: texts, row: text, rate: training.rate(at: fraction), changesNetwork: true, &generator, &workspace)
      }, progress: progress)
    return try BinaryParagraphVectors(
      name: name, vocabulary: corpus.vocabulary, splitter: corpus.splitter, network: network,
      learnedTexts: DenseVectors(dimension: texts.dimension, values: texts.values(of: 0..<texts.count)))
  }

  /// The learned numbers of a text that need not have been learned from: its real vector, or the logits of its bits.
  ///
  /// The same text always gets the same numbers; zeros if no word of it is known.
  public func infer(_ text: String) -> [Float] {
    let words = vocabulary.ids(of: splitter.words(of: text))
    guard !words.isEmpty else { return [Float](repeating: 0, count: network.textDimension) }
    let fingerprint = words.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64(UInt32(bitPattern: $1))) &* 0x100_0000_01b3 }
    var generator = SeededGenerator(seed: training.seed, part: fingerprint)
    let row = ParameterRows(count: 1, dimension: network.textDimension)
    network.initialise(row, using: &generator)
    var workspace = CodeWorkspace(network)
    let epochs = TextInference.epochs(options.inferenceEpochs, words: words.count)
    for epoch in 0..<epochs {
      let rate = training.rate(at: Float(epoch) / Float(epochs))
      subsampling.select(words[...], into: &workspace.kept, &generator)
      let kept = workspace.kept
      network.learn(kept, texts: row, row: 0, rate: rate, changesNetwork: false, &generator, &workspace)
    }
    return row[0]
  }

  /// What `infer` gives for each text, on all processors.
  public func inferAll(_ texts: [String]) async throws -> DenseVectors {
    DenseVectors(dimension: network.textDimension, values: try await ParallelTexts.map(texts) { self.infer($0) })
  }

  /// The codes of learned numbers, as `infer` and `learnedTexts` give them.
  public func codes(of texts: DenseVectors) -> HammingCodes {
    precondition(texts.dimension == network.textDimension || texts.count == 0, "numbers of another model")
    let logits = (0..<texts.count).flatMap { network.logits(Array(texts[$0])) }
    return HammingCodes(signsOf: DenseVectors(dimension: options.bits, values: logits))
  }

  public func encode(_ texts: [String], as role: Role) async throws -> DenseVectors {
    codes(of: try await inferAll(texts)).vectors
  }
}
