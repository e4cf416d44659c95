public import NeedletailEvaluation

/// What an experiment found.
public struct Findings: Codable, Hashable, Sendable {
  /// Measured values, in the order in which they are reported.
  public var figures: [Figure] = []
  /// What the claim is about: differences, ratios, slopes, with their uncertainty where there is one.
  public var effects: [Effect] = []
  /// What a reader should know to judge the figures: deviations, sizes, what did not show.
  public var notes: [String] = []

  public init() {}

  /// Adds a measured value.
  ///
  /// - Parameters:
  ///   - name: what was measured, with the condition under which ("recall@10, 20 blocks").
  ///   - ours: the value measured.
  ///   - unit: of the value; empty for shares and scores.
  ///   - published: the value in the paper under the nearest condition, if it gives one.
  public mutating func record(_ name: String, _ ours: Double, unit: String = "", published: Double? = nil) {
    figures.append(Figure(name: name, ours: ours, unit: unit, published: published))
  }

  /// Adds an effect.
  ///
  /// - Parameters:
  ///   - name: what differs by how much ("nDCG@10 gained by feedback").
  ///   - estimate: the effect measured.
  ///   - interval: its confidence interval, where one was computed.
  ///   - published: the effect in the paper, if it gives one.
  public mutating func record(effect name: String, _ estimate: Double, interval: ConfidenceInterval? = nil, published: Double? = nil) {
    effects.append(Effect(name: name, estimate: estimate, interval: interval, published: published))
  }
}

/// A measured value.
public struct Figure: Codable, Hashable, Sendable {
  public var name: String
  public var ours: Double
  public var unit: String
  public var published: Double?
}

/// What a claim is about.
public struct Effect: Codable, Hashable, Sendable {
  public var name: String
  public var estimate: Double
  public var interval: ConfidenceInterval?
  public var published: Double?
}
