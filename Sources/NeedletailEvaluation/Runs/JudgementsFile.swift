/// Reads files of relevance judgements ("qrels").
public enum JudgementsFile {
  /// Reads either format: TREC's four columns (query, iteration, document, grade) or BEIR's three with a header line, which is
  /// how they are told apart. Where the header is separated by tabs, identifiers may hold spaces.
  ///
  /// A document that is judged twice for a query has to get the same grade.
  ///
  /// - Parameters:
  ///   - path: of the file.
  ///   - needsHeader: whether three columns without a header are refused, as they may be TREC's with one lost.
  public static func read(_ path: String, needsHeader: Bool = true) throws(EvaluationError) -> Judgements {
    var judgements: Judgements = [:]
    var columns = ["query", "iteration", "document", "grade"]
    var lines = try TextLines(of: path)
    var tabsOnly = false
    while let fields = try lines.nextFields(tabsOnly: tabsOnly) {
      if lines.number == 1, fields.count == 3, Int(fields[2]) == nil || !needsHeader {
        columns.remove(at: 1)
        tabsOnly = fields[0].endIndex < fields[1].startIndex && fields[0].base[fields[0].endIndex] == "\t"
        if Int(fields[2]) == nil { continue }
      }
      guard fields.count == columns.count else {
        throw lines.malformed("\(fields.count) fields instead of \(columns.joined(separator: ", "))")
      }
      let (query, document) = (String(fields[0]), String(fields[fields.count - 2]))
      guard let grade = Int(fields[fields.count - 1]) else {
        throw lines.malformed("the grade \(fields[fields.count - 1]) is not an integer")
      }
      let former = judgements[query, default: [:]].updateValue(grade, forKey: document)
      if let former, former != grade {
        throw lines.malformed("document \(document) had the grade \(former) for query \(query) before")
      }
    }
    return judgements
  }

  /// Writes TREC's four columns, in the order of queries and documents.
  ///
  /// - Throws: `malformedRun` for an identifier with white space, which the format cannot express.
  public static func write(_ judgements: Judgements, to path: String) throws(EvaluationError) {
    var text = ""
    for (query, grades) in judgements.sorted(by: { $0.key < $1.key }) {
      for (document, grade) in grades.sorted(by: { $0.key < $1.key }) {
        for identifier in [query, document] { try Run.checkIdentifier(identifier, query: query) }
        text += "\(query) 0 \(document) \(grade)\n"
      }
    }
    try TextFile.write(text, to: path)
  }
}
