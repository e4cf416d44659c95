import Foundation
import NeedletailModels
import NeedletailNumerics
import NeedletailTraining
import Testing

@Suite struct TrainerTests {
  private let examples: TrainingExamples
  private let directory: ModelDirectory

  init() throws {
    directory = try ModelDirectory(path: TinyModels.path("tiny-bert"))
    examples = .tiny
  }

  private func trainer(_ settings: TrainingSettings, objective: any Objective = Contrastive(), threads: Int = 2) throws -> Trainer {
    let network = TransformerNetwork(directory)
    let tokenizer = try TransformerEmbedder(directory: directory).tokenizer
    let sampler = ShuffledSampler(lengths: examples.examples.map { _ in 1 }, tasks: examples.examples.map { _ in 0 }, batchSize: 4, seed: 3)
    return Trainer(
      network, tokenizer: tokenizer, examples: examples, sampler: sampler, objective: objective, settings: settings,
      pool: WorkerPool(threadCount: threads))
  }

  private var settings: TrainingSettings {
    var settings = TrainingSettings(steps: 40)
    settings.rate = 2e-3
    return settings
  }

  @Test func theLossFalls() throws {
    let trainer = try trainer(settings)
    let losses = try (0..<40).map { try trainer.step($0).loss }
    let (first, last) = (losses[0..<4].reduce(0, +), losses[36..<40].reduce(0, +))
    #expect(last < 0.5 * first)
  }

  @Test func equalSeedsGiveEqualBitsOnAnyNumberOfThreads() throws {
    var settings = settings
    settings.dropout = DropoutRates(hidden: 0.1, attention: 0.1)
    settings.averageDecay = 0.9
    func values(threads: Int) throws -> ([Float], [Float]) {
      let trainer = try trainer(settings, threads: threads)
      for step in 0..<5 { _ = try trainer.step(step) }
      return (trainer.network.parameters.snapshot, trainer.average?.values ?? [])
    }
    let (one, three) = (try values(threads: 1), try values(threads: 3))
    #expect(one == three)
    #expect(one.0 != one.1)
  }

  @Test(arguments: [false, true]) func theGradientCacheGivesTheGradientOfTheWholeBatch(hasDropout: Bool) throws {
    // with dropout, parts drop other entries than the whole does: then the cache is compared with itself on another division of the
    // work, which has to give the same bits
    var whole = settings
    if hasDropout { whole.dropout = DropoutRates(hidden: 0.1, attention: 0.1) }
    var parts = whole
    parts.textsAtATime = 3
    if hasDropout { whole.textsAtATime = 3 }
    func gradient(_ settings: TrainingSettings, threads: Int) throws -> (Float, [String: [Float]]) {
      let trainer = try trainer(settings, threads: threads)
      let loss = try trainer.accumulateGradient(of: trainer.batch(at: 0), seed: 7).loss
      return (loss, trainer.network.gradientsByTensorName)
    }
    let (expected, found) = (try gradient(whole, threads: 1), try gradient(parts, threads: 3))
    #expect(abs(expected.0 - found.0) < 1e-6)
    for (name, values) in expected.1 {
      let largest = max(1, values.map(abs).max() ?? 0)
      for (a, b) in zip(values, found.1[name] ?? []) { #expect(abs(a - b) <= 1e-5 * largest) }
    }
  }

  @Test func accumulatedBatchesAreTheirMean() throws {
    var two = settings
    two.accumulation = 2
    two.clip = nil
    two.algorithm = .gradientDescent(momentum: 0)
    two.weightDecay = 0
    let accumulated = try trainer(two)
    let before = accumulated.network.parameters.snapshot
    let reference = try trainer(two)
    for part in 0..<2 { _ = try reference.accumulateGradient(of: reference.batch(at: part), seed: 0) }
    let norm = reference.optimizer.gradientNorm() / 2
    let step = try accumulated.step(0)
    #expect(abs(step.gradientNorm - norm) < 1e-5 * norm)
    let moved = zip(before, accumulated.network.parameters.snapshot).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }.squareRoot()
    #expect(abs(moved - step.rate * norm) < 1e-3 * step.rate * norm)
  }

  @Test func aLossThatIsNoNumberStopsBeforeItDoesHarm() throws {
    struct Broken: Objective {
      func loss(queries: Tensor, passages: Tensor, batch: ExampleBatch) throws -> Tensor { try queries.sum().scaled(by: .nan) }
    }
    let trainer = try trainer(settings, objective: Broken())
    let before = trainer.network.parameters.snapshot
    do {
      _ = try trainer.step(0)
      Issue.record("went on")
    } catch let error as TrainingError {
      #expect(error.description.contains("optimizer.rate") && error.description.contains("step 0"))
    }
    #expect(trainer.network.parameters.snapshot == before)
  }
}
