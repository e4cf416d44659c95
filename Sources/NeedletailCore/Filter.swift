/// A condition on the metadata of documents, as a tree.
///
/// A field name may be a path into nested objects, separated by dots. A condition on an array holds if it holds for one
/// of its elements. A missing field satisfies no condition but `.not`.
public indirect enum Filter: Hashable, Sendable {
  case all([Filter])
  case any([Filter])
  case not(Filter)
  /// The field equals one of the values (strings compare exactly, integers and numbers by value).
  case match(field: String, values: [JSONValue])
  /// The field is a number, or a date in ISO 8601 form compared as text, within the bounds that are given.
  case range(field: String, FilterRange)
  /// The field is a string that begins with the prefix (folders, say).
  case prefix(field: String, String)
  /// The field is present and not null.
  case exists(field: String)
}

/// Bounds of a range condition; those left out do not bind.
public struct FilterRange: Hashable, Sendable {
  public var greaterThan: JSONValue?
  public var atLeast: JSONValue?
  public var lessThan: JSONValue?
  public var atMost: JSONValue?

  public init(greaterThan: JSONValue? = nil, atLeast: JSONValue? = nil, lessThan: JSONValue? = nil, atMost: JSONValue? = nil) {
    self.greaterThan = greaterThan
    self.atLeast = atLeast
    self.lessThan = lessThan
    self.atMost = atMost
  }
}
