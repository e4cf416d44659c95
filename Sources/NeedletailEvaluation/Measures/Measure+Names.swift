extension Measure: CustomStringConvertible {
  /// "nDCG@10", "AP", "R@100", "RBP(p=0.8)", …
  public var description: String {
    if case .rankBiasedPrecision(let persistence) = self { return "RBP(p=\(persistence))" }
    let (name, cutoff) = parts
    return name + (cutoff.map { "@\($0)" } ?? "")
  }

  /// Reads what `description` writes, in any case; "MAP", "MRR", "Recall" and "RBP" (with 0.8) are understood too.
  public static func parse(_ text: String) throws(EvaluationError) -> Measure {
    if let measure = biasedPrecision(text) { return measure }
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
    case ("rprec", nil): return .rPrecision
    case ("f1", _): return .f1(cutoff: cutoff)
    case ("r_cap", let cutoff?): return .cappedRecall(cutoff: cutoff)
    case ("judged", let cutoff?): return .judged(cutoff: cutoff)
    default: throw .unknownMeasure(name: text)
    }
  }

  private static func biasedPrecision(_ text: String) -> Measure? {
    let name = text.lowercased()
    if name == "rbp" { return .rankBiasedPrecision(persistence: 0.8) }
    guard name.hasPrefix("rbp(p="), name.hasSuffix(")"), let persistence = Double(name.dropFirst(6).dropLast()),
      persistence > 0, persistence < 1
    else { return nil }
    return .rankBiasedPrecision(persistence: persistence)
  }

  private var parts: (name: String, cutoff: Int?) {
    switch self {
    case .nDCG(let cutoff): ("nDCG", cutoff)
    case .averagePrecision(let cutoff): ("AP", cutoff)
    case .reciprocalRank(let cutoff): ("RR", cutoff)
    case .recall(let cutoff): ("R", cutoff)
    case .precision(let cutoff): ("P", cutoff)
    case .success(let cutoff): ("Success", cutoff)
    case .rPrecision: ("Rprec", nil)
    case .f1(let cutoff): ("F1", cutoff)
    case .cappedRecall(let cutoff): ("R_cap", cutoff)
    case .rankBiasedPrecision: ("RBP", nil)
    case .judged(let cutoff): ("Judged", cutoff)
    }
  }
}
