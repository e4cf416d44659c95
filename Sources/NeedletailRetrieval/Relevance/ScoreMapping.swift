internal import Foundation

/// The forms of a rising curve from cosine to relevance.
///
/// Rossi et al., "Relevance Filtering for Embedding-based Retrieval", CIKM 2024, section 3.2. The curve gives a log-odds `z`; the
/// probability of relevance is `1 / (1 + exp(-z))`. `x` is the cosine, at least 0.0001. Since no curve ever falls, the order of
/// the answers to one question stays as it is.
///
/// Deviation: the paper does not print its parametrisation; slopes are kept positive by a softplus, `log(1 + exp(u))`.
public enum ScoreMapping: String, CaseIterable, Codable, Hashable, Sendable {
  /// `a c + b`, the same for every question: calibration without a view of the question (Platt scaling).
  case global
  /// `a c + b(q)`.
  case shift
  /// `a(q) c + b(q)`.
  case linear
  /// `a(q) √x + b(q)`.
  case squareRoot = "sqrt"
  /// `a(q) x² + e(q) x + b(q)`.
  case quadratic
  /// `a(q) x^p(q) + b(q)`, the best one in the paper.
  case power

  /// Numbers that the curve takes, before they are brought into their range.
  package var parameterCount: Int {
    switch self {
    case .global, .shift, .linear, .squareRoot: 2
    case .quadratic, .power: 3
    }
  }

  /// Which of them depend on the question.
  package var dependent: [Bool] {
    switch self {
    case .global: [false, false]
    case .shift: [false, true]
    case .linear, .squareRoot: [true, true]
    case .quadratic, .power: [true, true, true]
    }
  }

  static let smallestSlope = 1e-3
  static let smallestCosine = 1e-4
  static let powers = 0.1...20.0

  /// The log-odds of a cosine.
  ///
  /// - Parameter u: the numbers of the curve, slopes first, the offset behind them; what is left over does not matter.
  package func value(_ cosine: Double, _ u: SIMD3<Double>) -> Double {
    let x = max(cosine, Self.smallestCosine)
    return switch self {
    case .global, .shift, .linear: Self.slope(u[0]) * cosine + u[1]
    case .squareRoot: Self.slope(u[0]) * x.squareRoot() + u[1]
    case .quadratic: Self.softplus(u[0]) * x * x + Self.slope(u[1]) * x + u[2]
    case .power: Self.slope(u[0]) * exp(Self.exponent(u[1]) * log(x)) + u[2]
    }
  }

  /// The derivatives of the log-odds by the numbers of the curve.
  package func gradient(_ cosine: Double, _ u: SIMD3<Double>) -> SIMD3<Double> {
    let x = max(cosine, Self.smallestCosine)
    switch self {
    case .global, .shift, .linear: return SIMD3(Self.sigmoid(u[0]) * cosine, 1, 0)
    case .squareRoot: return SIMD3(Self.sigmoid(u[0]) * x.squareRoot(), 1, 0)
    case .quadratic: return SIMD3(Self.sigmoid(u[0]) * x * x, Self.sigmoid(u[1]) * x, 1)
    case .power:
      let exponent = Self.exponent(u[1])
      let raised = exp(exponent * log(x))
      // At the bound the exponent does not move any more.
      let byExponent = exponent < Self.powers.upperBound ? Self.slope(u[0]) * raised * log(x) * Self.sigmoid(u[1]) : 0
      return SIMD3(Self.sigmoid(u[0]) * raised, byExponent, 1)
    }
  }

  /// What the curve multiplies its first slope with when it is a straight line: Platt scaling is fitted on that.
  func feature(_ cosine: Double) -> Double { self == .squareRoot ? max(cosine, Self.smallestCosine).squareRoot() : cosine }

  /// The numbers that make the curve the straight line `slope · feature + offset`.
  func parameters(slope: Double, offset: Double) -> SIMD3<Double> {
    let first = Self.inverseSoftplus(max(slope - Self.smallestSlope, 1e-6))
    switch self {
    case .global, .shift, .linear, .squareRoot: return SIMD3(first, offset, 0)
    // A square term so small that it does not show.
    case .quadratic: return SIMD3(-30, first, offset)
    case .power: return SIMD3(first, Self.inverseSoftplus(1 - Self.powers.lowerBound), offset)
    }
  }

  private static func exponent(_ u: Double) -> Double { min(softplus(u) + powers.lowerBound, powers.upperBound) }
  private static func slope(_ u: Double) -> Double { softplus(u) + smallestSlope }
  package static func sigmoid(_ u: Double) -> Double { u >= 0 ? 1 / (1 + exp(-u)) : exp(u) / (1 + exp(u)) }
  static func softplus(_ u: Double) -> Double { max(u, 0) + log1p(exp(-abs(u))) }
  private static func inverseSoftplus(_ y: Double) -> Double { y > 30 ? y : log(expm1(y)) }
}
