import NeedletailTraining
import Testing

@Suite struct SamplerTests {
  private let lengths = (0..<103).map { $0 * 7 % 50 }
  private let tasks = (0..<103).map { $0 % 3 }

  @Test(arguments: [ShuffledSampler.Grouping.none, .length, .task]) func anEpochShowsEveryExampleOnceAndEveryStepIsPure(
    grouping: ShuffledSampler.Grouping
  ) {
    let sampler = ShuffledSampler(lengths: lengths, tasks: tasks, batchSize: 8, grouping: grouping, seed: 4)
    let epoch = (0..<sampler.stepsPerEpoch).map { sampler.indices(at: $0) }
    let seen = epoch.flatMap(\.self)
    #expect(Set(seen).count == seen.count && seen.count > 103 - 3 * 8)
    #expect(epoch.allSatisfy { $0.count == 8 })
    #expect(sampler.indices(at: 5) == epoch[5])
    #expect(sampler.indices(at: 5 + sampler.stepsPerEpoch) != epoch[5])
    let other = ShuffledSampler(lengths: lengths, tasks: tasks, batchSize: 8, grouping: grouping, seed: 5)
    #expect(other.indices(at: 5) != epoch[5])
  }

  @Test func batchesOfOneTaskAndOfOneLength() {
    let byTask = ShuffledSampler(lengths: lengths, tasks: tasks, batchSize: 8, grouping: .task, seed: 1)
    for step in 0..<byTask.stepsPerEpoch { #expect(Set(byTask.indices(at: step).map { tasks[$0] }).count == 1) }
    func spread(_ grouping: ShuffledSampler.Grouping) -> Int {
      let sampler = ShuffledSampler(lengths: lengths, tasks: tasks, batchSize: 8, grouping: grouping, seed: 1)
      return (0..<sampler.stepsPerEpoch).reduce(0) { sum, step in
        let own = sampler.indices(at: step).map { lengths[$0] }
        return sum + (own.max() ?? 0) - (own.min() ?? 0)
      }
    }
    #expect(spread(.length) * 3 < spread(.none))
  }

  @Test func fewerExamplesThanABatchStillMakeOne() {
    let sampler = ShuffledSampler(lengths: [1, 2], tasks: [0, 1], batchSize: 8, grouping: .task, seed: 1)
    #expect(sampler.stepsPerEpoch == 2 && sampler.indices(at: 0).count == 1)
  }
}
