/// Something that can be found: a file, a record, a message.
public struct Document: Hashable, Sendable {
  /// Identifies the document in its collection: a path or a key of the caller's choice.
  public var id: String
  /// What a person would call it.
  public var title: String
  /// The full text; passages are byte ranges of its UTF-8 form.
  public var text: String
  /// Values to filter and to count by.
  public var payload: Payload

  public init(id: String, title: String = "", text: String, payload: Payload = [:]) {
    self.id = id
    self.title = title
    self.text = text
    self.payload = payload
  }
}

/// A piece of a document small enough for an encoder.
public struct Passage: Hashable, Sendable {
  /// Position among the passages of the document, from 0.
  public var ordinal: Int
  /// Where it stands in the UTF-8 bytes of the document's text.
  public var byteRange: Range<Int>
  /// The headings above it, outermost first.
  public var headings: [String]

  public init(ordinal: Int, byteRange: Range<Int>, headings: [String] = []) {
    self.ordinal = ordinal
    self.byteRange = byteRange
    self.headings = headings
  }
}

/// The number of a passage in its collection; never reused.
public typealias PassageID = Int64
