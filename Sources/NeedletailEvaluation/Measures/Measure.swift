#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A measure of the quality of one ranking, from 0 to 1.
///
/// The definitions are those of `trec_eval` 9, to which the numbers are equal: a document is relevant if its grade is at least
/// 1, gains are the grades themselves ("linear"), a rank's discount is log2(rank + 1), and documents that nobody judged count
/// as not relevant. How ties are broken says `Run.Entry`.
public enum Measure: Hashable, Sendable {
  /// Normalised discounted cumulative gain (Järvelin and Kekäläinen, TOIS 2002, in the form that discounts from rank 2 on), of
  /// the first `cutoff` documents or of all: `ndcg_cut`, `ndcg`.
  case nDCG(cutoff: Int?)
  /// Average precision: `map_cut`, `map`.
  case averagePrecision(cutoff: Int?)
  /// One over the rank of the first relevant document, 0 if that is beyond the cut-off: `recip_rank`.
  case reciprocalRank(cutoff: Int?)
  /// The part of the relevant documents that is among the first `cutoff`: `recall`.
  case recall(cutoff: Int)
  /// The part of the first `cutoff` ranks that holds a relevant document: `P`.
  case precision(cutoff: Int)
  /// 1 if a relevant document is among the first `cutoff`: `success`.
  case success(cutoff: Int)

  /// The value for one query.
  ///
  /// - Parameters:
  ///   - grades: of the ranked documents, best first; 0 for those that are not judged.
  ///   - judged: all grades of the query.
  /// - Returns: 0 if nothing is relevant.
  func value(grades: [Int], judged: [Int]) -> Double {
    let relevantCount = judged.count { $0 > 0 }
    guard relevantCount > 0 else { return 0 }
    switch self {
    case .nDCG(let cutoff):
      let ideal = judged.sorted(by: >)
      return Self.gain(grades, cutoff) / Self.gain(ideal, cutoff)
    case .averagePrecision(let cutoff):
      var found = 0
      var sum = 0.0
      for (index, grade) in grades.prefix(cutoff ?? grades.count).enumerated() where grade > 0 {
        found += 1
        sum += Double(found) / Double(index + 1)
      }
      return sum / Double(relevantCount)
    case .reciprocalRank(let cutoff):
      let first = grades.prefix(cutoff ?? grades.count).firstIndex { $0 > 0 }
      return first.map { 1 / Double($0 + 1) } ?? 0
    case .recall(let cutoff): return Double(Self.hits(grades, cutoff)) / Double(relevantCount)
    case .precision(let cutoff): return Double(Self.hits(grades, cutoff)) / Double(cutoff)
    case .success(let cutoff): return Self.hits(grades, cutoff) > 0 ? 1 : 0
    }
  }

  private static func hits(_ grades: [Int], _ cutoff: Int) -> Int { grades.prefix(cutoff).count { $0 > 0 } }
}

extension Measure: CustomStringConvertible {
  /// "nDCG@10", "AP", "R@100", …
  public var description: String {
    let (name, cutoff) = parts
    return name + (cutoff.map { "@\($0)" } ?? "")
  }

  /// Reads what `description` writes, in any case; "MAP", "MRR" and "Recall" are understood too.
  public static func parse(_ text: String) throws(EvaluationError) -> Measure {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let cutoff = parts.count == 2 ? Int(parts[1]) : nil
    guard parts.count == 1 || (cutoff ?? 0) > 0 else { throw .unknownMeasure(name: text) }
    switch (parts[0].lowercased(), cutoff) {
    case ("ndcg", _): return .nDCG(cutoff: cutoff)
    case ("ap", _), ("map", _): return .averagePrecision(cutoff: cutoff)
    case ("rr", _), ("mrr", _): return .reciprocalRank(cutoff: cutoff)
    case ("r", let cutoff?), ("recall", let cutoff?): return .recall(cutoff: cutoff)
    case ("p", let cutoff?), ("precision", let cutoff?): return .precision(cutoff: cutoff)
    case ("success", let cutoff?): return .success(cutoff: cutoff)
    default: throw .unknownMeasure(name: text)
    }
  }

  private var parts: (name: String, cutoff: Int?) {
    switch self {
    case .nDCG(let cutoff): ("nDCG", cutoff)
    case .averagePrecision(let cutoff): ("AP", cutoff)
    case .reciprocalRank(let cutoff): ("RR", cutoff)
    case .recall(let cutoff): ("R", cutoff)
    case .precision(let cutoff): ("P", cutoff)
    case .success(let cutoff): ("Success", cutoff)
    }
  }
}

extension Measure {
  /// Discounted cumulative gain; negative grades gain nothing.
  private static func gain(_ grades: [Int], _ cutoff: Int?) -> Double {
    var gain = 0.0
    for (index, grade) in grades.prefix(cutoff ?? grades.count).enumerated() where grade > 0 {
      gain += Double(grade) / log2(Double(index + 2))
    }
    return gain
  }
}
