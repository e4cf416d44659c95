internal import Dispatch
public import NeedletailCore
internal import NeedletailNumerics
public import NeedletailText
internal import Synchronization

/// Vectors of texts, learned from the texts alone, in one space with the vectors of their words.
///
/// Le and Mikolov, "Distributed Representations of Sentences and Documents", ICML 2014. New texts get their vector by the same
/// training with all other weights held still; the same text always gets the same vector.
public final class ParagraphVectors: TextEmbedder {
  /// What is learned, and how texts and words come together.
  public enum Objective: String, Codable, CaseIterable, Sendable {
    /// The text predicts each of its words, and so does each word around it, through the same output weights: words and
    /// texts share a space (PV-DBOW with interleaved skip-gram).
    case bagOfWordsAndContexts = "bag-of-words-and-contexts"
    /// The text alone predicts each of its words (PV-DBOW). Faster, but vectors of words stay random.
    case bagOfWords = "bag-of-words"
    /// The mean of the text's vector and the words around predicts the word (PV-DM).
    case memory

    var mode: ContextTrainer.Mode {
      switch self {
      case .bagOfWordsAndContexts: .each(words: true, text: true)
      case .bagOfWords: .each(words: false, text: true)
      case .memory: .mean(text: true)
      }
    }
  }

  public let profile: EmbedderProfile
  public let vocabulary: WordVocabulary
  public let objective: Objective
  public let training: ShallowTraining
  public let splitter: AlphabeticWords
  /// The vectors of the texts that were learned from, in their order; empty in a model that was loaded.
  public let learnedTexts: DenseVectors

  /// A row for each word.
  let inputs: ParameterRows
  let outputs: ParameterRows
  private let layout: OutputLayout
  private let subsampling: Subsampling

  init(
    name: String, vocabulary: WordVocabulary, objective: Objective, training: ShallowTraining, splitter: AlphabeticWords,
    inputs: ParameterRows, outputs: ParameterRows, learnedTexts: DenseVectors
  ) throws(ModelError) {
    self.vocabulary = vocabulary
    self.objective = objective
    self.training = training
    self.splitter = splitter
    self.inputs = inputs
    self.outputs = outputs
    self.learnedTexts = learnedTexts
    layout = OutputLayout(vocabulary, training)
    subsampling = Subsampling(counts: vocabulary.counts, sample: training.sample)
    profile = try ShallowProfile.make(
      name: name, kind: .paragraphVectors, settings: "\(objective.rawValue) \(training)", splitter, vocabulary,
      dimension: training.dimension, rows: [inputs, outputs])
  }

  /// Learns from a corpus.
  ///
  /// - Throws: `invalidRequest` if the corpus has fewer than two words that are frequent enough, or `training` is impossible;
  ///   `cancelled` if the task that calls is.
  public static func learn(
    from corpus: WordCorpus, objective: Objective = .bagOfWordsAndContexts, training: ShallowTraining = ShallowTraining(),
    name: String = "paragraphs", progress: @escaping @Sendable (ShallowProgress) -> Void = { _ in }
  ) throws(ModelError) -> ParagraphVectors {
    try training.check()
    try corpus.check()
    let trainer = ContextTrainer(corpus, mode: objective.mode, training: training)
    try trainer.train(progress: progress)
    let words = corpus.vocabulary.count
    return try ParagraphVectors(
      name: name, vocabulary: corpus.vocabulary, objective: objective, training: training, splitter: corpus.splitter,
      inputs: ParameterRows(dimension: training.dimension, values: trainer.inputs.values(of: 0..<words)), outputs: trainer.outputs,
      learnedTexts: DenseVectors(
        dimension: training.dimension, values: trainer.inputs.values(of: words..<words + corpus.count)))
  }

  /// The vector of a word, nil if it is not known.
  public func vector(of word: String) -> [Float]? { vocabulary.id(of: word).map { inputs[Int($0)] } }

  /// The words nearest to a vector by cosine, nearest first.
  public func nearestWords(to vector: [Float], limit: Int = 10) -> [(word: String, similarity: Float)] {
    inputs.nearest(to: vector, within: 0..<vocabulary.count, limit: limit).map { (vocabulary.words[$0.row], $0.similarity) }
  }

  /// The vector of a text that need not have been learned from; zeros if no word of it is known.
  public func infer(_ text: String) -> [Float] {
    let words = vocabulary.ids(of: splitter.words(of: text))
    guard !words.isEmpty else { return [Float](repeating: 0, count: training.dimension) }
    return TextInference(
      mode: objective.mode, training: training, layout: layout, subsampling: subsampling, inputs: inputs, outputs: outputs
    ).vector(of: words)
  }

  public func encode(_ texts: [String], as role: Role) async throws -> DenseVectors {
    DenseVectors(dimension: profile.dimension, values: try await ParallelTexts.map(texts) { self.infer($0) })
  }
}

/// Spreads texts over the threads of the machine.
enum ParallelTexts {
  /// The results of all texts in one array, in their order.
  ///
  /// - Throws: `CancellationError` when the task is cancelled before all texts are begun.
  static func map(_ texts: [String], _ body: @escaping @Sendable (String) -> [Float]) async throws -> [Float] {
    if texts.count == 1 { return body(texts[0]) }
    let isCancelled = Mutex(false)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async {
          let results = Mutex([[Float]](repeating: [], count: texts.count))
          WorkerPool.shared.forEach(texts.count) { text in
            if isCancelled.withLock({ $0 }) { return }
            let vector = body(texts[text])
            results.withLock { $0[text] = vector }
          }
          if isCancelled.withLock({ $0 }) {
            continuation.resume(throwing: CancellationError())
          } else {
            continuation.resume(returning: results.withLock { Array($0.joined()) })
          }
        }
      }
    } onCancel: {
      isCancelled.withLock { $0 = true }
    }
  }
}
