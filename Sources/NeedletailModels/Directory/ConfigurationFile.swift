internal import Foundation
internal import NeedletailCore

/// A JSON file of a model directory whose fields are read by name; every complaint names the file and the field.
struct ConfigurationFile {
  let path: String
  private let fields: [String: JSONValue]

  /// More than any configuration needs.
  private static let maximumByteCount = 16 << 20

  /// Reads a file that has to be there.
  ///
  /// - Parameter advice: what to do if it is missing.
  init(path: String, advice: String) throws(ModelError) {
    self.path = path
    guard case .object(let fields) = try Self.value(at: path, advice: advice) else {
      throw .malformedFile(path: path, reason: "it does not hold a JSON object")
    }
    self.fields = fields
  }

  /// The entries of a file that holds a list of objects.
  static func list(path: String, advice: String) throws(ModelError) -> [ConfigurationFile] {
    guard case .array(let entries) = try value(at: path, advice: advice) else {
      throw .malformedFile(path: path, reason: "it does not hold a JSON list")
    }
    var files: [ConfigurationFile] = []
    for entry in entries {
      guard case .object(let fields) = entry else { throw .malformedFile(path: path, reason: "an entry is not an object") }
      files.append(ConfigurationFile(path: path, fields: fields))
    }
    return files
  }

  private init(path: String, fields: [String: JSONValue]) {
    self.path = path
    self.fields = fields
  }

  private static func value(at path: String, advice: String) throws(ModelError) -> JSONValue {
    guard FileManager.default.fileExists(atPath: path) else { throw .missingFile(path: path, advice: advice) }
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw .malformedFile(path: path, reason: "it cannot be read (\(error.localizedDescription))")
    }
    guard data.count <= maximumByteCount else { throw .malformedFile(path: path, reason: "\(data.count) bytes are too many") }
    do {
      return try JSONDecoder().decode(JSONValue.self, from: data)
    } catch {
      throw .malformedFile(path: path, reason: "it is not JSON")
    }
  }

  /// The field, unless it is absent or null.
  func value(_ key: String) -> JSONValue? {
    // Compared outside of an expression: `nil` where a JSONValue is expected would mean JSON's null.
    if fields[key] == .some(.null) { return Optional.none }
    return fields[key]
  }

  func string(_ key: String) throws(ModelError) -> String? {
    guard let value = value(key) else { return nil }
    guard case .string(let string) = value else { throw wrongType(key, "a string") }
    return string
  }

  func boolean(_ key: String) throws(ModelError) -> Bool? {
    guard let value = value(key) else { return nil }
    guard case .bool(let boolean) = value else { throw wrongType(key, "true or false") }
    return boolean
  }

  func number(_ key: String) throws(ModelError) -> Double? {
    guard let value = value(key) else { return nil }
    guard let number = value.double, number.isFinite else { throw wrongType(key, "a number") }
    return number
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(ModelError) -> Int? {
    guard let value = value(key) else { return nil }
    guard case .integer(let number) = value, let integer = Int(exactly: number), range.contains(integer) else {
      throw wrongType(key, "an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return integer
  }

  /// A list of integers.
  func integers(_ key: String, in range: ClosedRange<Int>) throws(ModelError) -> [Int]? {
    guard let value = value(key) else { return nil }
    let complaint = "a list of integers from \(range.lowerBound) to \(range.upperBound)"
    guard case .array(let entries) = value else { throw wrongType(key, complaint) }
    var integers: [Int] = []
    for entry in entries {
      guard case .integer(let number) = entry, let integer = Int(exactly: number), range.contains(integer) else {
        throw wrongType(key, complaint)
      }
      integers.append(integer)
    }
    return integers
  }

  func strings(_ key: String) throws(ModelError) -> [String: String]? {
    guard let value = value(key) else { return nil }
    guard case .object(let object) = value else { throw wrongType(key, "an object of strings") }
    let strings = object.compactMapValues(\.string)
    guard strings.count == object.count else { throw wrongType(key, "an object of strings") }
    return strings
  }

  /// An object within the object.
  func object(_ key: String) throws(ModelError) -> ConfigurationFile? {
    guard let value = value(key) else { return nil }
    guard case .object(let fields) = value else { throw wrongType(key, "an object") }
    return ConfigurationFile(path: path, fields: fields)
  }

  /// A list of strings.
  func texts(_ key: String) throws(ModelError) -> [String]? {
    guard let value = value(key) else { return nil }
    guard case .array(let entries) = value, entries.allSatisfy({ $0.string != nil }) else { throw wrongType(key, "a list of strings") }
    return entries.compactMap(\.string)
  }

  /// The first entry of a list of strings; nil if the list is absent or empty.
  func firstString(_ key: String) throws(ModelError) -> String? {
    try texts(key)?.first
  }

  /// The value, or the complaint that the field is missing.
  func require<Value>(_ key: String, _ value: Value?) throws(ModelError) -> Value {
    guard let value else { throw .malformedFile(path: path, reason: "the field \(key) is missing") }
    return value
  }

  func unsupported(_ feature: String, _ advice: String) -> ModelError {
    .unsupported(path: path, feature: feature, advice: advice)
  }

  private func wrongType(_ key: String, _ expected: String) -> ModelError {
    .malformedFile(path: path, reason: "the field \(key) has to be \(expected)")
  }
}
