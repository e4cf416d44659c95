/// One measurement that puts the claim of a published system to the test.
///
/// An experiment holds no mechanism of its own: it runs parts of the library and measures them. Parameters come from the recipe;
/// they should have no defaults, so that a misspelt one is missed.
public protocol Experiment: Sendable {
  associatedtype Parameters: Decodable & Sendable

  /// What recipes call it.
  static var name: String { get }

  init()

  /// Measures.
  ///
  /// - Parameters:
  ///   - parameters: of the scale that was asked for.
  ///   - laboratory: what the experiment may use: data, models, seed, a scratch folder.
  /// - Throws: `ReproductionError.needs` if data or a model is not there, whatever the parts throw otherwise.
  func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings
}
