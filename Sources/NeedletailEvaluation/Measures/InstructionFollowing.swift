/// Whether a retriever obeys an instruction that changes what is relevant.
public enum InstructionFollowing {
  /// p-MRR of FollowIR (Weller et al., "FollowIR: Evaluating and Teaching Information Retrieval Models to Follow Instructions", NAACL 2025,
  /// section 3.3), for each query: the mean over the documents that the changed instruction makes irrelevant of how far they moved.
  ///
  /// 1 says that they fell to the end, 0 that the instruction was ignored, −1 that they rose instead. A document that was not returned
  /// counts as the one behind the last. Queries without such documents have no value.
  ///
  /// - Parameters:
  ///   - original: the rankings under the original instruction.
  ///   - changed: the rankings of the same candidates under the changed one.
  ///   - demoted: for each query the documents that the change makes irrelevant.
  public static func pairwiseMRR(original: Run, changed: Run, demoted: [String: Set<String>]) -> [String: Double] {
    var values: [String: Double] = [:]
    for (query, documents) in demoted where !documents.isEmpty {
      let (before, after) = (ranks(in: original, of: query), ranks(in: changed, of: query))
      let sum = documents.sorted().reduce(0) {
        $0 + movement(from: before.ranks[$1] ?? before.behind, to: after.ranks[$1] ?? after.behind)
      }
      values[query] = sum / Double(documents.count)
    }
    return values
  }

  /// For each query of both the documents that are relevant under the original instruction and not under the changed one.
  public static func demoted(original: Judgements, changed: Judgements) -> [String: Set<String>] {
    original.reduce(into: [:]) { demoted, entry in
      guard let now = changed[entry.key] else { return }
      let fallen = entry.value.filter { $0.value > 0 && (now[$0.key] ?? 0) <= 0 }.keys
      if !fallen.isEmpty { demoted[entry.key] = Set(fallen) }
    }
  }

  /// The movement of one document between two ranks from 1: above 0 if it fell, below if it rose.
  public static func movement(from before: Int, to after: Int) -> Double {
    before >= after ? Double(after) / Double(before) - 1 : 1 - Double(before) / Double(after)
  }

  /// The least value over the instructions of each question (InstructIR's robustness: Oh et al., 2024): a retriever that serves one
  /// wording and fails another has to be measured by the worse.
  ///
  /// - Parameters:
  ///   - values: of a measure, for each query.
  ///   - question: the question that a query is a wording of.
  public static func leastOverInstructions(_ values: [String: Double], question: (String) -> String) -> [String: Double] {
    values.reduce(into: [:]) { $0[question($1.key)] = min($0[question($1.key)] ?? .infinity, $1.value) }
  }

  private static func ranks(in run: Run, of query: String) -> (ranks: [String: Int], behind: Int) {
    let ranking = run.ranking(of: query)
    let pairs = ranking.enumerated().map { ($1.document, $0 + 1) }
    return (Dictionary(pairs) { first, _ in first }, ranking.count + 1)
  }
}
