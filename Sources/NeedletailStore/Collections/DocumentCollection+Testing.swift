internal import GRDB

extension DocumentCollection {
  /// Lets the database grow to a number of pages and no further, as if the disk were full; 0 lifts the limit.
  package func limitDatabase(toPages pages: Int) async throws(StoreError) {
    // SQLite takes no limit below the present size, and 4,294,967,294 for the largest there is.
    _ = try await core.database.write { db in
      try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(pages == 0 ? 4_294_967_294 : pages)")
    }
  }
}

extension DocumentCollection {
  /// SQLite's `synchronous` level of the connection that writes: 2 forces every commit to the disk.
  package func synchronousLevel() async throws(StoreError) -> Int {
    try await core.database.write { db in try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? 0 }
  }
}
