internal import Foundation

/// The capabilities of dense retrieval as a checklist, each tick bound to a symbol of the library and a test of what it does (the rows are those
/// of Zhao et al., "Dense Text Retrieval based on Pretrained Language Models: A Survey", TOIS 2024, by its four aspects).
///
/// As a file, a JSON5 list of rows.
public struct CapabilityManifest: Codable, Sendable {
  /// What Needletail has of a capability.
  public enum State: String, Codable, CaseIterable, Sendable {
    case done, partial, absent
  }

  /// The aspects of the survey, by the letter that the numbers of rows begin with.
  public enum Aspect: String, Codable, CaseIterable, Sendable {
    case architecture = "A"
    case training = "B"
    case indexing = "C"
    case integration = "D"

    /// How many rows it has.
    public var rowCount: Int {
      switch self {
      case .architecture: 16
      case .training: 24
      case .indexing: 12
      case .integration: 16
      }
    }

    public var title: String {
      switch self {
      case .architecture: "architecture"
      case .training: "training"
      case .indexing: "indexing"
      case .integration: "integration and beyond"
      }
    }
  }

  /// A capability.
  public struct Row: Codable, Hashable, Sendable {
    /// Such as `A3`.
    public var id: String
    public var capability: String
    public var state: State
    /// The public symbol: a type, or a type and a member, such as `VectorFeedback` or `Contrastive.isSymmetric`.
    public var symbol: String?
    /// The test that shows the behaviour: target, suite, function, such as `NeedletailIndexTests.FlatIndexTests/equalsTheNaiveScan`.
    public var test: String?
    /// What is missing, where something is.
    public var note: String?

    public var aspect: Aspect? { Aspect(rawValue: String(id.prefix(1))) }
  }

  public let rows: [Row]

  /// Reads a manifest.
  ///
  /// - Throws: `ReproductionError.malformedRecipe` if it is not JSON5, if the rows are not exactly those of the survey, or if a row that is
  ///   done names no symbol or no test.
  public init(file path: String) throws(ReproductionError) {
    guard let data = FileManager.default.contents(atPath: path) else { throw .noRecipe(path: path) }
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    do {
      rows = try decoder.decode([Row].self, from: data)
    } catch {
      throw .malformedRecipe(path: path, reason: "it is not a list of rows with `id`, `capability` and `state`: \(error)")
    }
    let expected = Aspect.allCases.flatMap { aspect in (1...aspect.rowCount).map { "\(aspect.rawValue)\($0)" } }
    guard Set(rows.map(\.id)).count == rows.count, Set(rows.map(\.id)) == Set(expected) else {
      let wrong = Set(expected).symmetricDifference(rows.map(\.id)).sorted().joined(separator: ", ")
      throw .malformedRecipe(path: path, reason: "its rows are not the \(expected.count) of the survey, each once; wrong are \(wrong)")
    }
    if let hollow = rows.first(where: { $0.state == .done && ($0.symbol == nil || $0.test == nil) }) {
      throw .malformedRecipe(path: path, reason: "the row \(hollow.id) is done, but names no symbol or no test")
    }
  }

  /// How many rows of an aspect have a state.
  public func count(_ state: State, in aspect: Aspect? = nil) -> Int {
    rows.count { $0.state == state && (aspect == nil || $0.aspect == aspect) }
  }

  /// The tests of all rows that are done.
  public var tests: [String] { rows.filter { $0.state == .done }.compactMap(\.test) }
}
