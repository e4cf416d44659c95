internal import NeedletailCore

/// An object of a recipe whose keys are taken one by one; whoever is done says so, and keys that nobody took are an error.
struct RecipeObject {
  private var fields: [String: JSONValue]
  private let place: String
  private let path: String
  private var known: [String] = []

  /// - Parameters:
  ///   - value: has to be an object.
  ///   - place: how complaints call it, such as `optimizer`; "" for the whole recipe.
  ///   - path: the file.
  init(_ value: JSONValue, place: String, path: String) throws(TrainingError) {
    guard case .object(let fields) = value else { throw .recipe(path: path, reason: "`\(place)` has to be an object") }
    self.fields = fields
    self.place = place
    self.path = path
  }

  /// The value of a key, unless it is absent or null.
  mutating func take(_ key: String) -> JSONValue? {
    known.append(key)
    let value = fields.removeValue(forKey: key)
    return value == .some(.null) ? Optional.none : value
  }

  mutating func object(_ key: String) throws(TrainingError) -> RecipeObject {
    try RecipeObject(take(key) ?? .object([:]), place: name(key), path: path)
  }

  /// The object of a key, or nil where it is absent: whose presence says something.
  mutating func optionalObject(_ key: String) throws(TrainingError) -> RecipeObject? {
    guard let value = take(key) else { return nil }
    return try RecipeObject(value, place: name(key), path: path)
  }

  mutating func objects(_ key: String) throws(TrainingError) -> [RecipeObject] {
    guard case .array(let values)? = take(key), !values.isEmpty else { throw complaint(key, "has to be a list of objects") }
    var objects: [RecipeObject] = []
    for value in values { objects.append(try RecipeObject(value, place: name(key), path: path)) }
    return objects
  }

  mutating func string(_ key: String) throws(TrainingError) -> String? {
    guard let value = take(key) else { return nil }
    guard let string = value.string, !string.isEmpty else { throw complaint(key, "has to be a text") }
    return string
  }

  mutating func requiredString(_ key: String) throws(TrainingError) -> String {
    guard let string = try string(key) else { throw complaint(key, "is missing") }
    return string
  }

  mutating func boolean(_ key: String) throws(TrainingError) -> Bool? {
    guard let value = take(key) else { return nil }
    guard case .bool(let boolean) = value else { throw complaint(key, "has to be true or false") }
    return boolean
  }

  mutating func integer(_ key: String, in range: ClosedRange<Int>) throws(TrainingError) -> Int? {
    guard let value = take(key) else { return nil }
    guard case .integer(let number) = value, let integer = Int(exactly: number), range.contains(integer) else {
      throw complaint(key, "has to be an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return integer
  }

  mutating func integers(_ key: String, in range: ClosedRange<Int>) throws(TrainingError) -> [Int]? {
    guard let value = take(key) else { return nil }
    guard case .array(let values) = value, !values.isEmpty else { throw complaint(key, "has to be a list of integers") }
    var integers: [Int] = []
    for value in values {
      guard case .integer(let number) = value, let integer = Int(exactly: number), range.contains(integer) else {
        throw complaint(key, "has to hold integers from \(range.lowerBound) to \(range.upperBound)")
      }
      integers.append(integer)
    }
    return integers
  }

  mutating func number(_ key: String, in range: ClosedRange<Double>) throws(TrainingError) -> Double? {
    guard let value = take(key) else { return nil }
    guard let number = value.double, range.contains(number) else {
      throw complaint(key, "has to be a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Two numbers from 0 to 1, where a share of the queries begins and where it ends.
  mutating func share(_ key: String) throws(TrainingError) -> QueryShare? {
    guard let value = take(key) else { return nil }
    guard case .array(let values) = value, values.count == 2, let low = values[0].double, let high = values[1].double, low >= 0, low < high,
      high <= 1
    else { throw complaint(key, "has to be two numbers from 0 to 1, the smaller one first, such as [0, 0.9]") }
    return QueryShare(low..<high)
  }

  /// One of a closed set of names.
  mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String, _: Choice.Type) throws(TrainingError) -> Choice? {
    guard let name = try string(key) else { return nil }
    guard let choice = Choice(rawValue: name) else {
      throw complaint(key, "is \(name), which is none of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return choice
  }

  /// Some of a closed set of names, at least one.
  mutating func choices<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String, _: Choice.Type
  ) throws(TrainingError) -> [Choice]? {
    guard let value = take(key) else { return nil }
    let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    guard case .array(let values) = value, !values.isEmpty else { throw complaint(key, "has to be a list of some of \(known)") }
    var choices: [Choice] = []
    for value in values {
      guard let choice = value.string.flatMap(Choice.init(rawValue:)) else {
        throw complaint(key, "holds \(value.string ?? "something") that is none of \(known)")
      }
      choices.append(choice)
    }
    return choices
  }

  /// Complains about keys that nobody took.
  func finish() throws(TrainingError) {
    guard let unknown = fields.keys.min() else { return }
    throw .recipe(path: path, reason: "the key `\(name(unknown))` is not known; known are \(known.joined(separator: ", "))")
  }

  func complaint(_ key: String, _ reason: String) -> TrainingError { .recipe(path: path, reason: "`\(name(key))` \(reason)") }

  private func name(_ key: String) -> String { place.isEmpty ? key : place + "." + key }
}
