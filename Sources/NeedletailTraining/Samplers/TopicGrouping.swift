public import NeedletailCore
public import NeedletailNumerics

/// Puts examples whose queries are alike into groups, so that a batch of one group has in-batch negatives of the query's own topic, which
/// are hard to tell apart (Hofstätter et al., "Efficiently Teaching an Effective Dense Retriever with Balanced Topic Aware Sampling", SIGIR
/// 2021, section 4.1; without their balancing of margins).
public struct TopicGrouping: Hashable, Sendable {
  /// How many topics.
  public var count: Int
  /// Of the clusters.
  public var seed: UInt64

  public init(count: Int, seed: UInt64 = 1) {
    precondition(count > 0, "\(count) topics")
    self.count = count
    self.seed = seed
  }

  /// The topic of each example, to be handed to a `ShuffledSampler` that groups by task.
  ///
  /// - Parameters:
  ///   - examples: what is grouped.
  ///   - vectors: one for each of `examples.queries`.
  ///   - pool: the threads; the result does not depend on how many there are.
  public func topics(of examples: TrainingExamples, vectors: DenseVectors, pool: WorkerPool = .shared) -> [Int] {
    precondition(vectors.count == examples.queries.count, "a vector for each query")
    let clusters = KMeans(
      vectors.values, dimension: vectors.dimension, parameters: .init(clusterCount: count, isBalanced: true, seed: seed), pool: pool
    ).clusters(of: vectors.values, pool: pool)
    return examples.examples.map { Int(clusters[$0.query]) }
  }
}
