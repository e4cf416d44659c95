import Foundation
import NeedletailEvaluation
import NeedletailModels
import NeedletailReproduction
import Testing

/// An experiment that reports what its parameters say, so that the way from recipe to verdict can be followed.
private struct EchoExperiment: Experiment {
  static let name = "echo"
  struct Parameters: Decodable, Sendable {
    var effect: Double
    var low: Double
    var high: Double
  }

  func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    var findings = Findings()
    findings.record("seed", Double(laboratory.seed))
    findings.record(
      effect: "gain", parameters.effect, interval: ConfidenceInterval(low: parameters.low, high: parameters.high), published: 0.5)
    return findings
  }
}

@Suite struct ReproductionTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

  private let recipe = """
    {
      // a comment, as JSON5 allows
      number: 7, experiment: "echo", claim: "It gains.", data: ["present"],
      rule: [{ effect: "gain", atLeast: 0.1, intervalAbove: 0 }],
      scales: { smoke: { effect: 0.3, low: 0.1, high: 0.5 }, small: { effect: 0.3, low: -0.1, high: 0.7 } },
    }
    """

  /// Runs a recipe in a folder of its own.
  private func reproduce(_ recipe: String, at scale: Scale = .smoke, collections: [String] = ["present"]) async throws -> Reproduction {
    let entry = folder.appendingPathComponent("07-echo")
    try FileManager.default.createDirectory(at: entry, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in collections {
      try FileManager.default.createDirectory(at: folder.appendingPathComponent("data/\(name)"), withIntermediateDirectories: true)
    }
    try Data("---\ntitle: Echo\nnumber: 7\nyear: 2020\ntags: [a]\nstate: partial\n---\nText".utf8)
      .write(to: entry.appendingPathComponent("about.md"))
    try Data(recipe.utf8).write(to: entry.appendingPathComponent("recipe.json5"))
    let laboratory = Laboratory(
      collections: folder.appendingPathComponent("data").path, registry: ModelRegistry(directory: folder.path + "/models"),
      cachePath: folder.path + "/cache", scratch: folder.path, seed: 42)
    return try await Reproduction(
      of: CatalogueEntry(path: entry.path + "/about.md"), at: scale, in: laboratory, experiments: [EchoExperiment.self])
  }

  @Test func saysShownWhenEveryConditionHolds() async throws {
    let result = try await reproduce(recipe)
    #expect(result.verdict == .shown)
    #expect(result.checks.map(\.holds) == [true])
    #expect(result.findings.figures.first?.ours == 42)
  }

  @Test func saysNotShownWhenTheIntervalReachesBelowTheBound() async throws {
    #expect(try await reproduce(recipe, at: .small).verdict == .notShown)
  }

  @Test func saysWhichDataIsNeededInsteadOfMeasuringNothing() async throws {
    let result = try await reproduce(recipe, collections: [])
    #expect(result.verdict == .needsData)
    #expect(result.obstacle?.contains("present") == true)
    #expect(result.checks.isEmpty)
  }

  @Test(arguments: [
    ("experiment", "experimemt", "experiment"), ("atLeast: 0.1", "atLeas: 0.1", "atLeas"), ("number: 7", "number: 8", "8"),
    ("\"echo\"", "\"ecco\"", "ecco"), ("low: 0.1", "lo: 0.1", "low"), ("smoke", "smoky", "smoky"),
    ("intervalAbove: 0", "intervalAbove: \"0\"", "intervalAbove"),
    ("{ effect: \"gain\", atLeast: 0.1, intervalAbove: 0 }", "", "rule"), ("claim:", "", "JSON5"),
  ])
  func refusesARecipeWithAMistakeAndNamesIt(_ right: String, _ wrong: String, _ named: String) async throws {
    let broken = recipe.replacingOccurrences(of: right, with: wrong)
    let error = await #expect(throws: ReproductionError.self) { try await reproduce(broken) }
    #expect(error?.description.contains(named) == true, "\(error?.description ?? "")")
  }

  /// A small run may not reach all that a rule bounds; a run that counts has to.
  @Test func whatARuleBoundsHasToBeReported() async throws {
    let broken = recipe.replacingOccurrences(of: "effect: \"gain\"", with: "effect: \"gains\"")
    let error = await #expect(throws: ReproductionError.self) { try await reproduce(broken, at: .small) }
    #expect(error?.description.contains("gains") == true)
    let tried = try await reproduce(broken, at: .smoke)
    #expect(tried.verdict == .notShown && tried.findings.notes.contains { $0.contains("gains") })
  }

  @Test func saysWhichScaleIsMissing() async throws {
    let error = await #expect(throws: ReproductionError.self) { try await reproduce(recipe, at: .full) }
    #expect(error?.description.contains("full") == true)
  }

  @Test func writesAReportThatHoldsClaimRuleAndFigures() async throws {
    let result = try await reproduce(recipe)
    let target = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: target) }
    try ReproductionReport(result).write(to: target.path)
    let page = try String(contentsOf: target.appendingPathComponent("report.md"), encoding: .utf8)
    for text in ["Verdict: shown.", "It gains.", "| gain | 0.3000 | 0.1000 … 0.5000 | 0.5000 |", "holds – gain: at least 0.1"] {
      #expect(page.contains(text), "the report lacks \(text)")
    }
    let read = try #require(try ReproductionReport.read(from: target.path))
    #expect(read.findings == result.findings && read.verdict == result.verdict && read.scale == result.scale)
    #expect(try ReproductionReport.read(from: target.path + "/none") == nil)
    try Data("{".utf8).write(to: target.appendingPathComponent("report.json"))
    #expect { try ReproductionReport.read(from: target.path) } throws: { "\($0)".contains("report.json") }
  }

  @Test func neverTakesNotANumberForAnEffect() throws {
    var findings = Findings()
    findings.record(effect: "gain", .nan, interval: ConfidenceInterval(low: 1, high: 2))
    let condition = try JSONDecoder().decode(
      Condition.self, from: Data(#"{"subject":"gain","isEffect":true,"atLeast":-5}"#.utf8))
    #expect(try condition.holds(for: findings) == false)
  }
}
