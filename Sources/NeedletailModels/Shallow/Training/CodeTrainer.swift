internal import NeedletailNumerics

/// What a model of binary codes consists of, and its steps.
///
/// With b = round(σ(D_n)), or b = round(σ(P r_n)) where a real vector r_n is learned along, word w of text n has the score `W_w · [b, 1, e]`, where
/// e is the mean of the words around (PV-DM) or absent (PV-DBOW). The objective is that of skip-gram with counter-examples.
///
/// Deviation: counter-examples instead of sampled softmax (the thesis gives no figure for either).
struct CodeNetwork: Sendable {
  let options: BinaryCodeOptions
  let training: ShallowTraining
  let layout: OutputLayout
  /// A row for each word: weights of the bits, a bias, and in the memory model weights of the words around.
  let outputs: ParameterRows
  /// A row for each word in the memory model, zero where the code and the bias are in a row of `outputs`.
  let words: ParameterRows?
  /// A row for each bit, where there are real vectors.
  let projection: ParameterRows?

  /// Components of a row of `outputs`.
  static func width(_ options: BinaryCodeOptions, _ training: ShallowTraining) -> Int {
    options.bits + 1 + (options.usesContext ? training.dimension : 0)
  }

  /// Learned numbers of a text.
  var textDimension: Int { options.realDimension ?? options.bits }
  var width: Int { Self.width(options, training) }

  init(_ vocabulary: WordVocabulary, _ options: BinaryCodeOptions, _ training: ShallowTraining) {
    let width = Self.width(options, training)
    var generator = SeededGenerator(seed: training.seed)
    var words: ParameterRows?
    if options.usesContext {
      let rows = ParameterRows(count: vocabulary.count, dimension: width)
      let bound = 0.5 / Float(training.dimension)
      for row in 0..<rows.count {
        rows.changeRow(row) { for index in options.bits + 1..<width { $0[index] = (generator.unitFloat() * 2 - 1) * bound } }
      }
      words = rows
    }
    var projection: ParameterRows?
    if let dimension = options.realDimension {
      let rows = ParameterRows(count: options.bits, dimension: dimension)
      rows.fill(0..<rows.count, uniformlyWithin: (3 / Float(dimension)).squareRoot(), using: &generator)
      projection = rows
    }
    self.init(
      vocabulary, options, training, outputs: ParameterRows(count: vocabulary.count, dimension: width), words: words,
      projection: projection)
  }

  init(
    _ vocabulary: WordVocabulary, _ options: BinaryCodeOptions, _ training: ShallowTraining, outputs: ParameterRows, words: ParameterRows?,
    projection: ParameterRows?
  ) {
    self.options = options
    self.training = training
    self.outputs = outputs
    self.words = words
    self.projection = projection
    layout = OutputLayout(vocabulary, training)
  }

  /// Makes the row of a text before it has learned anything.
  func initialise(_ texts: ParameterRows, using generator: inout SeededGenerator) {
    texts.fill(0..<texts.count, uniformlyWithin: options.initialBound, using: &generator)
  }

  /// One pass over the words of a text.
  ///
  /// - Parameter changesNetwork: false holds everything but the text's row still.
  func learn(
    _ kept: [Int32], texts: ParameterRows, row: Int, rate: Float, changesNetwork: Bool, _ generator: inout SeededGenerator,
    _ workspace: inout CodeWorkspace
  ) {
    for position in kept.indices {
      forward(texts, row, &workspace)
      if let words { workspace.gather(kept, around: position, words, training.window, &generator) }
      workspace.targets.set(kept[position], &generator)
      workspace.prediction.learn(
        fromHidden: workspace.hidden, to: outputs, workspace.targets.rows.span, targets: workspace.targets.labels.span, rate: rate,
        changesOutputs: changesNetwork, errors: workspace.errors)
      backward(texts, row, changesNetwork: changesNetwork, &workspace)
    }
  }

