import NeedletailCore
import NeedletailNumerics
import NeedletailTraining
import Testing

@Suite struct MixedSamplerTests {
  /// 900 examples of one task, 90 of another, 10 of a third.
  private let tasks = (0..<1000).map { $0 < 900 ? 0 : $0 < 990 ? 1 : 2 }

  private func shares(_ sampler: MixedSampler, steps: Int) -> [Double] {
    var counts = [0.0, 0, 0]
    for step in 0..<steps {
      let batch = sampler.indices(at: step)
      #expect(batch.count == 4 && Set(batch).count == 4)
      for place in batch { counts[tasks[place]] += 1 }
    }
    return counts.map { $0 / Double(4 * steps) }
  }

  @Test func tasksComeAsOftenAsTheTemperatureSays() {
    let bySize = MixedSampler(tasks: tasks, batchSize: 4, temperature: 1, seed: 1)
    #expect(zip(bySize.shares, [0.9, 0.09, 0.01]).allSatisfy { abs($0 - $1) < 1e-12 })
    let even = MixedSampler(tasks: tasks, batchSize: 4, temperature: 1e6, seed: 1)
    #expect(even.shares.allSatisfy { abs($0 - 1.0 / 3) < 1e-4 })
    for sampler in [bySize, even, MixedSampler(tasks: tasks, batchSize: 4, temperature: 2, seed: 1)] {
      for (found, wanted) in zip(shares(sampler, steps: 3000), sampler.shares) { #expect(abs(found - wanted) < 0.025) }
    }
  }

  @Test func everyStepIsPureAndSeeded() {
    let sampler = MixedSampler(tasks: tasks, batchSize: 16, temperature: 2, seed: 7)
    #expect(sampler.indices(at: 3) == sampler.indices(at: 3) && sampler.indices(at: 3) != sampler.indices(at: 4))
    #expect(MixedSampler(tasks: tasks, batchSize: 16, temperature: 2, seed: 8).indices(at: 3) != sampler.indices(at: 3))
    #expect(sampler.stepsPerEpoch == 62)
  }

  @Test func aTaskThatIsUsedUpLeavesItsPlace() {
    let sampler = MixedSampler(tasks: [0, 0, 0, 1], batchSize: 8, temperature: 1e6, seed: 1)
    #expect(Set(sampler.indices(at: 0)) == [0, 1, 2, 3])
  }

  @Test func batchesKeepToTheTopicOfTheirQueries() {
    var generator = SeededGenerator(seed: 2)
    var examples = TrainingExamples()
    let passage = examples.passage("passage")
    var values: [Float] = []
    for query in 0..<120 {
      examples.append(.init(query: examples.query("query \(query)"), positives: [passage]))
      // five directions far apart
      values += (0..<5).map { ($0 == query % 5 ? 5 : 0) + 0.2 * generator.normalFloat() }
    }
    let topics = TopicGrouping(count: 5).topics(of: examples, vectors: DenseVectors(dimension: 5, values: values))
    #expect(Set(topics).count == 5)
    for first in 0..<5 { #expect(Set(stride(from: first, to: 120, by: 5).map { topics[$0] }).count == 1) }
    let sampler = ShuffledSampler(lengths: topics.map { _ in 1 }, tasks: topics, batchSize: 6, grouping: .task, seed: 1)
    for step in 0..<sampler.stepsPerEpoch { #expect(Set(sampler.indices(at: step).map { $0 % 5 }).count == 1) }
  }
}
