public import Foundation

/// What came of putting the claim of one system to the test.
public struct Reproduction: Codable, Sendable {
  /// What the findings say about the claim.
  public enum Verdict: String, Codable, Sendable, CaseIterable {
    /// Every condition of the rule holds.
    case shown
    /// At least one does not.
    case notShown = "not shown"
    /// Data or a model is not on this machine; nothing was measured.
    case needsData = "needs data"
  }

  /// A condition of the rule and whether it holds.
  public struct Check: Codable, Sendable {
    public var condition: Condition
    public var holds: Bool
  }

  public var number: Int
  public var title: String
  public var claim: String
  public var experiment: String
  public var scale: Scale
  public var seed: UInt64
  public var verdict: Verdict
  /// Why nothing was measured, where that is so.
  public var obstacle: String?
  public var checks: [Check]
  public var findings: Findings
  /// How long the experiment took.
  public var seconds: Double
  /// When it ended.
  public var date: Date
}

extension Reproduction {
  /// Runs the recipe of a system.
  ///
  /// - Parameters:
  ///   - entry: the system.
  ///   - scale: how much is run.
  ///   - laboratory: what the experiment may use.
  ///   - experiments: those that a recipe may name.
  /// - Throws: `ReproductionError` if the recipe cannot be used; what the parts of the library throw, except for data and models
  ///   that are missing, which are a verdict.
  public init(
    of entry: CatalogueEntry, at scale: Scale, in laboratory: Laboratory,
    experiments: [any Experiment.Type] = ExperimentRegistry.experiments
  ) async throws {
    let path = entry.folder + "/recipe.json5"
    let recipe = try Recipe(path: path)
    guard recipe.number == entry.number else {
      throw ReproductionError.malformedRecipe(path: path, reason: "its number is \(recipe.number), that of its folder \(entry.number)")
    }
    guard let experiment = experiments.first(where: { $0.name == recipe.experiment }) else {
      throw ReproductionError.unknownExperiment(
        path: path, name: recipe.experiment, known: experiments.map { $0.name }.sorted())
    }
    guard let parameters = recipe.scales[scale] else { throw ReproductionError.noScale(path: path, scale: scale) }

    var laboratory = laboratory
    laboratory.systemFolder = entry.folder
    let clock = ContinuousClock()
    let start = clock.now
    var findings = Findings()
    var obstacle: String?
    do {
      for name in recipe.data { _ = try laboratory.data(name) }
      findings = try await Self.run(experiment, parameters: JSONEncoder().encode(parameters), path: path, in: laboratory)
    } catch ReproductionError.needs(let what, let advice) {
      obstacle = "\(what) is not on this machine. \(advice)"
    }
    let checks = try obstacle == nil ? recipe.rule.map { try Self.check($0, &findings, at: scale) } : []
    self.init(
      number: entry.number, title: entry.title, claim: recipe.claim, experiment: recipe.experiment, scale: scale,
      seed: laboratory.seed,
      verdict: obstacle != nil ? .needsData : checks.allSatisfy(\.holds) ? .shown : .notShown, obstacle: obstacle,
      checks: checks, findings: findings, seconds: (clock.now - start) / .seconds(1), date: Date())
  }

  /// What a rule bounds has to be reported, except at the smallest scale, which some of it may be out of reach of.
  private static func check(_ condition: Condition, _ findings: inout Findings, at scale: Scale) throws(ReproductionError) -> Check {
    do throws(ReproductionError) {
      return Check(condition: condition, holds: try condition.holds(for: findings))
    } catch .missingFinding(let name) where scale == .smoke {
      findings.notes.append("Not reached at this scale: \(name).")
      return Check(condition: condition, holds: false)
    }
  }

  private static func run<Chosen: Experiment>(
    _ experiment: Chosen.Type, parameters: Data, path: String, in laboratory: Laboratory
  ) async throws -> Findings {
    let decoded: Chosen.Parameters
    do {
      decoded = try JSONDecoder().decode(Chosen.Parameters.self, from: parameters)
    } catch let error as DecodingError {
      throw ReproductionError.malformedRecipe(path: path, reason: "the parameters of \(Chosen.name): \(Self.reason(error))")
    }
    return try await experiment.init().run(decoded, in: laboratory)
  }

  private static func reason(_ error: DecodingError) -> String {
    func place(_ context: DecodingError.Context) -> String { context.codingPath.map(\.stringValue).joined(separator: ".") }
    return switch error {
    case .keyNotFound(let key, _): "`\(key.stringValue)` is missing"
    case .typeMismatch(let type, let context): "`\(place(context))` is not of the type \(type)"
    case .valueNotFound(let type, let context): "`\(place(context))` is null and should be of the type \(type)"
    case .dataCorrupted(let context): "`\(place(context))`: \(context.debugDescription)"
    @unknown default: "they cannot be read"
    }
  }
}
