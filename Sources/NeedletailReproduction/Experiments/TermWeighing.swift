internal import NeedletailCore
internal import NeedletailModels
package import NeedletailNumerics
internal import NeedletailText
package import NeedletailTraining

/// How a network reads a text whose terms it weighs.
package enum TermReading: String, CaseIterable, Sendable {
  /// Each token sees those before it.
  case causal
  /// The same, with the text twice; only the second time is looked at, when each token has seen the whole text.
  case echoed
  /// Each token sees all.
  case bidirectional

  /// A sequence for the network, and the places in it that are looked at: those of the text and the one before, since a causal network
  /// speaks of a token before it reads it.
  ///
  /// - Parameters:
  ///   - text: its tokens without a frame.
  ///   - frame: the tokens that stand before and behind.
  package func sequence(_ text: [Int32], frame: (first: Int32, last: Int32)) -> (tokens: [Int32], places: Range<Int>) {
    switch self {
    case .causal: ([frame.first] + text, 0..<text.count + 1)
    case .echoed: ([frame.first] + text + text, text.count..<2 * text.count + 1)
    case .bidirectional: ([frame.first] + text + [frame.last], 0..<text.count + 1)
    }
  }
}

/// A small network that weighs the terms of its vocabulary for a text: log(1 + max(0, s - t)) with s the largest inner product of a token's
/// state and the term's embedding (Formal et al., "SPLADE v2", 2021, equations 1 and 6; Doshi et al., "Mistral-SPLADE", 2024, section 3).
///
/// Deviation: t, which keeps most terms closed before anything is learnt, is one number and does not learn.
package struct TermWeighing {
  package let network: TransformerNetwork
  package let reading: TermReading
  private let threshold: Float

  /// `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]` and `[MASK]`, in this order: texts share them, so that they say nothing of any.
  package static let specialTokens = 5
  package static let frame: (first: Int32, last: Int32) = (2, 3)
  private static let textsAtATime = 32

  /// - Parameters:
  ///   - network: weighs.
  ///   - reading: how it reads.
  ///   - threshold: what scores have to exceed.
  package init(network: TransformerNetwork, reading: TermReading, threshold: Float) {
    self.network = network
    self.reading = reading
    self.threshold = threshold
  }

  /// The terms of the vocabulary; term 0 is the first token that is not special.
  package var termCount: Int { network.configuration.vocabularySize - Self.specialTokens }

  private var words: Parameter {
    guard let words = network.parameters.parameter(named: "\(TransformerPart.wordEmbedding)") else {
      preconditionFailure("a network has embeddings of its tokens")
    }
    return words
  }

  /// The tokens of texts without a frame, at most `limit` of each.
  static func tokens(of texts: [String], _ tokenizer: SubwordTokenizer, limit: Int) -> [[Int32]] {
    texts.map { Array(tokenizer.encode($0, maximumTokens: limit + 2).ids.dropFirst().dropLast()) }
  }

  /// A row of weights for each text, as many columns as there are terms.
  package func weights(of texts: [[Int32]], on tape: Tape) throws(TensorError) -> Tensor {
    let sequences = texts.map { reading.sequence($0, frame: Self.frame) }
    let tokens = PackedTokens(sequences.map(\.tokens))
    let states = try network.states(of: tokens, on: tape, isCausal: reading != .bidirectional)
    var looked: [Int32] = []
    var rows: [Range<Int>] = []
    for (whole, sequence) in zip(tokens.sequences, sequences) {
      rows.append(looked.count..<looked.count + sequence.places.count)
      looked += sequence.places.map { Int32(whole.lowerBound + $0) }
    }
    let terms = try tape.parameter(words, of: network.parameters).rows(Self.specialTokens..<network.configuration.vocabularySize)
    // the largest first: the rest never falls
    return try states.gathered(looked).linear(terms).reduced(rows, by: .maximum)
      .affine(factor: 1, offset: -threshold).mapped(.relu).affine(factor: 1, offset: 1).mapped(.log)
  }

  /// The loss of telling each next token, over the same embeddings.
  func nextTokenLoss(of texts: [[Int32]], on tape: Tape) throws(TensorError) -> Tensor {
    let tokens = PackedTokens(texts.map { TermReading.causal.sequence($0, frame: Self.frame).tokens })
    let states = try network.states(of: tokens, on: tape, isCausal: true)
    let rows = tokens.sequences.flatMap { $0.dropLast() }
    return try states.gathered(rows.map { Int32($0) }).linear(tape.parameter(words, of: network.parameters))
      .crossEntropy(targets: rows.map { Int(tokens.ids[$0 + 1]) })
  }

  /// The weights of any number of texts, for an index.
  func vectors(of texts: [[Int32]]) throws -> SparseVectors {
    let tape = Tape()
    tape.isRecording = false
    var result = SparseVectors(dimension: termCount)
    for first in stride(from: 0, to: texts.count, by: Self.textsAtATime) {
      tape.clear()
      let part = Array(texts[first..<min(first + Self.textsAtATime, texts.count)])
      let values = try weights(of: part, on: tape).values
      for row in part.indices {
        var entries: [(term: UInt32, weight: Float)] = []
        for term in 0..<termCount where values[row * termCount + term] > 0 { entries.append((UInt32(term), values[row * termCount + term])) }
        try result.append(SparseVector(entries))
      }
    }
    return result
  }
}

