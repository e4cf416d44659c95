/// Reads files of relevance judgements ("qrels").
public enum JudgementsFile {
  /// Reads either format: TREC's four columns (query, iteration, document, grade) or BEIR's three with a header line, which is
  /// how they are told apart. Where the header is separated by tabs, identifiers may hold spaces.
  ///
  /// A document that is judged twice for a query has to get the same grade.
  public static func read(_ path: String) throws(EvaluationError) -> Judgements {
    var judgements: Judgements = [:]
    var columns = ["query", "iteration", "document", "grade"]
    var lines = try TextLines(of: path)
    var tabsOnly = false
    while let fields = try lines.nextFields(tabsOnly: tabsOnly) {
      if lines.number == 1, fields.count == 3, Int(fields[2]) == nil {
        columns.remove(at: 1)
        tabsOnly = fields[0].endIndex < fields[1].startIndex && fields[0].base[fields[0].endIndex] == "\t"
        continue
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
}