  /// Sets the hidden row to the code of the text and the constant.
  private func forward(_ texts: ParameterRows, _ row: Int, _ workspace: inout CodeWorkspace) {
    let bits = options.bits
    if let projection {
      workspace.textRow[0] = Int32(row)
      workspace.projection.score(texts, workspace.textRow.span, projection, workspace.bitRows.span)
      workspace.projection.withScores(ofInput: 0) { for bit in 0..<bits { workspace.logits[bit] = $0[bit] } }
    } else {
      texts.withRow(row) { for bit in 0..<bits { workspace.logits[bit] = $0[bit] } }
    }
    let layer = options.layer
    let hidden = workspace.hidden
    hidden.clear(0)
    hidden.changeRow(0) {
      for bit in 0..<bits {
        let (activation, output) = layer.forward(workspace.logits[bit])
        workspace.activations[bit] = activation
        $0[bit] = output
      }
      $0[bits] = 1
    }
  }

  /// Passes the error of the hidden row on to the text, and to the projection and the words around.
  private func backward(_ texts: ParameterRows, _ row: Int, changesNetwork: Bool, _ workspace: inout CodeWorkspace) {
    let bits = options.bits
    let layer = options.layer
    workspace.errors.changeRow(0) {
      for bit in 0..<bits {
        workspace.logits[bit] = options.codeRate * layer.backward($0[bit], activation: workspace.activations[bit])
        $0[bit] = 0
      }
      $0[bits] = 0
    }
    if projection != nil {
      workspace.projection.withScores(ofInput: 0) { for bit in 0..<bits { $0[bit] = workspace.logits[bit] } }
      workspace.projection.collectErrors(into: workspace.textErrors)
      if changesNetwork { workspace.projection.correctOutputs() }
      workspace.projection.add(workspace.textErrors, row: 0, to: texts, row: row)
    } else {
      texts.changeRow(row) { for bit in 0..<bits { $0[bit] += workspace.logits[bit] } }
    }
    guard changesNetwork, let words else { return }
    for context in workspace.rows { workspace.prediction.add(workspace.errors, row: 0, to: words, row: Int(context)) }
  }

  /// The logits of a text's bits.
  func logits(_ text: [Float]) -> [Float] {
    guard let projection else { return text }
    return (0..<options.bits).map { bit in
      projection.withRow(bit) { row in text.indices.reduce(Float(0)) { $0 + text[$1] * row[$1] } }
    }
  }
}

/// What one thread needs for the steps of a `CodeNetwork`.
struct CodeWorkspace {
  let prediction: RowPrediction
  let projection: RowPrediction
  let hidden: ParameterRows
  let errors: ParameterRows
  let textErrors: ParameterRows
  var targets: PredictionTargets
  var kept: [Int32] = []
  var logits: [Float]
  var activations: [Float]
  var textRow: [Int32] = [0]
  let bitRows: [Int32]
  /// The words around the one that is predicted.
  private(set) var rows: [Int32] = []

  init(_ network: CodeNetwork) {
    let bits = network.options.bits
    prediction = RowPrediction(inputCapacity: 1, outputCapacity: network.layout.largestStep)
    projection = RowPrediction(inputCapacity: 1, outputCapacity: bits)
    hidden = ParameterRows(count: 1, dimension: network.width)
    errors = ParameterRows(count: 1, dimension: network.width)
    textErrors = ParameterRows(count: 1, dimension: network.textDimension)
    targets = PredictionTargets(network.layout)
    logits = [Float](repeating: 0, count: bits)
    activations = logits
    bitRows = (0..<Int32(bits)).map { $0 }
  }

  /// Adds the mean of the words around to the hidden row.
  mutating func gather(_ kept: [Int32], around position: Int, _ words: ParameterRows, _ window: Int, _ generator: inout SeededGenerator) {
    rows.removeAll(keepingCapacity: true)
    let reach = 1 + generator.index(below: window)
    for neighbour in max(0, position - reach)..<min(kept.count, position + reach + 1) where neighbour != position {
      rows.append(kept[neighbour])
    }
    for row in rows { prediction.add(words, row: Int(row), times: 1 / Float(rows.count), to: hidden, row: 0) }
  }
}