/// Takes the network through the steps of a training.
final class TermWeightLearner: Learner {
  /// What a step makes small.
  enum Goal {
    case nextToken
    /// Queries are to score their documents above the batch's others, with few terms: the weights of the two penalties grow with the square
    /// of the step's number until a part of the steps is over.
    case pairs(SparsityPenalty, query: Float, document: Float, ramp: Float)
  }

  let settings: TrainingSettings
  let optimizer: Optimizer
  let average: MovingAverage? = nil
  var network: TransformerNetwork { weighing.network }
  private let weighing: TermWeighing
  private let goal: Goal
  private let queries: [[Int32]]
  private let documents: [[Int32]]
  private let sampler: ShuffledSampler
  private let tape = Tape()

  /// - Parameters:
  ///   - weighing: what learns.
  ///   - goal: what is made small.
  ///   - queries: tokens of the first of each pair; not looked at by `nextToken`.
  ///   - documents: tokens of the second of each pair.
  ///   - batch: pairs of a step.
  ///   - settings: how.
  init(_ weighing: TermWeighing, _ goal: Goal, queries: [[Int32]], documents: [[Int32]], batch: Int, settings: TrainingSettings) {
    self.weighing = weighing
    self.goal = goal
    self.queries = queries
    self.documents = documents
    self.settings = settings
    optimizer = Optimizer(settings.algorithm, of: weighing.network.parameters, decay: { $0.shape.rank > 1 ? settings.weightDecay : 0 })
    sampler = ShuffledSampler(
      lengths: documents.map(\.count), tasks: documents.map { _ in 0 }, batchSize: batch, seed: settings.seed)
    weighing.network.parameters.clearGradients()
  }

  func accumulateGradient(at place: Int, seed: UInt64) throws -> (loss: Float, tokens: Int) {
    let indices = sampler.indices(at: place)
    tape.clear()
    tape.seed = seed
    tape.isRecording = true
    let loss = try loss(of: indices, at: place)
    if loss.value.isFinite { try tape.differentiate(loss) }
    return (loss.value, indices.reduce(0) { $0 + queries[$1].count + documents[$1].count })
  }

  func save(to path: String) throws(ModelError) { try network.save(to: path) }

  private func loss(of indices: [Int], at place: Int) throws -> Tensor {
    let texts = indices.map { documents[$0] }
    guard case .pairs(let penalty, let queryWeight, let documentWeight, let ramp) = goal else {
      return try weighing.nextTokenLoss(of: texts, on: tape)
    }
    let weights = try weighing.weights(of: indices.map { queries[$0] } + texts, on: tape)
    let (asked, answering) = (try weights.rows(0..<indices.count), try weights.rows(indices.count..<2 * indices.count))
    let contrast = try asked.matrixProduct(answering, transposesOther: true).crossEntropy(targets: Array(indices.indices))
    let part = min(1, Float(place) / max(1, ramp * Float(settings.steps)))
    return try contrast
      .adding(penalty.loss(of: asked).scaled(by: queryWeight * part * part))
      .adding(penalty.loss(of: answering).scaled(by: documentWeight * part * part))
  }
}
