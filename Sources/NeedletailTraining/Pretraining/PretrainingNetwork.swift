public import NeedletailModels
public import NeedletailNumerics

/// A network with what learns beside it: the head that tells tokens, and the decoder of summaries.
public struct PretrainingNetwork {
  public let network: TransformerNetwork
  private let prediction: VocabularyPrediction
  private let decoder: SummaryDecoder?
  private let masking: TokenMasking
  private let objective: PretrainingObjective

  /// - Parameters:
  ///   - directory: the model to begin with.
  ///   - trained: which of its layers learn.
  ///   - objective: what is made small.
  ///   - masking: hides words.
  ///   - seed: of the decoder's first weights.
  /// - Precondition: `TransformerNetwork.check` lets the directory pass.
  public init(
    _ directory: ModelDirectory, trained: TransformerNetwork.Trained = .everything, objective: PretrainingObjective, masking: TokenMasking, seed: UInt64
  ) {
    let configuration = directory.configuration
    var additions = VocabularyPrediction.declarations(configuration)
    var hasDecoder = false
    if case .reconstruction(let plan) = objective { hasDecoder = plan.summaryWeight > 0 }
    if hasDecoder { additions += SummaryDecoder.declarations(configuration) }
    network = TransformerNetwork(directory, trained: trained, with: additions)
    prediction = VocabularyPrediction(network)
    decoder = hasDecoder ? SummaryDecoder(network, seed: seed) : nil
    self.masking = masking
    self.objective = objective
  }

  /// The loss of some texts, each framed by a first and a last token.
  ///
  /// - Parameters:
  ///   - texts: of three tokens or more.
  ///   - tape: remembers.
  ///   - dropout: what is removed.
  ///   - seed: decides what is hidden.
  public func loss(of texts: [[Int32]], on tape: Tape, dropout: DropoutRates = .none, seed: UInt64) throws(TensorError) -> Tensor {
    switch objective {
    case .nextToken: try nextTokenLoss(of: texts, on: tape, dropout: dropout)
    case .reconstruction(let plan): try reconstructionLoss(plan, of: texts, on: tape, dropout: dropout, seed: seed)
    }
  }

  /// The scores of the vocabulary at each position when texts are rebuilt from their summaries; nil if the objective has no decoder.
  ///
  /// - Parameters:
  ///   - texts: as they were.
  ///   - summaries: a row for each.
  ///   - hidden: what positions do not see; see `VisibilityMask`.
  ///   - tape: remembers.
  ///   - dropout: of the decoder.
  public func rebuilt(
    _ texts: [[Int32]], from summaries: Tensor, hidden: [UInt8], on tape: Tape, dropout: DropoutRates = .none
  ) throws(TensorError) -> Tensor? {
    guard let decoder else { return nil }
    let states = try decoder.states(from: summaries, PackedTokens(texts), hidden: hidden, network, on: tape, dropout: dropout)
    return try prediction.scores(of: states, network, on: tape)
  }

  /// Writes the network with the head that tells tokens.
  public func save(to path: String) throws(ModelError) { try network.save(to: path, adding: prediction.entries(of: network)) }

  private func nextTokenLoss(of texts: [[Int32]], on tape: Tape, dropout: DropoutRates) throws(TensorError) -> Tensor {
    let tokens = PackedTokens(texts)
    let states = try network.states(of: tokens, on: tape, dropout: dropout, isCausal: true)
    let rows = tokens.sequences.flatMap { $0.dropLast() }
    return try prediction.scores(of: states.gathered(rows.map { Int32($0) }), network, on: tape)
      .crossEntropy(targets: rows.map { Int(tokens.ids[$0 + 1]) })
  }

  private func reconstructionLoss(
    _ plan: TextReconstruction, of texts: [[Int32]], on tape: Tape, dropout: DropoutRates, seed: UInt64
  ) throws(TensorError) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    if plan.deletesTokens { return try denoisingLoss(plan, of: texts, on: tape, dropout: dropout, &generator) }
    let masked = texts.map { masking.masked($0, rate: plan.maskRate, using: &generator) }
    let targets = masked.flatMap(\.targets)
    let tokens = PackedTokens(masked.map(\.tokens))
    let states = try network.states(of: tokens, on: tape, dropout: dropout)
    var sum: Tensor
    if plan.bagWeight > 0 {
      let scores = try prediction.scores(of: states, network, on: tape)
      sum = try scores.crossEntropy(targets: targets)
        .adding(BagOfWords.loss(scores: scores, sequences: tokens.sequences, texts: texts).scaled(by: plan.bagWeight))
    } else {
      let rows = targets.indices.filter { targets[$0] >= 0 }
      sum = try prediction.scores(of: states.gathered(rows.map { Int32($0) }), network, on: tape)
        .crossEntropy(targets: rows.map { targets[$0] })
    }
    guard decoder != nil else { return sum }
    let summaries = try states.reduced(tokens.sequences, by: .first)
    guard let loss = try rebuildingLoss(plan, of: texts, from: summaries, on: tape, dropout: dropout, &generator) else { return sum }
    return try sum.adding(loss)
  }

  private func denoisingLoss(
    _ plan: TextReconstruction, of texts: [[Int32]], on tape: Tape, dropout: DropoutRates, _ generator: inout SeededGenerator
  ) throws(TensorError) -> Tensor {
    let tokens = PackedTokens(texts.map { masking.shortened($0, rate: plan.maskRate, using: &generator) })
    let summaries = try network.states(of: tokens, on: tape, dropout: dropout).reduced(tokens.sequences, by: .first)
    guard let loss = try rebuildingLoss(plan, of: texts, from: summaries, on: tape, dropout: dropout, &generator) else {
      preconditionFailure("texts with deleted tokens are rebuilt from their summaries, and `summaryWeight` is 0")
    }
    return loss
  }

  /// The loss of texts that are rebuilt from their summaries, scaled; nil if the objective has no decoder.
  private func rebuildingLoss(
    _ plan: TextReconstruction, of texts: [[Int32]], from summaries: Tensor, on tape: Tape, dropout: DropoutRates,
    _ generator: inout SeededGenerator
  ) throws(TensorError) -> Tensor? {
    let hidden = texts.flatMap { VisibilityMask.hidden($0, masking, rate: plan.decoderMaskRate, using: &generator) }
    guard let scores = try rebuilt(texts, from: summaries, hidden: hidden, on: tape, dropout: dropout) else { return nil }
    // the first token is the summary and the last one tells nothing
    let wanted = texts.flatMap { text in text.indices.map { $0 == 0 || $0 == text.count - 1 ? -1 : Int(text[$0]) } }
    return try scores.crossEntropy(targets: wanted).scaled(by: plan.summaryWeight)
  }
}
