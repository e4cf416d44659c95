internal import Foundation
internal import NeedletailNumerics

/// Learns several vectors for each word, and for each word a classifier that tells from the words around which of them is meant.
///
/// Grzegorczyk and Kurdziel, "Disambiguated skip-gram model", EMNLP 2018. The mixture of a word's sense vectors predicts the words around; its
/// weights are a softmax over what the classifier makes of the mean output vector of those words, through which no gradient flows.
/// First one pass with a classifier that all words share and a reward for using all senses evenly; then each word gets a copy, and choices are
/// drawn from the Gumbel-softmax distribution, at a temperature that falls from 1 to 0.5 during the first third.
///
/// Deviations: plain stochastic gradients, one step for each word, instead of batches with momentum; a linearly falling step size;
/// the counter-examples of a step are shared by the words around.
struct SenseTrainer: Sendable {
  let options: SenseOptions
  let training: ShallowTraining
  let network: SenseNetwork

  private let corpus: WordCorpus
  private let subsampling: Subsampling
  private let noise: NoiseDistribution

  init(_ corpus: WordCorpus, _ options: SenseOptions, _ training: ShallowTraining) {
    self.corpus = corpus
    self.options = options
    self.training = training
    network = SenseNetwork(words: corpus.vocabulary.count, options: options, training: training)
    subsampling = Subsampling(counts: corpus.vocabulary.counts, sample: training.sample)
    noise = NoiseDistribution(counts: corpus.vocabulary.counts)
  }

  /// - Returns: for each word, the share of each of its senses in the corpus.
  func train(progress: @escaping @Sendable (ShallowProgress) -> Void) throws(ModelError) -> [Float] {
    var first = training
    first.epochs = 1
    try pass(first, .shared, progress)
    network.shareOutClassifier()
    var second = training
    second.seed = training.seed &+ 1
    try pass(second, .own, progress)
    return priors()
  }

  /// Which classifier is trained.
  enum Stage { case shared, own }

  private func pass(_ training: ShallowTraining, _ stage: Stage, _ progress: @escaping @Sendable (ShallowProgress) -> Void) throws(ModelError) {
    try CorpusPasses(corpus, training).run(
      makeWorkspace: { SenseWorkspace(network, training, noise) },
      visit: { text, generator, fraction, workspace in
        let rate = stage == .shared ? training.rate : training.rate(at: fraction)
        let temperature = stage == .shared ? 1 : max(0.5, 1 - 1.5 * fraction)
        subsampling.select(corpus.words(of: text), into: &workspace.kept, &generator)
        for position in workspace.kept.indices where workspace.gather(around: position, training.window) {
          learn(workspace.kept[position], stage, rate: rate, temperature: temperature, &generator, &workspace)
        }
      }, progress: progress)
  }

  private func learn(
    _ word: Int32, _ stage: Stage, rate: Float, temperature: Float, _ generator: inout SeededGenerator, _ workspace: inout SenseWorkspace
  ) {
    workspace.classify(word, stage, network)
    if stage == .shared {
      SenseSelection.soften(workspace.logits, into: &workspace.weights)
    } else {
      SenseSelection.draw(workspace.logits, temperature: temperature, into: &workspace.weights, &generator)
    }
    workspace.mix(word, network)
    workspace.predict(network, counterExamples: training.negatives, rate: rate, &generator)
    workspace.passBack(
      word, network, temperature: temperature, entropyScale: stage == .shared ? options.entropyWeight * rate : 0)
  }

  private func priors() -> [Float] {
    var sums = [Float](repeating: 0, count: corpus.vocabulary.count * options.senses)
    var counts = [Float](repeating: 0, count: corpus.vocabulary.count)
    var workspace = SenseWorkspace(network, training, noise)
    for text in 0..<corpus.count {
      workspace.kept = Array(corpus.words(of: text))
      for position in workspace.kept.indices where workspace.gather(around: position, training.window) {
        let word = Int(workspace.kept[position])
        workspace.classify(Int32(word), .own, network)
        SenseSelection.soften(workspace.logits, into: &workspace.weights)
        counts[word] += 1
        for sense in 0..<options.senses { sums[word * options.senses + sense] += workspace.weights[sense] }
      }
    }
    return sums.indices.map { counts[$0 / options.senses] > 0 ? sums[$0] / counts[$0 / options.senses] : 1 / Float(options.senses) }
  }
}

/// The learned numbers of a model of senses. Each row has one component more than the vectors, for a bias.
struct SenseNetwork: Sendable {
  let senseCount: Int
  /// A row for each sense of each word; the last component is zero.
  let senses: ParameterRows
  /// A row for each word as something predicted; the last component is its bias.
  let outputs: ParameterRows
  /// A row for each sense of each word that tells from the words around whether it is meant, then a row for each sense that all words share.
  let classifiers: ParameterRows

  init(words: Int, options: SenseOptions, training: ShallowTraining) {
    let dimension = training.dimension + 1
    senseCount = options.senses
    senses = ParameterRows(count: words * senseCount, dimension: dimension)
    outputs = ParameterRows(count: words, dimension: dimension)
    classifiers = ParameterRows(count: (words + 1) * senseCount, dimension: dimension)
    var generator = SeededGenerator(seed: training.seed)
    senses.fill(0..<senses.count, uniformlyWithin: 0.5 / Float(training.dimension), using: &generator)
    for row in 0..<senses.count { senses.changeRow(row) { $0[dimension - 1] = 0 } }
    classifiers.fill(words * senseCount..<classifiers.count, uniformlyWithin: 0.5, using: &generator)
  }

  init(senseCount: Int, senses: ParameterRows, outputs: ParameterRows, classifiers: ParameterRows) {
    self.senseCount = senseCount
    self.senses = senses
    self.outputs = outputs
    self.classifiers = classifiers
  }

  /// Gives every word a copy of the classifier they shared.
  func shareOutClassifier() {
    let shared = outputs.count * senseCount
    for word in 0..<outputs.count {
      for sense in 0..<senseCount { classifiers[word * senseCount + sense] = classifiers[shared + sense] }
    }
  }
}
