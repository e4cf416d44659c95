internal import NeedletailNumerics

/// Whether two systems differ on the same queries by more than chance.
public struct PairedComparison: Hashable, Sendable {
  /// The number of queries.
  public let count: Int
  /// The mean of the second system's values minus that of the first's.
  public let meanDifference: Double
  /// Student's paired t-test, two-sided: the probability of a mean difference at least this large if both systems were equally
  /// good and differences normally distributed. 1 if all differences are 0.
  public let tTestProbability: Double
  /// Fisher's randomisation test, two-sided: the part of all (or of `rounds` random) ways to swap the two systems query by
  /// query that give a mean difference at least this large. Makes no assumption on the distribution; see Smucker, Allan and
  /// Carterette, CIKM 2007.
  public let randomizationProbability: Double
  /// The paired bootstrap test, two-sided: the part of `bootstrapRounds` samples with replacement, of differences shifted to the mean 0, whose
  /// studentised mean is at least as large as the observed one (Sakai, SIGIR 2006, figure 1; Efron and Tibshirani, 1993, chapter 16). 1 if
  /// all differences are 0.
  public let bootstrapProbability: Double
  /// Where the mean difference lies at 95 %, by the percentile bootstrap over queries (Efron and Tibshirani, "An Introduction
  /// to the Bootstrap", 1993, chapter 13).
  public let interval: ConfidenceInterval

  /// Compares the values of one measure for two systems.
  ///
  /// - Parameters:
  ///   - first: the value of the first system for each query.
  ///   - second: the value of the second system for each of the same queries.
  ///   - rounds: how many random assignments are tried where there are too many to try all; all are tried up to 16 queries.
  ///   - seed: of the random assignments; the same seed gives the same result.
  /// - Throws: `incomparable` if the queries differ or there are fewer than two.
  public init(
    of first: [String: Double], and second: [String: Double], rounds: Int = 100_000, seed: UInt64 = 1
  ) throws(EvaluationError) {
    guard first.keys == second.keys || Set(first.keys) == Set(second.keys) else {
      throw .incomparable(reason: "they judge different queries")
    }
    guard first.count > 1 else { throw .incomparable(reason: "\(first.count) queries are too few") }
    let differences = first.keys.sorted().map { (second[$0] ?? 0) - (first[$0] ?? 0) }
    count = differences.count
    meanDifference = differences.reduce(0, +) / Double(count)
    tTestProbability = Self.tTest(differences)
    randomizationProbability = Self.randomizationTest(differences, rounds: rounds, seed: seed)
    bootstrapProbability = Self.bootstrapTest(differences, rounds: min(rounds, Self.bootstrapRounds), seed: seed)
    interval = ConfidenceInterval(bootstrapping: differences, seed: seed)
  }

  /// At most; see `rounds`.
  private static let bootstrapRounds = 10_000

  private static func bootstrapTest(_ differences: [Double], rounds: Int, seed: UInt64) -> Double {
    let count = differences.count
    let mean = differences.reduce(0, +) / Double(count)
    let observed = abs(studentised(differences, sum: differences.reduce(0, +)))
    guard mean != 0 else { return 1 }
    let shifted = differences.map { $0 - mean }
    var generator = SeededGenerator(seed: seed)
    var sample = shifted
    var extreme = 0
    for _ in 0..<rounds {
      var sum = 0.0
      for place in 0..<count {
        sample[place] = shifted[Int(generator.next().multipliedFullWidth(by: UInt64(count)).high)]
        sum += sample[place]
      }
      // the same sums in another order differ in their last digits
      if abs(studentised(sample, sum: sum)) >= observed * (1 - 1e-12) { extreme += 1 }
    }
    return Double(extreme + 1) / Double(rounds + 1)
  }

  /// The mean over its standard error; infinite where all values are the same and not 0.
  private static func studentised(_ values: [Double], sum: Double) -> Double {
    let count = Double(values.count)
    let mean = sum / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    guard squares > 1e-24 * count else { return abs(mean) < 1e-12 ? 0 : .infinity }
    return mean / (squares / (count - 1) / count).squareRoot()
  }

  private static func tTest(_ differences: [Double]) -> Double {
    let count = Double(differences.count)
    let mean = differences.reduce(0, +) / count
    let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    guard squares > 0 else { return mean == 0 ? 1 : 0 }
    let statistic = mean / (squares / (count - 1) / count).squareRoot()
    return StudentDistribution(degreesOfFreedom: count - 1).twoSidedProbability(of: statistic)
  }

  private static func randomizationTest(_ differences: [Double], rounds: Int, seed: UInt64) -> Double {
    // Sums of the same numbers in another order differ in their last digits and still have to count as equal.
    let threshold = abs(differences.reduce(0, +)) * (1 - 1e-12)
    if differences.count <= 16 {
      let assignments = 1 << differences.count
      let extreme = (0..<assignments).count { signs in
        abs(sum(differences) { UInt64(signs) >> UInt64($0) & 1 == 1 }) >= threshold
      }
      return Double(extreme) / Double(assignments)
    }
    var generator = SeededGenerator(seed: seed)
    var extreme = 0
    for _ in 0..<rounds {
      var signs: UInt64 = 0
      let sum = sum(differences) { index in
        if index & 63 == 0 { signs = generator.next() }
        return signs >> UInt64(index & 63) & 1 == 1
      }
      if abs(sum) >= threshold { extreme += 1 }
    }
    // The observed assignment is one of the possible ones, so the probability is never 0.
    return Double(extreme + 1) / Double(rounds + 1)
  }

  private static func sum(_ differences: [Double], isSwapped: (Int) -> Bool) -> Double {
    var sum = 0.0
    for (index, difference) in differences.enumerated() { sum += isSwapped(index) ? -difference : difference }
    return sum
  }
}
