internal import NeedletailNumerics

/// Finds the vector of a new text: the training of paragraph vectors with everything but that vector held still.
struct TextInference {
  let mode: ContextTrainer.Mode
  let training: ShallowTraining
  let layout: OutputLayout
  let subsampling: Subsampling
  let inputs: ParameterRows
  let outputs: ParameterRows

  /// A query of three words would have learned next to nothing after the epochs that suit a document.
  private static let leastPredictions = 500

  /// The epochs for a text of so many words: those given, or more where that would be too few predictions.
  static func epochs(_ epochs: Int, words: Int) -> Int {
    max(epochs, (leastPredictions + words - 1) / max(1, words))
  }

  /// - Parameter words: known words in order, at least one.
  func vector(of words: [Int32]) -> [Float] {
    // The words themselves are the seed, so the same text always gets the same vector.
    let fingerprint = words.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64(UInt32(bitPattern: $1))) &* 0x100_0000_01b3 }
    var generator = SeededGenerator(seed: training.seed, part: fingerprint)
    let text = ParameterRows(count: 1, dimension: training.dimension)
    text.fill(0..<1, uniformlyWithin: 0.5 / Float(training.dimension), using: &generator)
    var workspace = ContextWorkspace(training, layout, mode)
    let epochs = Self.epochs(training.epochs, words: words.count)
    for epoch in 0..<epochs {
      let rate = training.rate(at: Float(epoch) / Float(epochs))
      subsampling.select(words[...], into: &workspace.kept, &generator)
      for position in workspace.kept.indices { learn(text, at: position, rate: rate, &generator, &workspace) }
    }
    return text[0]
  }

  private func learn(
    _ text: ParameterRows, at position: Int, rate: Float, _ generator: inout SeededGenerator, _ workspace: inout ContextWorkspace
  ) {
    workspace.targets.set(workspace.kept[position], &generator)
    let prediction = workspace.prediction
    switch mode {
    case .each:
      prediction.learn(
        fromHidden: text, to: outputs, workspace.targets.rows.span, targets: workspace.targets.labels.span, rate: rate,
        changesOutputs: false, errors: workspace.errors)
    case .mean:
      workspace.gather(around: position, textRow: nil, mode, training.window, &generator)
      let share = 1 / Float(workspace.rows.count + 1)
      workspace.hidden.clear(0)
      prediction.add(text, row: 0, times: share, to: workspace.hidden, row: 0)
      for row in workspace.rows { prediction.add(inputs, row: Int(row), times: share, to: workspace.hidden, row: 0) }
      prediction.learn(
        fromHidden: workspace.hidden, to: outputs, workspace.targets.rows.span, targets: workspace.targets.labels.span, rate: rate,
        changesOutputs: false, errors: workspace.errors)
    }
    prediction.add(workspace.errors, row: 0, to: text, row: 0)
  }
}
