internal import Foundation
public import NeedletailCore

/// A score computed from earlier scores and payload.
public struct Formula: Hashable, Sendable {
  public var expression: Expression
  /// Values of variables that a point does not have.
  public var defaults: Payload

  public init(expression: Expression, defaults: Payload = [:]) {
    self.expression = expression
    self.defaults = defaults
  }

  public indirect enum Expression: Hashable, Sendable {
    case constant(Double)
    /// The score of a point in the list of this number.
    case score(Int)
    case variable(PayloadPath)
    case condition(PointCondition)
    case sum([Expression])
    case product([Expression])
    case maximum([Expression])
    case minimum([Expression])
    case unary(Unary, Expression)
    case quotient(Expression, Expression, byZero: Double?)
    case power(Expression, Expression)
    case distance(from: GeoPoint, to: PayloadPath)
    /// Seconds since 1970.
    case date(Double)
    case dateVariable(PayloadPath)
    case decay(Decay, Expression, target: Expression?, scale: Double, midpoint: Double)
  }

  public enum Unary: String, Hashable, Sendable, CaseIterable {
    case negation = "neg"
    case absolute = "abs"
    case squareRoot = "sqrt"
    case exponential = "exp"
    case decimalLogarithm = "log10"
    case logarithm = "ln"
    case inverseHyperbolicCosine = "acosh"
  }

  public enum Decay: String, Hashable, Sendable, CaseIterable {
    case exponential = "exp_decay"
    case gaussian = "gauss_decay"
    case linear = "lin_decay"
  }
}

/// What a formula knows of one point.
struct FormulaSubject {
  let point: PointFilter.Subject
  let context: FilterContext
  /// The score in each list, nil where the point is not in it.
  let scores: [Float?]
  let defaults: Payload

  func value(_ expression: Formula.Expression) throws(PointError) -> Double {
    switch expression {
    case .constant(let value), .date(let value): return value
    case .score(let list):
      if list < scores.count, let score = scores[list] { return Double(score) }
      return defaults["$score[\(list)]"]?.double ?? (list == 0 ? defaults["$score"]?.double : nil) ?? 0
    case .variable(let path): return try number(path)
    case .condition(let condition): return condition.holds(point, in: context) ? 1 : 0
    case .sum(let terms):
      var sum = 0.0
      for term in terms { sum += try value(term) }
      return sum
    case .product(let factors):
      var product = 1.0
      for factor in factors where product != 0 { product *= try value(factor) }
      return product
    case .maximum(let terms):
      var best = -Double.infinity
      for term in terms { best = max(best, try value(term)) }
      return best
    case .minimum(let terms):
      var best = Double.infinity
      for term in terms { best = min(best, try value(term)) }
      return best
    case .unary(let operation, let operand): return try unary(operation, value(operand))
    case .quotient(let dividend, let divisor, let byZero):
      let left = try value(dividend)
      if left == 0 { return 0 }
      let right = try value(divisor)
      if right == 0, let byZero { return byZero }
      return try finite(left / right, "\(left)/\(right)")
    case .power(let base, let exponent):
      let (base, exponent) = (try value(base), try value(exponent))
      return try finite(pow(base, exponent), "\(base)^\(exponent)")
    case .distance(let origin, let path):
      guard let point = (variable(path) ?? .null).orDefault(defaults[path.text]).flatMap(GeoPoint.init) else { throw missing("geo point", path) }
      return origin.distance(to: point)
    case .dateVariable(let path):
      guard let date = (variable(path) ?? .null).orDefault(defaults[path.text])?.string.flatMap(DateTimeText.microseconds) else { throw missing("datetime", path) }
      return Double(date) / 1_000_000
    case .decay(let kind, let operand, let target, let scale, let midpoint):
      let distance = abs(try value(operand) - (try target.map { target throws(PointError) in try value(target) } ?? 0))
      switch kind {
      case .exponential: return exp(log(midpoint) / scale * distance)
      case .gaussian: return exp(log(midpoint) / (scale * scale) * distance * distance)
      case .linear: return max(0, 1 - (1 - midpoint) / scale * distance)
      }
    }
  }

  private func unary(_ operation: Formula.Unary, _ operand: Double) throws(PointError) -> Double {
    switch operation {
    case .negation: return -operand
    case .absolute: return abs(operand)
    case .squareRoot: return try finite(operand.squareRoot(), "√\(operand)")
    case .exponential: return try finite(exp(operand), "exp(\(operand))")
    case .decimalLogarithm: return try finite(log10(operand), "log10(\(operand))")
    case .logarithm: return try finite(log(operand), "ln(\(operand))")
    case .inverseHyperbolicCosine: return try finite(acosh(operand), "acosh(\(operand))")
    }
  }

  /// The value at a path; a list of one element counts as the element.
  private func variable(_ path: PayloadPath) -> JSONValue? {
    let values = path.values(in: point.payload)
    guard let first = values.first else { return defaults[path.text] }
    let found = values.count == 1 ? first : .array(values)
    if case .array(let elements) = found { return elements.count == 1 ? elements[0] : elements.isEmpty ? defaults[path.text] : found }
    return found
  }

  private func number(_ path: PayloadPath) throws(PointError) -> Double {
    guard let number = variable(path)?.double ?? defaults[path.text]?.double else { throw missing("number", path) }
    return number
  }

  private func missing(_ kind: String, _ path: PayloadPath) -> PointError {
    let reason = variable(path) == nil ? "No value found in a payload nor defaults" : "Value is not a \(kind)"
    return .wrongInput("Expected \(kind) value for \(path.text) in the payload and/or in the formula defaults. Error: \(reason)")
  }

  private func finite(_ value: Double, _ text: String) throws(PointError) -> Double {
    guard value.isFinite else { throw .wrongInput("The expression \(text) = \(value) produced a non-finite number") }
    return value
  }
}

extension JSONValue {
  /// The value, or another one in place of null.
  fileprivate func orDefault(_ standard: JSONValue?) -> JSONValue? { self == .null ? standard : self }
}
