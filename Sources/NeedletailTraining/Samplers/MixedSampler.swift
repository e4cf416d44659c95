internal import Foundation
internal import NeedletailNumerics

/// Batches over several tasks of unequal size: an example's task is drawn with a probability proportional to its size to the power of one
/// over the temperature (Arivazhagan et al., "Massively Multilingual Neural Machine Translation in the Wild", 2019, section 4.2; for
/// retrieval Maillard et al., ACL 2021).
///
/// Temperature 1 draws by size, a high one all tasks alike. Examples of small tasks come by more often than once in an epoch.
public struct MixedSampler: Sampler {
  public let batchSize: Int
  public let temperature: Double
  public let seed: UInt64
  public let stepsPerEpoch: Int
  /// For each task the chance to be drawn, in the order of their numbers.
  public let shares: [Double]
  private let members: [[Int]]

  /// - Parameters:
  ///   - tasks: the task of each example.
  ///   - batchSize: examples per step.
  ///   - temperature: see the type.
  ///   - seed: of the draws.
  /// - Precondition: there is at least one example; `batchSize` and `temperature` are positive.
  public init(tasks: [Int], batchSize: Int, temperature: Double, seed: UInt64) {
    precondition(!tasks.isEmpty && batchSize > 0 && temperature > 0, "\(tasks.count) examples in batches of \(batchSize) at \(temperature)")
    let byTask = Dictionary(grouping: tasks.indices) { tasks[$0] }
    members = byTask.keys.sorted().compactMap { byTask[$0] }
    let weights = members.map { pow(Double($0.count), 1 / temperature) }
    let sum = weights.reduce(0, +)
    shares = weights.map { $0 / sum }
    self.batchSize = min(batchSize, tasks.count)
    self.temperature = temperature
    self.seed = seed
    stepsPerEpoch = max(1, tasks.count / self.batchSize)
  }

  /// No example occurs twice in a batch; a task that is used up leaves its place to the others.
  public func indices(at step: Int) -> [Int] {
    var generator = SeededGenerator(seed: seed, part: UInt64(step))
    var left = members
    var batch: [Int] = []
    while batch.count < batchSize {
      let total = shares.indices.reduce(0) { left[$1].isEmpty ? $0 : $0 + shares[$1] }
      var place = Double.random(in: 0..<1, using: &generator) * total
      var task = left.lastIndex { !$0.isEmpty } ?? 0
      for candidate in left.indices where !left[candidate].isEmpty {
        place -= shares[candidate]
        if place < 0 {
          task = candidate
          break
        }
      }
      let drawn = generator.index(below: left[task].count)
      left[task].swapAt(drawn, left[task].count - 1)
      batch.append(left[task].removeLast())
    }
    return batch
  }
}
