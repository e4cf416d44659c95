internal import GRDB
internal import NeedletailCore

extension DocumentCollection {
  /// Looks for contradictions in the stored data, reading all of it; returns what it found, in words, or nothing if all
  /// is well. Index files need no such check: they are verified whenever they are opened.
  public func check() throws(StoreError) -> [String] {
    let settings = settings
    return try core.database.read { db in
      var problems = try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
      problems += try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map { "a row of \($0[0] as String) belongs to nothing" }
      let ledger = try Ledger.read(db)
      for (question, expected, meaning) in Self.questions(ledger, settings) {
        let found = try Int.fetchOne(db, sql: question) ?? 0
        if found != expected { problems.append("\(meaning): \(found) instead of \(expected)") }
      }
      return problems + (try Self.uncovered(db, ledger: ledger))
    }
  }

  /// Counts that follow from each other.
  private static func questions(_ ledger: Ledger, _ settings: CollectionSettings) -> [(sql: String, expected: Int, meaning: String)] {
    var questions: [(sql: String, expected: Int, meaning: String)] = [
      ("SELECT count(*) FROM document", ledger.documents, "documents"),
      ("SELECT count(*) FROM content", ledger.documents, "documents with text"),
      ("SELECT count(*) FROM passage", ledger.passages, "passages"),
      ("SELECT count(*) FROM vector", settings.embedder == nil ? 0 : ledger.passages, "passages with vectors"),
      ("SELECT count(*) FROM document WHERE number > \(ledger.lastDocument)", 0, "documents beyond the last"),
      ("SELECT count(*) FROM passage WHERE id > \(ledger.lastPassage)", 0, "passages beyond the last"),
      (
        """
        SELECT count(*) FROM passage JOIN document ON number = document
        WHERE passage.id < firstPassage OR passage.id >= firstPassage + passageCount
        """, 0, "passages outside the range of their document"
      ),
    ]
    // A file of the first version has no such table, and needs none.
    if settings.sparseEmbedder != nil {
      questions.append(("SELECT count(*) FROM sparseVector", ledger.passages, "passages with sparse vectors"))
    }
    return questions
  }

  /// Passages up to the watermark that no segment has, or that two have.
  private static func uncovered(_ db: Database, ledger: Ledger) throws -> [String] {
    let segments = try SegmentRecord.all(db)
    let removed = try Removal.all(db).reduce(into: 0) { count, range in
      count += segments.reduce(0) { $0 + $1.passages.rows(in: range).count }
    }
    let rows = segments.reduce(0) { $0 + $1.passages.count }
    let expected = try Int.fetchOne(db, sql: "SELECT count(*) FROM passage WHERE id <= ?", arguments: [ledger.watermark]) ?? 0
    return rows - removed == expected ? [] : ["passages in segments: \(rows - removed) instead of \(expected)"]
  }
}
