internal import NeedletailCore

/// One value of a document's payload under the path it is filtered by.
struct PayloadField: Hashable {
  var path: String
  var value: Value

  enum Value: Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    /// An array or object: it exists, and its elements stand beside it.
    case container
  }
}

extension PayloadField.Value {
  /// How the kind is written in SQLite.
  enum Kind: Int {
    case null = 0
    case bool = 1
    case number = 2
    case text = 3
    case container = 4
  }

  var kind: Kind {
    switch self {
    case .null: .null
    case .bool: .bool
    case .integer, .number: .number
    case .text: .text
    case .container: .container
    }
  }
}

extension PayloadField {
  /// Payloads nested deeper than this are refused rather than recursed into.
  static let maximumDepth = 64

  /// The fields of a payload, each value once.
  ///
  /// The path of a nested value joins the keys above it with dots; the elements of an array stand under the path of the
  /// array.
  static func fields(of payload: Payload) throws(PayloadProblem) -> Set<PayloadField> {
    var fields: Set<PayloadField> = []
    for (key, value) in payload { try collect(value, at: key, depth: 1, into: &fields) }
    return fields
  }

  private static func collect(
    _ value: JSONValue, at path: String, depth: Int, into fields: inout Set<PayloadField>
  ) throws(PayloadProblem) {
    guard depth <= maximumDepth else { throw PayloadProblem(reason: "its payload is nested more than \(maximumDepth) levels deep") }
    switch value {
    case .null: fields.insert(PayloadField(path: path, value: .null))
    case .bool(let value): fields.insert(PayloadField(path: path, value: .bool(value)))
    case .integer(let value): fields.insert(PayloadField(path: path, value: .integer(value)))
    case .number(let value):
      guard value.isFinite else { throw PayloadProblem(reason: "the field \"\(path)\" is not a finite number") }
      // One form for numbers that both cases could hold, so that equal values are one value.
      fields.insert(PayloadField(path: path, value: Int64(exactly: value).map { .integer($0) } ?? .number(value)))
    case .string(let value): fields.insert(PayloadField(path: path, value: .text(value)))
    case .array(let elements):
      fields.insert(PayloadField(path: path, value: .container))
      for element in elements { try collect(element, at: path, depth: depth + 1, into: &fields) }
    case .object(let members):
      fields.insert(PayloadField(path: path, value: .container))
      for (key, member) in members { try collect(member, at: "\(path).\(key)", depth: depth + 1, into: &fields) }
    }
  }
}

/// Why a payload cannot be stored.
struct PayloadProblem: Error {
  var reason: String
}
