internal import NeedletailStore

extension DatabaseSchema {
  /// The tables of a collection of points ("Ndlp").
  ///
  /// `row` is the point's place in memory and in index files; `id` is ordered byte by byte as ids are. A point is one row
  /// with everything that belongs to it: it is always written and read as a whole.
  static let points = DatabaseSchema(
    applicationID: 0x4E64_6C70,
    steps: [
      Step(
        "1: points, graphs",
        [
          """
          CREATE TABLE collection (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            name TEXT NOT NULL,
            settings TEXT NOT NULL,
            operation INTEGER NOT NULL DEFAULT 0)
          """,
          "CREATE TABLE point (row INTEGER PRIMARY KEY, id BLOB NOT NULL, version INTEGER NOT NULL, payload BLOB NOT NULL, vectors BLOB NOT NULL)",
          """
          CREATE TABLE graph (
            vectorColumn INTEGER PRIMARY KEY, file TEXT NOT NULL, rows INTEGER NOT NULL, operation INTEGER NOT NULL,
            bytes INTEGER NOT NULL, checksum INTEGER NOT NULL)
          """,
        ]),
      Step(
        "2: several graphs of a column",
        [
          // Graphs are caches: those of the first version are built again.
          "DROP TABLE graph",
          """
          CREATE TABLE graph (
            number INTEGER PRIMARY KEY, vectorColumn INTEGER NOT NULL, file TEXT NOT NULL, rows BLOB NOT NULL, operation INTEGER NOT NULL,
            bytes INTEGER NOT NULL, checksum INTEGER NOT NULL)
          """,
        ]),
    ],
    oldestReadable: 1)
}
