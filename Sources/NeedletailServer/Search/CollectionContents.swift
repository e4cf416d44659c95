package import NeedletailCore
package import NeedletailRetrieval

/// What there is to search in a collection.
package struct CollectionSummary: Codable, Hashable, Sendable {
  package var name: String
  package var documents: Int
  package var passages: Int
  /// The model that represents it; nil if it is searched by words only.
  package var model: String?
  /// The ways of searching that are possible, the recommended one first.
  package var modes: [SearchMode]

  package init(name: String, documents: Int, passages: Int, model: String?, modes: [SearchMode]) {
    self.name = name
    self.documents = documents
    self.passages = passages
    self.model = model
    self.modes = modes
  }
}

/// A page of a list of documents.
package struct DocumentListing: Sendable {
  package var documents: [ListedDocument]
  package var hasMore: Bool

  package init(documents: [ListedDocument], hasMore: Bool) {
    self.documents = documents
    self.hasMore = hasMore
  }
}

/// A document without its text.
package struct ListedDocument: Codable, Hashable, Sendable {
  package var id: String
  package var title: String
  package var payload: Payload
  package var passages: Int

  package init(id: String, title: String, payload: Payload, passages: Int) {
    self.id = id
    self.title = title
    self.payload = payload
    self.passages = passages
  }
}

/// A document as it was indexed. The server shows this text and never opens the file it came from.
package struct IndexedDocument: Codable, Hashable, Sendable {
  package var id: String
  package var title: String
  package var text: String
  package var payload: Payload
  package var passages: [IndexedPassage]

  package init(id: String, title: String, text: String, payload: Payload = [:], passages: [IndexedPassage] = []) {
    self.id = id
    self.title = title
    self.text = text
    self.payload = payload
    self.passages = passages
  }
}

/// Where a passage stands in the bytes of its document's text.
package struct IndexedPassage: Codable, Hashable, Sendable {
  package var id: PassageID
  package var range: Range<Int>
  package var headings: [String]

  package init(id: PassageID, range: Range<Int>, headings: [String] = []) {
    self.id = id
    self.range = range
    self.headings = headings
  }
}

/// How documents spread over the values of a field.
package struct Facet: Codable, Hashable, Sendable {
  package var field: String
  package var values: [Value]

  package init(field: String, values: [Value]) {
    self.field = field
    self.values = values
  }

  package struct Value: Codable, Hashable, Sendable {
    /// What a person reads.
    package var label: String
    /// The documents that have it.
    package var count: Int
    /// The filter expression that selects them.
    package var filter: String

    package init(label: String, count: Int, filter: String) {
      self.label = label
      self.count = count
      self.filter = filter
    }
  }
}
