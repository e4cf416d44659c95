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
  /// The precision at the rank that equals the number of relevant documents: `Rprec`.
  case rPrecision
  /// The harmonic mean of precision and recall of the first `cutoff` documents, or of all that were returned: `set_F`.
  case f1(cutoff: Int?)
  /// The relevant documents among the first `cutoff`, of as many as could be there: the smaller of `cutoff` and the number of relevant
  /// ones. Treats questions with many right answers as fairly as those with one (the main recall of LMEB, 2026).
  case cappedRecall(cutoff: Int)
  /// What a reader sees who goes on from each document to the next with the probability `persistence` (Moffat and Zobel, TOIS 2008,
  /// equation 4), relevance being yes or no: `RBP(rel=1)` of `ir_measures`.
  case rankBiasedPrecision(persistence: Double)
  /// The part of the first `cutoff` documents (of those returned, if fewer) that somebody judged: `Judged` of `ir_measures`. A low value
  /// says that the other measures cannot be trusted.
  case judged(cutoff: Int)

  /// The value for one query.
  ///
  /// - Parameters:
  ///   - ranked: the grades of the ranked documents, best first; nil for those that are not judged.
  ///   - judged: all grades of the query.
  /// - Returns: 0 if nothing is relevant; only the share of judged documents does not ask for relevant ones.
  func value(ranked: [Int?], judged: [Int]) -> Double {
    if case .judged(let cutoff) = self {
      let top = ranked.prefix(cutoff)
      return top.isEmpty ? 0 : Double(top.count { $0 != nil }) / Double(top.count)
    }
    let relevantCount = judged.count { $0 > 0 }
    guard relevantCount > 0 else { return 0 }
    let grades = ranked.map { $0 ?? 0 }
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
    case .rPrecision: return Double(Self.hits(grades, relevantCount)) / Double(relevantCount)
    case .f1(let cutoff):
      let hits = Double(Self.hits(grades, cutoff ?? grades.count))
      let precision = hits / Double(cutoff ?? max(1, grades.count))
      let recall = hits / Double(relevantCount)
      return hits > 0 ? 2 * precision * recall / (precision + recall) : 0
    case .cappedRecall(let cutoff): return Double(Self.hits(grades, cutoff)) / Double(min(relevantCount, cutoff))
    case .rankBiasedPrecision(let persistence): return Self.biasedPrecision(grades, persistence)
    case .judged: return 0
    }
  }

  private static func biasedPrecision(_ grades: [Int], _ persistence: Double) -> Double {
    var weight = 1 - persistence
    var sum = 0.0
    for grade in grades {
      if grade > 0 { sum += weight }
      weight *= persistence
    }
    return sum
  }

  private static func hits(_ grades: [Int], _ cutoff: Int) -> Int { grades.prefix(cutoff).count { $0 > 0 } }
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
