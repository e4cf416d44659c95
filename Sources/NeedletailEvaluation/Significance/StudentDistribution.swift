internal import Foundation

/// Student's t distribution.
struct StudentDistribution {
  var degreesOfFreedom: Double

  /// The probability of a value at least as far from 0.
  func twoSidedProbability(of statistic: Double) -> Double {
    guard statistic.isFinite else { return 0 }
    let x = degreesOfFreedom / (degreesOfFreedom + statistic * statistic)
    return regularizedIncompleteBeta(degreesOfFreedom / 2, 0.5, x)
  }

  /// The distance from 0 that a value exceeds, on either side, with the given probability.
  func distance(exceededWith probability: Double) -> Double {
    var low = 0.0
    var high = 1.0
    while twoSidedProbability(of: high) > probability && high < 1e12 { high *= 2 }
    for _ in 0..<100 {
      let middle = (low + high) / 2
      if twoSidedProbability(of: middle) > probability { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

/// I_x(a, b), by the continued fraction of the NIST Digital Library of Mathematical Functions, 8.17.22, evaluated with the
/// method of Lentz in the form of Thompson and Barnett (1986).
func regularizedIncompleteBeta(_ a: Double, _ b: Double, _ x: Double) -> Double {
  if x <= 0 { return 0 }
  if x >= 1 { return 1 }
  // The fraction converges fast on this side of the mean only; the other side follows by symmetry.
  if x > (a + 1) / (a + b + 2) { return 1 - regularizedIncompleteBeta(b, a, 1 - x) }
  let logFactor = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)
  return exp(logFactor) / a / betaFraction(a, b, x)
}

private func betaFraction(_ a: Double, _ b: Double, _ x: Double) -> Double {
  let tiny = 1e-300
  var value = 1.0
  var numerator = 1.0
  var denominator = 0.0
  for step in 1...10_000 {
    let m = Double(step / 2)
    let term =
      step.isMultiple(of: 2)
      ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    denominator = 1 + term * denominator
    denominator = 1 / (abs(denominator) < tiny ? tiny : denominator)
    numerator = 1 + term / numerator
    if abs(numerator) < tiny { numerator = tiny }
    value *= numerator * denominator
    if abs(numerator * denominator - 1) < 1e-15 { break }
  }
  return value
}
