internal import Foundation
public import NeedletailCore
internal import NeedletailNumerics

/// How the claim of a published system is put to the test: `Catalogue/NN-short-name/recipe.json5`.
///
/// A recipe holds no mechanism. It names an experiment, the data it needs, its parameters at each scale, and the rule by which
/// its findings count as showing the claim, which is written down before anything is measured.
public struct Recipe: Sendable {
  /// The number of the system in the catalogue.
  public let number: Int
  /// The name of the experiment, one of `ExperimentRegistry`.
  public let experiment: String
  /// What the paper says, in one sentence.
  public let claim: String
  /// The test collections that are needed, by name.
  public let data: [String]
  /// All of them have to hold for the verdict "shown".
  public let rule: [Condition]
  /// The parameters of the experiment at each scale.
  public let scales: [Scale: JSONValue]

  /// Reads a recipe. Keys that it does not know are refused, so that a misspelt one is not passed over.
  ///
  /// - Throws: `ReproductionError`, naming the file, the key, and what was expected.
  public init(path: String) throws(ReproductionError) {
    guard let data = FileManager.default.contents(atPath: path) else { throw .noRecipe(path: path) }
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    let value: JSONValue
    do {
      value = try decoder.decode(JSONValue.self, from: data)
    } catch {
      throw .malformedRecipe(path: path, reason: "it is not JSON5")
    }
    if let key = JSON5Keys.firstRepeated(in: Array(data)) { throw .malformedRecipe(path: path, reason: "the key `\(key)` is given twice") }
    var fields = try RecipeFields(value, place: "the recipe", path: path)
    number = try fields.integer("number")
    experiment = try fields.string("experiment")
    claim = try fields.string("claim")
    self.data = try fields.array("data").map { value throws(ReproductionError) in
      guard let name = value.string else { throw .malformedRecipe(path: path, reason: "`data` is a list of names") }
      return name
    }
    rule = try fields.array("rule").map { value throws(ReproductionError) in try Condition(value, path: path) }
    guard !rule.isEmpty else { throw .malformedRecipe(path: path, reason: "`rule` needs at least one condition") }
    var scaleFields = try RecipeFields(fields.value("scales"), place: "`scales`", path: path)
    var scales: [Scale: JSONValue] = [:]
    for scale in Scale.allCases { scales[scale] = scaleFields.optional(scale.rawValue) }
    try scaleFields.finish()
    guard !scales.isEmpty else { throw .malformedRecipe(path: path, reason: "`scales` needs smoke, small or full") }
    self.scales = scales
    try fields.finish()
  }
}

/// How much is run: `smoke` takes seconds and shows that the experiment works, `small` minutes, `full` as long as it takes.
public enum Scale: String, Codable, Sendable, CaseIterable {
  case smoke, small, full
}
