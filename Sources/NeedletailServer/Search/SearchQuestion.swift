package import NeedletailRetrieval

/// A question to one collection.
package struct SearchQuestion: Hashable, Sendable {
  /// What the answers shall be near to.
  package enum Subject: Hashable, Sendable {
    case text(String, mode: SearchMode)
    case document(String)
  }

  package var collection: String
  package var subject: Subject
  /// Filter expressions; an answer satisfies all of them.
  package var filters: [String]
  /// Answers to leave out at the top.
  package var offset: Int
  package var limit: Int
  /// Most answers of one document; nil: any number.
  package var passagesPerDocument: Int?

  package init(
    collection: String, subject: Subject, filters: [String] = [], offset: Int = 0, limit: Int = 10,
    passagesPerDocument: Int? = nil
  ) {
    self.collection = collection
    self.subject = subject
    self.filters = filters
    self.offset = offset
    self.limit = limit
    self.passagesPerDocument = passagesPerDocument
  }
}

/// Which documents of a collection to list.
package struct BrowseQuestion: Hashable, Sendable {
  package var collection: String
  /// Filter expressions; a listed document satisfies all of them.
  package var filters: [String]
  package var offset: Int
  package var limit: Int

  package init(collection: String, filters: [String] = [], offset: Int = 0, limit: Int = 20) {
    self.collection = collection
    self.filters = filters
    self.offset = offset
    self.limit = limit
  }
}
