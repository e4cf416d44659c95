import Foundation
import Testing

/// A folder that disappears with the object.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and returns its path.
  func file(_ name: String, _ text: String) throws -> String {
    let url = URL(fileURLWithPath: path + "/" + name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    return url.path
  }
}

enum TestFiles {
  /// A file or folder of `Fixtures`.
  static func fixture(_ name: String) throws -> URL {
    try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)).appendingPathComponent(name)
  }

  /// Public benchmarks, which lie beside the package where there are any and are never part of it.
  static let benchmarks = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("shared/data").path

  static func hasBenchmark(_ name: String) -> Bool { FileManager.default.fileExists(atPath: benchmarks + "/" + name) }
}

/// Randomness that a failing test can repeat (SplitMix64: Steele, Lea, Flood, OOPSLA 2014).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// What `Tests/Fixtures/scripts/evaluation.py` wrote.
struct Reference: Decodable {
  struct Case: Decodable {
    var judgements: [String: [String: Int]]
    var run: [String: [String: Double]]
    var expected: [String: [String: Double]]
  }

  struct Comparison: Decodable {
    var first: [Double]
    var second: [Double]
    var t: Double
    var randomization: Double
  }

  var cases: [Case]
  var comparisons: [Comparison]

  static func read() throws -> Reference {
    try JSONDecoder().decode(Reference.self, from: Data(contentsOf: TestFiles.fixture("reference.json")))
  }
}

/// What `Tests/Fixtures/scripts/evaluation.py` wrote of correlations, classes and corrections.
struct StatisticsReference: Decodable {
  struct Lists: Decodable {
    var first: [Double]
    var second: [Double]
    var pearson: Double
    var spearman: Double
    var kendall: Double
  }

  struct Classes: Decodable {
    var truth: [Int]
    var found: [Int]
    var macroF1: Double
    var microF1: Double
    var scores: [Float]
    var positive: [Bool]
    var bestF1: Double
    var area: Double
  }

  struct Corrections: Decodable {
    var probabilities: [Double]
    var bonferroni: [Double]
    var holm: [Double]
    var benjaminiHochberg: [Double]

    private enum CodingKeys: String, CodingKey {
      case probabilities, bonferroni, holm
      case benjaminiHochberg = "benjamini-hochberg"
    }
  }

  var lists: [Lists]
  var classes: [Classes]
  var corrections: [Corrections]

  static func read() throws -> StatisticsReference {
    try JSONDecoder().decode(StatisticsReference.self, from: Data(contentsOf: TestFiles.fixture("statistics.json")))
  }
}
