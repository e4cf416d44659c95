internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailText

/// How many words texts have in common, without weights: the plainest opinion on whether they belong together. Pairs of characters count where
/// a script has no spaces between words.
struct TermOverlap {
  private let analyzer: Analyzer

  init() throws { analyzer = try Analyzer(.plain) }

  func terms(of text: String) -> Set<String> { Set(analyzer.terms(in: text).map(\.term)) }

  /// The share of all words of two texts that both have (Jaccard).
  func similarity(_ first: String, _ second: String) -> Double {
    let (first, second) = (terms(of: first), terms(of: second))
    let all = first.union(second).count
    return all == 0 ? 0 : Double(first.intersection(second).count) / Double(all)
  }

  /// Documents by the share of a question's words that they hold.
  func run(on task: RetrievalTask, depth: Int, name: String) throws(EvaluationError) -> Run {
    let documents = task.corpus.map { ($0.id, terms(of: $0.passageText)) }
    var run = Run(name: name)
    for query in task.queries {
      let asked = terms(of: query.text)
      let scored = documents.map { Run.Entry(document: $0.0, score: Double(asked.intersection($0.1).count) / Double(max(1, asked.count))) }
      try run.record(Array(scored.filter { $0.score > 0 }.sorted { ($1.score, $0.document) < ($0.score, $1.document) }.prefix(depth)), for: query.id)
    }
    return run
  }
}
