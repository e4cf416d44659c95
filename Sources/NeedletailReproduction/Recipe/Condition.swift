internal import NeedletailCore
internal import NeedletailEvaluation

/// One condition of the rule by which an experiment shows its claim.
///
/// In a recipe: `{ effect: "nDCG@10 gained", atLeast: 0.0, intervalAbove: 0.0 }`, or `figure` in place of `effect`.
public struct Condition: Codable, Hashable, Sendable {
  /// The name of an effect or of a figure of the findings.
  public let subject: String
  /// Whether the subject is an effect; a figure otherwise.
  public let isEffect: Bool
  /// The value may not be less.
  public let atLeast: Double?
  /// The value may not be more.
  public let atMost: Double?
  /// The lower end of the effect's interval has to be above this.
  public let intervalAbove: Double?
  /// The upper end of the effect's interval has to be below this.
  public let intervalBelow: Double?

  init(_ value: JSONValue, path: String) throws(ReproductionError) {
    var fields = try RecipeFields(value, place: "a condition of `rule`", path: path)
    if let effect = fields.optional("effect")?.string {
      (subject, isEffect) = (effect, true)
    } else {
      (subject, isEffect) = (try fields.string("figure"), false)
    }
    atLeast = try fields.optionalNumber("atLeast")
    atMost = try fields.optionalNumber("atMost")
    intervalAbove = try fields.optionalNumber("intervalAbove")
    intervalBelow = try fields.optionalNumber("intervalBelow")
    try fields.finish()
    let bounds = [atLeast, atMost, intervalAbove, intervalBelow]
    guard bounds.contains(where: { $0 != nil }) else {
      throw .malformedRecipe(
        path: path, reason: "the condition on \"\(subject)\" has no bound (atLeast, atMost, intervalAbove, intervalBelow)")
    }
    guard isEffect || (intervalAbove == nil && intervalBelow == nil) else {
      throw .malformedRecipe(path: path, reason: "the condition on the figure \"\(subject)\" bounds an interval; only effects have one")
    }
  }

  /// Whether the findings meet the condition. A value that is not a number meets none.
  ///
  /// - Throws: `missingFinding` if the findings do not hold the subject, or lack the interval that is bounded.
  public func holds(for findings: Findings) throws(ReproductionError) -> Bool {
    let value: Double
    var interval: ConfidenceInterval?
    if isEffect {
      guard let effect = findings.effects.first(where: { $0.name == subject }) else { throw .missingFinding(name: subject) }
      (value, interval) = (effect.estimate, effect.interval)
    } else {
      guard let figure = findings.figures.first(where: { $0.name == subject }) else { throw .missingFinding(name: subject) }
      value = figure.ours
    }
    if intervalAbove != nil || intervalBelow != nil, interval == nil {
      throw .missingFinding(name: "the interval of \(subject)")
    }
    guard !value.isNaN else { return false }
    return value >= (atLeast ?? -.infinity) && value <= (atMost ?? .infinity)
      && (interval?.low ?? .infinity) > (intervalAbove ?? -.infinity)
      && (interval?.high ?? -.infinity) < (intervalBelow ?? .infinity)
  }
}

extension Condition: CustomStringConvertible {
  /// The condition as one reads it in a report.
  public var description: String {
    var parts: [String] = []
    if let atLeast { parts.append("at least \(atLeast)") }
    if let atMost { parts.append("at most \(atMost)") }
    if let intervalAbove { parts.append("interval above \(intervalAbove)") }
    if let intervalBelow { parts.append("interval below \(intervalBelow)") }
    return "\(subject): \(parts.joined(separator: ", "))"
  }
}
