internal import NeedletailCore

/// The fields of an object in a recipe, taken one by one; what is left over at the end was misspelt.
struct RecipeFields {
  private var fields: [String: JSONValue]
  private let place: String
  private let path: String

  init(_ value: JSONValue, place: String, path: String) throws(ReproductionError) {
    guard case .object(let fields) = value else {
      throw .malformedRecipe(path: path, reason: "\(place) is not an object")
    }
    self.fields = fields
    self.place = place
    self.path = path
  }

  mutating func optional(_ key: String) -> JSONValue? { fields.removeValue(forKey: key) }

  mutating func value(_ key: String) throws(ReproductionError) -> JSONValue {
    guard let value = optional(key) else { throw .malformedRecipe(path: path, reason: "\(place) lacks `\(key)`") }
    return value
  }

  mutating func integer(_ key: String) throws(ReproductionError) -> Int {
    guard case .integer(let value) = try value(key) else { throw wrong(key, "an integer") }
    return Int(value)
  }

  mutating func string(_ key: String) throws(ReproductionError) -> String {
    guard let value = try value(key).string, !value.isEmpty else { throw wrong(key, "a text") }
    return value
  }

  mutating func array(_ key: String) throws(ReproductionError) -> [JSONValue] {
    guard case .array(let values) = try value(key) else { throw wrong(key, "a list") }
    return values
  }

  mutating func optionalNumber(_ key: String) throws(ReproductionError) -> Double? {
    guard let value = optional(key) else { return nil }
    guard let number = value.double else { throw wrong(key, "a number") }
    return number
  }

  func finish() throws(ReproductionError) {
    guard let unknown = fields.keys.sorted().first else { return }
    throw .malformedRecipe(path: path, reason: "\(place) has the unknown key `\(unknown)`")
  }

  private func wrong(_ key: String, _ expected: String) -> ReproductionError {
    .malformedRecipe(path: path, reason: "`\(key)` in \(place) is not \(expected)")
  }
}
