internal import GRDB

/// The tables of a kind of database, as the steps that make them: each brings a file from one version to the next.
package struct DatabaseSchema: Sendable {
  package struct Step: Sendable {
    let name: String
    let statements: [String]

    package init(_ name: String, _ statements: [String]) {
      self.name = name
      self.statements = statements
    }
  }

  /// Kept in SQLite's `application_id`, so that `file` and people can tell what the file is.
  let applicationID: Int
  let steps: [Step]
  /// The oldest version that can be read as it is: later steps only added tables that its collections do not use.
  let oldestReadable: Int

  package init(applicationID: Int, steps: [Step], oldestReadable: Int? = nil) {
    self.applicationID = applicationID
    self.steps = steps
    self.oldestReadable = oldestReadable ?? steps.count
  }

  /// The format this version writes; it is kept in SQLite's `user_version`.
  var version: Int { steps.count }

  /// Refuses files of later versions.
  func check(_ db: Database, path: String) throws {
    let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    guard found <= version else { throw StoreError.madeByNewerVersion(path: path, found: found, supported: version) }
  }

  /// Whether the tables are there in a form this version reads.
  func isReadable(_ db: Database) throws -> Bool {
    (oldestReadable...version).contains(try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0)
  }

  /// Brings the tables up to this version.
  func migrate(_ writer: any DatabaseWriter) throws {
    var migrator = DatabaseMigrator()
    for (index, step) in steps.enumerated() {
      migrator.registerMigration(step.name) { [applicationID] db in
        for statement in step.statements { try db.execute(sql: statement) }
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(index + 1)")
      }
    }
    try migrator.migrate(writer)
  }
}

extension DatabaseSchema {
  /// The tables of a collection of documents ("Ndlt").
  ///
  /// Numbers of documents and passages only grow and are never used twice, so whatever is remembered under one of them
  /// (a row of an index, an entry of a cache) either still means the same or is gone.
  static let documents = DatabaseSchema(
    applicationID: 0x4E64_6C74,
    steps: [Step("1: documents, passages, vectors, fields, segments", firstVersion), Step("2: sparse vectors", sparseVectors)], oldestReadable: 1)

  private static let sparseVectors = [
    """
    CREATE TABLE sparseVector (
      passage INTEGER PRIMARY KEY REFERENCES passage ON DELETE CASCADE,
      entries BLOB NOT NULL)
    """
  ]

  /// Texts and values are blobs of UTF-8: they may contain zero bytes, and they compare byte by byte.
  private static let firstVersion = [
    """
    CREATE TABLE collection (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      settings TEXT NOT NULL,
      operation INTEGER NOT NULL DEFAULT 0,
      documents INTEGER NOT NULL DEFAULT 0,
      passages INTEGER NOT NULL DEFAULT 0,
      lastDocument INTEGER NOT NULL DEFAULT 0,
      lastPassage INTEGER NOT NULL DEFAULT 0,
      lastSegment INTEGER NOT NULL DEFAULT 0,
      watermark INTEGER NOT NULL DEFAULT 0)
    """,
    """
    CREATE TABLE document (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      title TEXT NOT NULL,
      root TEXT,
      size INTEGER, modified INTEGER, hash TEXT,
      indexedAt REAL NOT NULL,
      firstPassage INTEGER NOT NULL,
      passageCount INTEGER NOT NULL)
    """,
    "CREATE INDEX documentByRoot ON document(root)",
    """
    CREATE TABLE content (
      document INTEGER PRIMARY KEY REFERENCES document ON DELETE CASCADE,
      payload TEXT NOT NULL,
      text BLOB NOT NULL)
    """,
    """
    CREATE TABLE passage (
      id INTEGER PRIMARY KEY,
      document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE,
      ordinal INTEGER NOT NULL,
      lower INTEGER NOT NULL,
      upper INTEGER NOT NULL,
      headings TEXT)
    """,
    "CREATE INDEX passageByDocument ON passage(document)",
    """
    CREATE TABLE vector (
      passage INTEGER PRIMARY KEY REFERENCES passage ON DELETE CASCADE,
      components BLOB NOT NULL)
    """,
    """
    CREATE TABLE field (
      document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE,
      path TEXT NOT NULL,
      kind INTEGER NOT NULL,
      value)
    """,
    "CREATE INDEX fieldByDocument ON field(document)",
    "CREATE INDEX fieldByValue ON field(path, kind, value, document)",
    // Passages that are gone but may still stand in a segment.
    "CREATE TABLE removal (firstPassage INTEGER PRIMARY KEY, passageCount INTEGER NOT NULL)",
    "CREATE TABLE root (path TEXT PRIMARY KEY, addedAt REAL NOT NULL)",
    // `passages` says which passage each row of the segment's files stands for.
    "CREATE TABLE segment (number INTEGER PRIMARY KEY, rows INTEGER NOT NULL, passages BLOB NOT NULL)",
    """
    CREATE TABLE segmentFile (
      segment INTEGER NOT NULL REFERENCES segment ON DELETE CASCADE,
      kind TEXT NOT NULL,
      name TEXT NOT NULL UNIQUE,
      bytes INTEGER NOT NULL,
      checksum INTEGER NOT NULL,
      format TEXT NOT NULL,
      PRIMARY KEY (segment, kind))
    """,
  ]
}
