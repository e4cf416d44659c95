internal import Foundation

/// Whether the symbols and tests that a manifest names exist in a checkout.
public struct CoverageCheck: Codable, Sendable {
  /// A tick that does not hold.
  public struct BrokenTick: Codable, Hashable, Sendable {
    public var row: String
    public var reason: String

    public init(row: String, reason: String) {
      self.row = row
      self.reason = reason
    }
  }

  /// In the order of the rows.
  public let broken: [BrokenTick]

  /// Looks up each symbol in `Sources/` and each test in `Tests/`. Rows that are partial are checked as far as they name something.
  ///
  /// - Parameters:
  ///   - manifest: the rows.
  ///   - checkout: the folder with `Sources` and `Tests`.
  /// - Throws: `ReproductionError.needs` if the sources are not there.
  public init(of manifest: CapabilityManifest, in checkout: String) throws(ReproductionError) {
    let sources = try Declarations(below: checkout + "/Sources")
    let tests = try Declarations(below: checkout + "/Tests")
    var broken: [BrokenTick] = []
    for row in manifest.rows where row.state != .absent {
      if let symbol = row.symbol, !sources.declares(symbol) {
        broken.append(BrokenTick(row: row.id, reason: "there is no symbol \(symbol)"))
      }
      if let test = row.test, !tests.declares(test: test) {
        broken.append(BrokenTick(row: row.id, reason: "there is no test \(test)"))
      }
    }
    self.broken = broken
  }
}

/// The names declared in the Swift files below a folder. A scan of the text, not a compiler: it finds whether a declaration is written there.
private struct Declarations {
  /// For each type the names of members declared in files that declare or extend it.
  private var members: [String: Set<String>] = [:]
  /// For each test target the types of its files.
  private var targets: [String: Set<String>] = [:]
  private var declared: Set<String> = []

  init(below folder: String) throws(ReproductionError) {
    guard let paths = FileManager.default.enumerator(atPath: folder) else {
      throw .needs(what: "The folder \(folder)", advice: "Run this inside a checkout of Needletail.")
    }
    for case let path as String in paths where path.hasSuffix(".swift") {
      guard let data = FileManager.default.contents(atPath: folder + "/" + path) else { continue }
      var types: Set<String> = []
      var names: Set<String> = []
      for line in data.split(separator: UInt8(ascii: "\n")) {
        let words = Self.words(of: line)
        guard !words.isEmpty else { continue }
        for (place, word) in words.enumerated().dropLast() {
          let next = words[place + 1].split(separator: ".").last.map(String.init) ?? ""
          if Self.typeKeywords.contains(word) {
            types.insert(next)
            if word != "extension" { declared.insert(next) }
          }
          if Self.memberKeywords.contains(word) { names.insert(next) }
        }
        // Of `case a, b(…)` the later names.
        if words[0] == "case" { names.formUnion(words.dropFirst()) }
        if words.contains("init") { names.insert("init") }
      }
      for type in types { members[type, default: []].formUnion(names) }
      if let target = path.split(separator: "/").first { targets[String(target), default: []].formUnion(types) }
    }
  }

  private static let typeKeywords: Set<String> = ["struct", "class", "enum", "protocol", "actor", "extension", "typealias"]
  private static let memberKeywords: Set<String> = ["func", "var", "let", "case"]

  /// The words of a line of code, dots included; none of a comment.
  private static func words(of line: Data) -> [String] {
    let code = line.drop { $0 == UInt8(ascii: " ") }
    guard !code.starts(with: Array("//".utf8)) else { return [] }
    return code.split { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
        UInt8(ascii: "."):
        false
      default: true
      }
    }.map { String(decoding: $0, as: UTF8.self) }
  }

  /// Whether `Type` or `Type.member` is declared.
  func declares(_ symbol: String) -> Bool {
    let parts = symbol.split(separator: ".").map(String.init)
    guard let type = parts.first, declared.contains(type) else { return false }
    return parts.dropFirst().allSatisfy { members[type]?.contains($0) == true || declared.contains($0) }
  }

  /// Whether `Target.Suite/function` is declared.
  func declares(test: String) -> Bool {
    let parts = test.split { $0 == "." || $0 == "/" }.map(String.init)
    guard parts.count == 3 else { return false }
    return targets[parts[0]]?.contains(parts[1]) == true && members[parts[1]]?.contains(parts[2]) == true
  }
}
