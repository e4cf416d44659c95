internal import Foundation
internal import NeedletailNumerics

/// What `needletail serve` may be told beside by flags: a file (JSON5), and variables of the environment, which come first.
///
/// A setting `drainSeconds` is the variable `NEEDLETAIL_DRAIN_SECONDS` and the flag `--drain-seconds`.
struct ServeSettings {
  private enum Value: Decodable {
    case text(String)
    case number(Int)
    case list([String])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int.self) {
        self = .number(number)
      } else if let text = try? container.decode(String.self) {
        self = .text(text)
      } else {
        self = .list(try container.decode([String].self))
      }
    }
  }

  /// The settings there are.
  static let names: Set<String> = [
    "host", "port", "collection", "apiKey", "readOnlyApiKey", "reranker", "sparseModel", "bodyLimit", "certificate", "privateKey", "auditLog",
    "drainSeconds", "snapshotHosts", "memoryBudget", "traceFile",
  ]

  private static let numbers: Set<String> = ["port", "bodyLimit", "drainSeconds", "memoryBudget"]
  private static let lists: Set<String> = ["snapshotHosts"]

  private var values: [String: Value] = [:]
  private let environment: [String: String]
  private var path = ""

  init(environment: [String: String]) { self.environment = environment }

  /// Reads a file; every key has to be a known one.
  init(path: String, environment: [String: String]) throws(CommandProblem) {
    self.environment = environment
    self.path = path
    guard let data = FileManager.default.contents(atPath: path) else { throw .unusableSettings(path: path, reason: "it cannot be read") }
    if let key = JSON5Keys.firstRepeated(in: [UInt8](data)) { throw .unusableSettings(path: path, reason: "\(key) is given twice") }
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    do {
      values = try decoder.decode([String: Value].self, from: data)
    } catch {
      throw .unusableSettings(path: path, reason: "it is no object of texts, whole numbers and lists of texts in JSON5")
    }
    if let unknown = values.keys.sorted().first(where: { !Self.names.contains($0) }) {
      throw .unusableSettings(path: path, reason: "there is no setting \(unknown). Known: \(Self.names.sorted().joined(separator: ", "))")
    }
    // Also where a flag comes first: what is wrong in the file should be known before the flag is left out one day.
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      switch value {
      case .text where Self.numbers.contains(name), .list where Self.numbers.contains(name):
        throw .unusableSettings(path: path, reason: "\(name) has to be a whole number")
      case .text where Self.lists.contains(name), .number where Self.lists.contains(name):
        throw .unusableSettings(path: path, reason: "\(name) has to be a list of texts")
      case .number where !Self.numbers.contains(name), .list where !Self.lists.contains(name):
        throw .unusableSettings(path: path, reason: "\(name) has to be a text")
      default: break
      }
    }
  }

  /// The variable of a setting.
  static func variable(_ name: String) -> String {
    "NEEDLETAIL_" + name.flatMap { $0.isUppercase ? ["_", $0] : [Character($0.uppercased())] }
  }

  func text(_ name: String) throws(CommandProblem) -> String? {
    if let text = environment[Self.variable(name)], !text.isEmpty { return text }
    switch values[name] {
    case nil: return nil
    case .text(let text)?: return text
    default: throw .unusableSettings(path: path, reason: "\(name) has to be a text")
    }
  }

  func number(_ name: String) throws(CommandProblem) -> Int? {
    if let text = environment[Self.variable(name)], !text.isEmpty {
      guard let number = Int(text) else { throw .unusableSettings(path: Self.variable(name), reason: "\(text) is no whole number") }
      return number
    }
    switch values[name] {
    case nil: return nil
    case .number(let number)?: return number
    default: throw .unusableSettings(path: path, reason: "\(name) has to be a whole number")
    }
  }

  /// A list; in a variable, separated by commas.
  func list(_ name: String) throws(CommandProblem) -> [String]? {
    if let text = environment[Self.variable(name)], !text.isEmpty { return text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
    switch values[name] {
    case nil: return nil
    case .list(let texts)?: return texts
    default: throw .unusableSettings(path: path, reason: "\(name) has to be a list of texts")
    }
  }
}
