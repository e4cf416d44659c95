internal import NeedletailNumerics

/// An interval that holds the true value with a stated confidence.
public struct ConfidenceInterval: Codable, Hashable, Sendable {
  /// The lower end.
  public var low: Double
  /// The upper end.
  public var high: Double

  public init(low: Double, high: Double) {
    self.low = low
    self.high = high
  }

  /// The interval of the mean of independent values that are normally distributed, such as the results of a few seeds, from
  /// Student's distribution.
  ///
  /// - Parameters:
  ///   - values: the values; fewer than two have no interval, and the result is nil.
  ///   - confidence: how sure one wants to be, between 0 and 1.
  public init?(ofMean values: [Double], confidence: Double = 0.95) {
    guard values.count > 1 else { return nil }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    let half =
      (variance / count).squareRoot()
      * StudentDistribution(degreesOfFreedom: count - 1).distance(exceededWith: 1 - confidence)
    self.init(low: mean - half, high: mean + half)
  }

  /// The interval of the mean by the percentile bootstrap, without an assumption on how values are distributed.
  ///
  /// - Parameters:
  ///   - values: one for each query; an empty list gives 0 to 0.
  ///   - confidence: how sure one wants to be, between 0 and 1.
  ///   - rounds: how many samples are drawn.
  ///   - seed: of the draws; the same seed gives the same interval.
  public init(bootstrapping values: [Double], confidence: Double = 0.95, rounds: Int = 10_000, seed: UInt64 = 1) {
    guard !values.isEmpty else {
      self.init(low: 0, high: 0)
      return
    }
    var generator = SeededGenerator(seed: seed)
    var means: [Double] = []
    means.reserveCapacity(rounds)
    let count = UInt64(values.count)
    for _ in 0..<rounds {
      var sum = 0.0
      for _ in values.indices { sum += values[Int(generator.next().multipliedFullWidth(by: count).high)] }
      means.append(sum / Double(values.count))
    }
    means.sort()
    let tail = (1 - confidence) / 2
    self.init(
      low: means[Int(tail * Double(rounds))], high: means[min(rounds - 1, Int((1 - tail) * Double(rounds)))])
  }
}
