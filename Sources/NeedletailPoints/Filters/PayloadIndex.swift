public import NeedletailCore

/// A declared index on a path of payload.
///
/// Filters need none: columns are made from the first filter on. It declares what a field is, which facets, ordering and
/// the ways of full-text search depend on.
public struct PayloadIndex: Hashable, Sendable {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    case keyword, integer, float, bool, geo, datetime, uuid, text
  }

  public var kind: Kind
  /// The options as they were given, nil if only the kind was named.
  public var options: Payload?
  /// How strings are cut, for an index of text.
  public let text: TextOptions?

  public init(kind: Kind, options: Payload? = nil) {
    self.kind = kind
    self.options = options
    text = kind == .text ? TextOptions(schema: options ?? [:]) : nil
  }

  private func allows(_ option: String) -> Bool { options?[option] != .bool(false) }

  /// Whether values can be counted.
  var servesFacets: Bool {
    switch kind {
    case .keyword, .bool, .uuid: true
    case .integer: allows("lookup")
    default: false
    }
  }

  /// Whether points can be ranked by their words.
  var servesRanking: Bool {
    switch (kind, options?["scoring"]) {
    case (.text, .bool(true)?): true
    case (.text, .object(let scoring)?): scoring["type"] == nil || scoring["type"] == .string("bm25")
    default: false
    }
  }

  /// Whether points can be put in order.
  var servesOrder: Bool {
    switch kind {
    case .float, .datetime: true
    case .integer: allows("range")
    default: false
    }
  }
}

/// The declared indexes of a collection, by the text of their path.
public typealias PayloadIndexes = [String: PayloadIndex]
