package import NeedletailNumerics

/// Ways to keep a table of embeddings in fewer numbers than a row for each feature; what is kept is learned.
///
/// H. Zhang et al., "Experimental analysis of large-scale learnable vector storage compression", VLDB 2024, names them and counts
/// their memory; each came first in the publication that its case cites.
public enum TableMethod: String, CaseIterable, Codable, Sendable {
  /// A row for each feature: what the others are compared with.
  case full
  /// Features share rows by their number modulo the rows.
  case hashed
  /// The product by components of a row for the quotient and one for the remainder (H.-J. M. Shi et al., KDD 2020).
  case quotientRemainder
  /// Frequent features have rows of their own, the others share some (AdaptEmb).
  case frequencyShared
  /// Rare features have shorter rows, and a matrix for each length (A. Ginart et al., ISIT 2021).
  case mixedDimension
  /// Components are drawn from one array by hashing (A. Desai et al., "Random offset block embedding", MLSys 2022; blocks of 1).
  case sharedArray

  /// What the literature calls it.
  public var title: String {
    switch self {
    case .full: "full"
    case .hashed: "Hash"
    case .quotientRemainder: "CompoEmb"
    case .frequencyShared: "AdaptEmb"
    case .mixedDimension: "MDE"
    case .sharedArray: "ROBE"
    }
  }

  /// The table of a method within a budget; nil if it cannot go that low.
  package func table(featureCount: Int, dimension: Int, budgetBytes: Int) -> (any LearnedTable)? {
    let rows = budgetBytes / (4 * dimension)
    let table: (any LearnedTable)? =
      switch self {
      case .full: SharedRows(featureCount: featureCount, dimension: dimension, ownRows: featureCount, sharedRows: 0)
      case .hashed: rows >= 1 ? SharedRows(featureCount: featureCount, dimension: dimension, ownRows: 0, sharedRows: rows) : nil
      case .quotientRemainder: FactoredRows(featureCount: featureCount, dimension: dimension, rowLimit: rows)
      case .frequencyShared:
        // A number for each feature is counted too: which row it has.
        SharedRows(featureCount: featureCount, dimension: dimension, budgetBytes: budgetBytes - 4 * featureCount)
      case .mixedDimension: ShorterRows(featureCount: featureCount, dimension: dimension, numberLimit: budgetBytes / 4)
      case .sharedArray: budgetBytes >= 4 * 17 ? ArrayRows(dimension: dimension, numberCount: budgetBytes / 4 - 16) : nil
      }
    return table.flatMap { $0.byteCount <= budgetBytes ? $0 : nil }
  }
}

/// A table whose rows are put together from what is learned.
package protocol LearnedTable: Sendable {
  var parameters: [(name: String, shape: Shape, isTrained: Bool)] { get }
  /// What a look-up needs after training.
  var storage: [StoredPart] { get }

  /// Values to begin with.
  func initialise(_ parameters: Parameters, _ generator: inout SeededGenerator)

  /// The rows of features, one after the other.
  func rows(_ features: [Int32], _ tape: Tape, _ parameters: Parameters) throws(TensorError) -> Tensor
}

extension LearnedTable {
  package var byteCount: Int { storage.reduce(0) { $0 + $1.bits } / 8 }

  static var spread: Float { 0.1 }

  package func initialise(_ parameters: Parameters, _ generator: inout SeededGenerator) {
    for parameter in parameters.all {
      parameters[parameter] = (0..<parameter.shape.count).map { _ in Self.spread * generator.normalFloat() }
    }
  }
}
