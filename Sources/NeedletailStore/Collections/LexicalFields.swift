public import NeedletailIndex

/// The fields that word search tells apart, and what an occurrence in each counts (BM25F, see ``FieldedBM25Parameters``).
///
/// A collection made with them indexes titles, headings and bodies separately; the weights may be others for each search.
public struct LexicalFields: Codable, Hashable, Sendable {
  /// A part of a passage with its document.
  public enum Field: String, Codable, Hashable, Sendable, CaseIterable {
    /// The title of the document.
    case title
    /// The headings above the passage.
    case headings
    /// The text of the passage.
    case body
  }

  /// How soon further weighted occurrences stop to count (`k1`).
  public var saturation: Float
  public var title: BM25Field
  public var headings: BM25Field
  public var body: BM25Field

  public init(
    saturation: Float = 0.9, title: BM25Field = BM25Field(weight: 2), headings: BM25Field = BM25Field(weight: 1.5), body: BM25Field = BM25Field()
  ) {
    self.saturation = saturation
    self.title = title
    self.headings = headings
    self.body = body
  }

  /// The same with other weights for some fields.
  public func weighing(_ weights: [Field: Float]) -> LexicalFields {
    var fields = self
    fields.title.weight = weights[.title] ?? title.weight
    fields.headings.weight = weights[.headings] ?? headings.weight
    fields.body.weight = weights[.body] ?? body.weight
    return fields
  }

  /// In the order of `Field.allCases`, in which segments have them.
  var parameters: FieldedBM25Parameters { FieldedBM25Parameters(saturation: saturation, fields: [title, headings, body]) }
}

/// What word search reads of a passage.
struct PassageText {
  var title: String
  var headings: String
  var body: Substring

  /// In the order of `LexicalFields.Field.allCases`.
  var fields: [String] { [title, headings, String(body)] }

  /// In one piece: the title says what a passage from the middle is about.
  var whole: String { title.isEmpty ? String(body) : "\(title)\n\(body)" }

  /// The texts that words are looked for in, each for itself.
  func pieces(hasFields: Bool) -> [String] { hasFields ? fields : [whole] }
}
