public import NeedletailModels
public import NeedletailNumerics
internal import NeedletailText

/// Takes a network through a training on texts alone.
///
/// Long texts are cut into pieces of the length that the settings give passages. A step is a pure function of its number, as in `Trainer`.
public final class TextPretrainer: Learner {
  public let settings: TrainingSettings
  public let optimizer: Optimizer
  public let average: MovingAverage?
  public var network: TransformerNetwork { pretraining.network }

  private let pretraining: PretrainingNetwork
  /// The texts in pieces.
  private let pieces: [[Int32]]
  private let sampler: ShuffledSampler
  private let tape: Tape

  /// Shorter pieces teach nothing.
  private static let fewestTokens = 6

  /// - Parameters:
  ///   - directory: the model to begin with.
  ///   - trained: which layers learn.
  ///   - texts: what is learnt from.
  ///   - objective: what is made small.
  ///   - batchSize: pieces per batch.
  ///   - grouping: which pieces may share a batch.
  ///   - settings: how.
  ///   - pool: the threads.
  /// - Throws: when the model cannot be trained, its tokenizer has no mask, or the texts are all too short.
  public init(
    _ directory: ModelDirectory, trained: TransformerNetwork.Trained = .everything, texts: [String], objective: PretrainingObjective,
    batchSize: Int, grouping: ShuffledSampler.Grouping = .length, settings: TrainingSettings, pool: WorkerPool = .shared
  ) throws {
    try TransformerNetwork.check(directory)
    let tokenizer = try directory.tokenizer()
    guard tokenizer.specialTokenCount == 2, let masking = TokenMasking(tokenizer) else {
      throw TrainingError.unsuitableData(reason: "The tokenizer of \(directory.path) has no mask, or does not frame texts by two tokens")
    }
    let length = min(settings.maximumPassageTokens, directory.maximumTokens)
    pieces = Self.pieces(of: texts, tokenizer, length: length, pool)
    guard !pieces.isEmpty else { throw TrainingError.unsuitableData(reason: "There is no text of \(Self.fewestTokens) tokens to learn from") }
    sampler = ShuffledSampler(
      lengths: pieces.map(\.count), tasks: pieces.map { _ in 0 }, batchSize: batchSize, grouping: grouping, seed: settings.seed)
    let learning = PretrainingNetwork(directory, trained: trained, objective: objective, masking: masking, seed: settings.seed)
    pretraining = learning
    self.settings = settings
    optimizer = Optimizer(settings, of: learning.network, pool: pool)
    average = settings.averageDecay.map { MovingAverage(of: learning.network.parameters, decay: $0) }
    tape = Tape(pool: pool)
  }

  public func accumulateGradient(at place: Int, seed: UInt64) throws -> (loss: Float, tokens: Int) {
    let texts = sampler.indices(at: place).map { pieces[$0] }
    tape.clear()
    tape.seed = seed
    do {
      let loss = try pretraining.loss(of: texts, on: tape, dropout: settings.dropout, seed: settings.seed(of: place, 0x3b))
      if loss.value.isFinite { try tape.differentiate(loss) }
      return (loss.value, texts.reduce(0) { $0 + $1.count })
    } catch {
      throw TrainingError.tensor(error)
    }
  }

  /// Writes the model with the head that tells tokens; what only served the training is left behind.
  public func save(to path: String) throws(ModelError) { try pretraining.save(to: path) }

  /// The texts in pieces that are framed as texts are.
  static func pieces(of texts: [String], _ tokenizer: SubwordTokenizer, length: Int, _ pool: WorkerPool) -> [[Int32]] {
    pool.map(texts.count, tasksOf: 32) { part in
      texts[part].flatMap { text -> [[Int32]] in
        let ids = tokenizer.encode(text, maximumTokens: nil).ids
        guard ids.count >= fewestTokens, let first = ids.first, let last = ids.last else { return [] }
        let content = ids.dropFirst().dropLast()
        // about equally long, so that no short rest is lost
        let count = (content.count + length - 3) / (length - 2)
        return (0..<count).map { piece in
          [first] + content[content.startIndex + content.count * piece / count..<content.startIndex + content.count * (piece + 1) / count] + [last]
        }
      }
    }
  }
}
