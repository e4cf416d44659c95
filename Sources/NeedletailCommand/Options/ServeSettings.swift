internal import Configuration
internal import Foundation
internal import NeedletailNumerics

/// What `needletail serve` may be told beside by flags: a file (JSON5), and variables of the environment, which come first.
///
/// A setting `drainSeconds` is the variable `NEEDLETAIL_DRAIN_SECONDS` and the flag `--drain-seconds`. Who asks for one is answered by a
/// reader of swift-configuration over both; the file is read here, for it may have comments and must not have unknown keys.
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

    var content: ConfigValue {
      switch self {
      case .text(let text): ConfigValue(.string(text), isSecret: true)
      case .number(let number): ConfigValue(.string("\(number)"), isSecret: false)
      case .list(let texts): ConfigValue(.stringArray(texts), isSecret: false)
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

  private let reader: ConfigReader
  /// The variables that say something.
  private let variables: [String: String]
  private let path: String

  init(environment: [String: String]) { self.init([:], path: "", environment) }

  private init(_ values: [String: Value], path: String, _ environment: [String: String]) {
    self.path = path
    variables = environment.filter { $0.key.hasPrefix("NEEDLETAIL_") && !$0.value.isEmpty }
    let file = values.map { (AbsoluteConfigKey([Self.scope, $0.key]), $0.value.content) }
    reader = ConfigReader(providers: [
      EnvironmentVariablesProvider(environmentVariables: variables), InMemoryProvider(values: Dictionary(uniqueKeysWithValues: file)),
    ])
  }

  private static let scope = "needletail"

  /// Reads a file; every key has to be a known one.
  init(path: String, environment: [String: String]) throws(CommandProblem) {
    let values: [String: Value]
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
    self.init(values, path: path, environment)
  }

  /// The variable of a setting.
  static func variable(_ name: String) -> String {
    "NEEDLETAIL_" + name.flatMap { $0.isUppercase ? ["_", $0] : [Character($0.uppercased())] }
  }

  func text(_ name: String) -> String? {
    reader.string(forKey: ConfigKey([Self.scope, name]))
  }

  func number(_ name: String) throws(CommandProblem) -> Int? {
    guard let text = text(name) else { return nil }
    guard let number = Int(text) else {
      let variable = Self.variable(name)
      throw .unusableSettings(path: variables[variable] == nil ? path : variable, reason: "\(text) is no whole number")
    }
    return number
  }

  /// A list; in a variable, separated by commas.
  func list(_ name: String) -> [String]? {
    reader.stringArray(forKey: ConfigKey([Self.scope, name]))?.map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
