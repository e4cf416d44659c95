import Foundation
import NeedletailModels
import NeedletailNumerics
import NeedletailText
import NeedletailTraining
import Testing

@Suite struct PassageMemoryTests {
  private let examples: TrainingExamples
  private let directory: ModelDirectory

  init() throws {
    directory = try ModelDirectory(path: TinyModels.path("tiny-bert"))
    var examples = TrainingExamples.tiny
    // what the first query knows to be an answer too
    examples.append(.init(query: 0, positives: [6]))
    self.examples = examples
  }

  private struct Fixed: Sampler {
    let batches: [[Int]]
    var stepsPerEpoch: Int { batches.count }
    func indices(at step: Int) -> [Int] { batches[step % batches.count] }
  }

  private func trainer(_ memory: PassageMemory.Settings?, _ batches: [[Int]], average: Float? = nil, parts: Int? = nil) throws -> Trainer {
    var settings = TrainingSettings(steps: 10)
    settings.rate = 1e-3
    settings.memory = memory
    settings.averageDecay = average
    settings.textsAtATime = parts
    return Trainer(
      TransformerNetwork(directory), tokenizer: try directory.tokenizer(), examples: examples, sampler: Fixed(batches: batches),
      objective: Contrastive(), settings: settings)
  }

  /// As long as nothing is learnt, the memory gives what one large batch gives.
  @Test(arguments: [nil, 3] as [Int?]) func theLossIsThatOfOneLargeBatch(parts: Int?) throws {
    let split = try trainer(.init(batches: 1), [[4, 5, 6, 7], [0, 1, 2, 3]], parts: parts)
    _ = try split.accumulateGradient(at: 0, seed: 0)
    let found = try split.accumulateGradient(at: 1, seed: 0).loss
    let whole = try trainer(nil, [[0, 1, 2, 3, 4, 5, 6, 7]])
    // the large batch, of whose queries only the first four are asked
    var batch = whole.batch(at: 0)
    batch.positives = batch.positives.enumerated().map { $0.offset < 4 ? $0.element : [] }
    let wanted = try whole.accumulateGradient(of: batch, seed: 0).loss
    #expect(abs(found - wanted) < 1e-5)
    let without = try trainer(nil, [[0, 1, 2, 3]]).accumulateGradient(at: 0, seed: 0).loss
    #expect(found > without + 1e-3)
  }

  @Test func knownAnswersInTheMemoryCountAsNothing() throws {
    let trainer = try trainer(.init(batches: 1), [[4, 5, 6, 7], [0, 1]])
    let batch = trainer.batch(at: 1)
    let larger = batch.adding([4, 5, 6, 7], of: examples)
    #expect(larger.passages == batch.passages + [4, 5, 6, 7] && larger.occurrences.count == larger.passages.count)
    #expect(larger.ignored[0] == batch.ignored[0].union([batch.passages.count + 2]) && larger.ignored[1] == batch.ignored[1])
  }

  @Test func theOldestBatchIsForgottenFirst() {
    var memory = PassageMemory(capacity: 2)
    for batch in 0..<4 { memory.append(passages: [batch], vectors: [Float(batch)]) }
    #expect(memory.passages == [[2], [3]] && memory.vectors == [[2], [3]])
  }

  @Test func theMovingAverageFillsTheQueue() throws {
    let decay: Float = 0.9
    let trainer = try trainer(.init(batches: 2, usesAverage: true), [[0, 1], [2, 3], [4, 5]], average: decay)
    var average = trainer.network.parameters.snapshot
    for step in 0..<3 {
      let before = average
      _ = try trainer.step(step)
      average = zip(average, trainer.network.parameters.snapshot).map { decay * $0 + (1 - decay) * $1 }
      // the update is that of the formula, and what is remembered was embedded before it
      let largest = zip(trainer.average?.values ?? [], average).map { abs($0 - $1) }.max() ?? 1
      #expect(largest < 1e-5)
      let network = TransformerNetwork(directory)
      network.parameters.snapshot = before
      let tokenizer = try directory.tokenizer()
      let texts = try #require(trainer.memory?.passages.last).map { tokenizer.encode(examples.passages[$0], maximumTokens: nil).ids }
      let tape = Tape()
      let wanted = try network.vectors(of: PackedTokens(texts), on: tape).values
      let found = try #require(trainer.memory?.vectors.last)
      #expect(wanted.count == found.count && zip(wanted, found).allSatisfy { abs($0 - $1) < 1e-4 })
    }
    #expect(trainer.memory?.passages == [[2, 3], [4, 5]])
    #expect(trainer.network.parameters.snapshot != trainer.average?.values)
  }
}
