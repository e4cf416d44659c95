internal import NeedletailNumerics

extension RobustnessStudy {
  /// A drop rate minus another, on the collections that both were measured on.
  public struct Difference: Codable, Hashable, Sendable {
    /// The mean over collections of the difference of their rates.
    public var mean: Double
    /// Of the mean, had other questions been asked of the same collections.
    public var interval: ConfidenceInterval
  }

  /// Which rate is meant.
  public struct RateName: Hashable, Sendable {
    public var system: String
    public var family: QueryVariation.Family

    public init(_ system: String, _ family: QueryVariation.Family) {
      self.system = system
      self.family = family
    }
  }

  /// The difference of two rates with a bootstrap over the questions of each collection, the same questions for both: collections are few
  /// and were chosen, questions are many.
  ///
  /// - Parameters:
  ///   - left: the rate that is expected to be higher.
  ///   - right: the other one.
  ///   - rounds: samples of questions.
  ///   - seed: of the draws.
  /// - Returns: nil if no collection has both.
  public func difference(of left: RateName, minus right: RateName, rounds: Int = 5000, seed: UInt64 = 1) -> Difference? {
    func drop(_ name: RateName, _ task: String) -> Drop? {
      drops.first { $0.system == name.system && $0.family == name.family && $0.task == task && $0.clean > 0 }
    }
    let tasks = Set(drops.map(\.task)).sorted()
    let pairs = tasks.compactMap { task in drop(left, task).flatMap { first in drop(right, task).map { (first, $0) } } }
    guard !pairs.isEmpty else { return nil }
    var generator = SeededGenerator(seed: seed)
    let means = (0..<rounds).map { _ in
      pairs.reduce(0.0) { sum, pair in
        let count = pair.0.cleanByQuery.count
        var sums = (clean: (0.0, 0.0), varied: (0.0, 0.0))
        for _ in 0..<count {
          let query = Int(generator.next().multipliedFullWidth(by: UInt64(count)).high)
          sums.clean.0 += pair.0.cleanByQuery[query]
          sums.clean.1 += pair.1.cleanByQuery[query]
          sums.varied.0 += pair.0.variedByQuery[query]
          sums.varied.1 += pair.1.variedByQuery[query]
        }
        // a sample without anything found says nothing
        guard sums.clean.0 > 0, sums.clean.1 > 0 else { return sum }
        return sum + sums.varied.1 / sums.clean.1 - sums.varied.0 / sums.clean.0
      } / Double(pairs.count)
    }.sorted()
    return Difference(
      mean: pairs.reduce(0) { $0 + $1.0.rate - $1.1.rate } / Double(pairs.count),
      interval: ConfidenceInterval(low: means[rounds * 25 / 1000], high: means[min(rounds - 1, rounds * 975 / 1000)]))
  }
}
