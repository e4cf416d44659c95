/// Ways to keep a family of tests from finding differences by chance alone.
public enum MultipleComparisons: String, Codable, CaseIterable, Sendable {
  /// Each probability counts as many times as there are tests; keeps the chance of any false finding below the level.
  case bonferroni
  /// The same promise with more power: the smallest probability counts for all tests, the next for all but one, and so on (Holm,
  /// Scandinavian Journal of Statistics 1979).
  case holm
  /// Keeps the expected share of false findings among the findings below the level (Benjamini and Hochberg, JRSS B 1995).
  case benjaminiHochberg = "benjamini-hochberg"
  /// Takes the probabilities as they are.
  case none

  /// The probabilities of a family of tests, adjusted, in the same order; a test is a finding at a level if its adjusted probability is
  /// at most the level.
  public func adjusted(_ probabilities: [Double]) -> [Double] {
    let count = Double(probabilities.count)
    let order = probabilities.indices.sorted { (probabilities[$0], $0) < (probabilities[$1], $1) }
    var adjusted = probabilities
    switch self {
    case .none: break
    case .bonferroni: adjusted = probabilities.map { min(1, $0 * count) }
    case .holm:
      var highest = 0.0
      for (place, test) in order.enumerated() {
        highest = max(highest, min(1, probabilities[test] * (count - Double(place))))
        adjusted[test] = highest
      }
    case .benjaminiHochberg:
      var lowest = 1.0
      for (place, test) in order.enumerated().reversed() {
        lowest = min(lowest, probabilities[test] * count / Double(place + 1))
        adjusted[test] = lowest
      }
    }
    return adjusted
  }
}
