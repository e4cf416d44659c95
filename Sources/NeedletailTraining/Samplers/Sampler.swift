internal import NeedletailNumerics

/// Which examples a step learns from: a pure function of the step, so that a training that was interrupted goes on as if it had not
/// been.
public protocol Sampler: Sendable {
  /// Steps that see every example about once.
  var stepsPerEpoch: Int { get }
  /// The places of the examples of a step, counted from 0.
  func indices(at step: Int) -> [Int]
}

/// How examples come together in batches. Each epoch shuffles anew; what does not fill a batch waits for the next epoch's order.
public struct ShuffledSampler: Sampler {
  /// Which examples may share a batch.
  public enum Grouping: Hashable, Sendable {
    /// Any.
    case none
    /// Examples of about the same length, so that no batch is much longer than another.
    case length
    /// Examples of one task, so that in-batch negatives are hard to tell apart by topic alone (as in the task-homogeneous batches of
    /// Zhang et al., "Retrieve Anything To Augment Large Language Models", 2023, section 3.3).
    case task
  }

  public let batchSize: Int
  public let grouping: Grouping
  public let seed: UInt64
  public private(set) var stepsPerEpoch = 0
  private let lengths: [Int]
  private let tasks: [Int]

  /// - Parameters:
  ///   - lengths: tokens of each example.
  ///   - tasks: the task of each example.
  ///   - batchSize: examples per step.
  ///   - grouping: which examples may share a batch.
  ///   - seed: of the order.
  /// - Precondition: there is at least one example, and `batchSize` is positive.
  public init(lengths: [Int], tasks: [Int], batchSize: Int, grouping: Grouping = .none, seed: UInt64) {
    precondition(!lengths.isEmpty && lengths.count == tasks.count && batchSize > 0, "\(lengths.count) examples in batches of \(batchSize)")
    self.lengths = lengths
    self.tasks = tasks
    self.batchSize = min(batchSize, lengths.count)
    self.grouping = grouping
    self.seed = seed
    stepsPerEpoch = batches(of: 0).count
  }

  public func indices(at step: Int) -> [Int] {
    // every epoch has as many batches as the first: what they are made of differs, not how many there are
    let (epoch, place) = step.quotientAndRemainder(dividingBy: stepsPerEpoch)
    return batches(of: epoch)[place]
  }

  private func batches(of epoch: Int) -> [[Int]] {
    var generator = SeededGenerator(seed: seed &+ UInt64(epoch) &* 0x9e37_79b9_7f4a_7c15)
    let shuffled = lengths.indices.shuffled(using: &generator)
    switch grouping {
    case .none: return cut(shuffled)
    case .length:
      let window = batchSize * 50
      var ordered: [Int] = []
      for start in stride(from: 0, to: shuffled.count, by: window) {
        ordered += shuffled[start..<min(start + window, shuffled.count)].sorted { (lengths[$0], $0) < (lengths[$1], $1) }
      }
      return cut(ordered).shuffled(using: &generator)
    case .task:
      let byTask = Dictionary(grouping: shuffled) { tasks[$0] }
      return byTask.keys.sorted().flatMap { cut(byTask[$0] ?? []) }.shuffled(using: &generator)
    }
  }

  /// Full batches; a group too small for one makes a batch of its own.
  private func cut(_ order: [Int]) -> [[Int]] {
    if order.count < batchSize { return order.isEmpty ? [] : [order] }
    return (0..<order.count / batchSize).map { Array(order[$0 * batchSize..<($0 + 1) * batchSize]) }
  }
}
