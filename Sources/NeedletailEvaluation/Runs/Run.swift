/// Grades of documents for queries: query, then document, then grade. 1 and more is relevant.
public typealias Judgements = [String: [String: Int]]

/// What a system answered: a ranking for each query.
public struct Run: Sendable {
  /// A document and its score.
  ///
  /// Higher ranks first. Equal scores rank by identifier, the larger byte string first, and scores are compared in single
  /// precision: both as in `trec_eval`, so that a file gets the same numbers everywhere. The order in a file means nothing.
  public struct Entry: Hashable, Sendable {
    public var document: String
    public var score: Double

    public init(document: String, score: Double) {
      self.document = document
      self.score = score
    }
  }

  /// What the run is called in files.
  public var name: String
  /// For each query its documents, best first.
  public private(set) var entries: [String: [Entry]] = [:]

  /// An empty run.
  public init(name: String = "needletail") { self.name = name }

  /// Sets the answer to a query.
  public mutating func record(_ answer: [Entry], for query: String) throws(EvaluationError) {
    var documents: Set<String> = []
    for entry in answer {
      guard !entry.score.isNaN else { throw .malformedRun(query: query, reason: "\(entry.document) has no number as its score") }
      guard documents.insert(entry.document).inserted else {
        throw .malformedRun(query: query, reason: "\(entry.document) occurs twice")
      }
    }
    entries[query] = answer.sorted(by: Self.ranksBefore)
  }

  /// The answer to a query, best first; empty if there is none.
  public func ranking(of query: String) -> [Entry] { entries[query] ?? [] }

  private static func ranksBefore(_ left: Entry, _ right: Entry) -> Bool {
    let scores = (Float(left.score), Float(right.score))
    if scores.0 != scores.1 { return scores.0 > scores.1 }
    return right.document.utf8.lexicographicallyPrecedes(left.document.utf8)
  }
}

// MARK: - TREC files

extension Run {
  /// Reads a run in TREC's format: query, "Q0", document, rank, score, name; separated by white space. The rank is not used.
  public init(trecFile path: String) throws(EvaluationError) {
    self.init(name: "")
    var answers: [String: [Entry]] = [:]
    var seen: [String: Set<String>] = [:]
    var lines = try TextLines(of: path)
    while let fields = try lines.nextFields() {
      guard fields.count == 6 else {
        throw lines.malformed("\(fields.count) fields instead of query, Q0, document, rank, score, name")
      }
      guard let score = Double(fields[4]), !score.isNaN else { throw lines.malformed("the score \(fields[4]) is not a number") }
      let (query, document) = (String(fields[0]), String(fields[2]))
      guard seen[query, default: []].insert(document).inserted else {
        throw lines.malformed("document \(document) occurs twice for query \(query)")
      }
      answers[query, default: []].append(Entry(document: document, score: score))
      name = String(fields[5])
    }
    for (query, answer) in answers { try record(answer, for: query) }
  }

  /// Writes the run in TREC's format, ranks from 1, scores so that they read back exactly.
  public func write(to path: String) throws(EvaluationError) {
    let name = name.isEmpty ? "needletail" : name.map { $0.isWhitespace ? "-" : String($0) }.joined()
    var text = ""
    for (query, answer) in entries.sorted(by: { $0.key < $1.key }) {
      try Self.checkIdentifier(query, query: query)
      for (index, entry) in answer.enumerated() {
        try Self.checkIdentifier(entry.document, query: query)
        text += "\(query) Q0 \(entry.document) \(index + 1) \(entry.score) \(name)\n"
      }
    }
    try TextFile.write(text, to: path)
  }

  static func checkIdentifier(_ identifier: String, query: String) throws(EvaluationError) {
    guard !identifier.isEmpty, !identifier.unicodeScalars.contains(where: \.properties.isWhitespace) else {
      throw .malformedRun(
        query: query, reason: "the identifier \"\(identifier)\" is empty or holds white space, which the format cannot express")
    }
  }
}
