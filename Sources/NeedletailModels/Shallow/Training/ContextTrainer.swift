internal import NeedletailNumerics

/// Learns vectors of words, and of texts if asked to, by predicting each word from what stands around it.
///
/// - Skip-gram and continuous bag of words: Mikolov, Chen, Corrado and Dean, "Efficient Estimation of Word Representations in Vector Space", 2013;
///   counter-examples, hierarchical softmax and subsampling: Mikolov, Sutskever, Chen, Corrado and Dean, NeurIPS 2013.
/// - Paragraph vectors: Le and Mikolov, "Distributed Representations of Sentences and Documents", ICML 2014.
///
/// Deviations: the vectors around one word, and the text's, are trained four at a time with the same counter-examples, all errors of such a
/// step being those before it; σ is exact instead of a table.
struct ContextTrainer: Sendable {
  /// What a word is predicted from.
  enum Mode: Hashable, Sendable {
    /// Each vector by itself: those of the words around, and the text's.
    case each(words: Bool, text: Bool)
    /// Their mean.
    case mean(text: Bool)

    var hasText: Bool {
      switch self {
      case .each(_, let text), .mean(let text): text
      }
    }
  }

  let mode: Mode
  let training: ShallowTraining
  let layout: OutputLayout
  /// A row for each word, then one for each text if the mode has such.
  let inputs: ParameterRows
  let outputs: ParameterRows

  private let corpus: WordCorpus
  private let subsampling: Subsampling

  /// Inputs start as small random numbers, outputs as zeros.
  init(_ corpus: WordCorpus, mode: Mode, training: ShallowTraining) {
    self.mode = mode
    self.training = training
    self.corpus = corpus
    layout = OutputLayout(corpus.vocabulary, training)
    subsampling = Subsampling(counts: corpus.vocabulary.counts, sample: training.sample)
    inputs = ParameterRows(count: corpus.vocabulary.count + (mode.hasText ? corpus.count : 0), dimension: training.dimension)
    outputs = ParameterRows(count: layout.count, dimension: training.dimension)
    var generator = SeededGenerator(seed: training.seed)
    inputs.fill(0..<inputs.count, uniformlyWithin: 0.5 / Float(training.dimension), using: &generator)
  }

  /// Goes through the corpus as often as there are epochs.
  func train(progress: @escaping @Sendable (ShallowProgress) -> Void = { _ in }) throws(ModelError) {
    try CorpusPasses(corpus, training).run(
      makeWorkspace: { ContextWorkspace(training, layout, mode) },
      visit: { text, generator, fraction, workspace in learn(text, rate: training.rate(at: fraction), &generator, &workspace) }, progress: progress)
  }

  private func learn(_ text: Int, rate: Float, _ generator: inout SeededGenerator, _ workspace: inout ContextWorkspace) {
    subsampling.select(corpus.words(of: text), into: &workspace.kept, &generator)
    let textRow = mode.hasText ? Int32(corpus.vocabulary.count + text) : nil
    for position in workspace.kept.indices {
      workspace.gather(around: position, textRow: textRow, mode, training.window, &generator)
      guard !workspace.rows.isEmpty else { continue }
      switch mode {
      case .each: learnEach(workspace.kept[position], rate: rate, &generator, &workspace)
      case .mean: learnMean(workspace.kept[position], rate: rate, &generator, &workspace)
      }
    }
  }

  /// Predicts a word from each of the rows around it, a few at a time.
  private func learnEach(_ word: Int32, rate: Float, _ generator: inout SeededGenerator, _ workspace: inout ContextWorkspace) {
    for start in stride(from: 0, to: workspace.rows.count, by: ContextWorkspace.rowsPerStep) {
      workspace.targets.set(word, &generator)
      let rows = workspace.rows.span.extracting(start..<min(start + ContextWorkspace.rowsPerStep, workspace.rows.count))
      workspace.prediction.learn(
        from: inputs, rows, to: outputs, workspace.targets.rows.span, targets: workspace.targets.labels.span, rate: rate,
        errors: workspace.errors)
    }
  }

  /// Predicts a word from the mean of the rows around it.
  private func learnMean(_ word: Int32, rate: Float, _ generator: inout SeededGenerator, _ workspace: inout ContextWorkspace) {
    workspace.targets.set(word, &generator)
    workspace.prediction.average(inputs, workspace.rows.span, into: workspace.hidden)
    workspace.prediction.learn(
      fromHidden: workspace.hidden, to: outputs, workspace.targets.rows.span, targets: workspace.targets.labels.span, rate: rate,
      errors: workspace.errors)
    for row in workspace.rows { workspace.prediction.add(workspace.errors, row: 0, to: inputs, row: Int(row)) }
  }
}

/// What one thread needs for its steps.
struct ContextWorkspace {
  /// Rows that learn in one step: as many as the kernels take at a time. With all of a window in one step, topics of AG News were told
  /// apart worse by three points of F1.
  static let rowsPerStep = 4

  let prediction: RowPrediction
  let errors: ParameterRows
  let hidden: ParameterRows
  var targets: PredictionTargets
  /// The words of a text that subsampling left.
  var kept: [Int32] = []
  /// The input rows of the step.
  private(set) var rows: [Int32] = []

  init(_ training: ShallowTraining, _ layout: OutputLayout, _ mode: ContextTrainer.Mode) {
    prediction = RowPrediction(inputCapacity: Self.rowsPerStep, outputCapacity: layout.largestStep)
    errors = ParameterRows(count: Self.rowsPerStep, dimension: training.dimension)
    hidden = ParameterRows(count: 1, dimension: training.dimension)
    targets = PredictionTargets(layout)
  }

  /// Sets `rows` to the words within a random distance, and the text.
  mutating func gather(
    around position: Int, textRow: Int32?, _ mode: ContextTrainer.Mode, _ window: Int, _ generator: inout SeededGenerator
  ) {
    rows.removeAll(keepingCapacity: true)
    if mode != .each(words: false, text: true) {
      let reach = 1 + generator.index(below: window)
      for neighbour in max(0, position - reach)..<min(kept.count, position + reach + 1) where neighbour != position {
        rows.append(kept[neighbour])
      }
    }
    if let textRow { rows.append(textRow) }
  }
}
