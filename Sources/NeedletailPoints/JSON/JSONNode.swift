public import NeedletailCore

/// A JSON text as it was read, before anybody knows what it means.
///
/// Beside what `JSONValue` can say it keeps natural numbers above 2^63 (identifiers) and packs lists of numbers with
/// fractions (vectors) flat. Whole numbers stay apart from others, in lists, too.
public enum JSONNode: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A natural number that `integer` cannot hold.
  case unsigned(UInt64)
  case number(Double)
  case string(String)
  case array([JSONNode])
  /// A list of nothing but numbers that each have a fraction or an exponent.
  case numbers([Double])
  case object([String: JSONNode])

  /// The members of an object; nil for anything else.
  public var members: [String: JSONNode]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// The elements of a list; nil for anything else.
  public var elements: [JSONNode]? {
    switch self {
    case .array(let elements): elements
    case .numbers(let values): values.map { .number($0) }
    default: nil
    }
  }

  public var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// A number of any kind.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .unsigned(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  public var isNull: Bool { self == .null }

  /// A list of numbers as single-precision floats; nil if it is anything else.
  public var floats: [Float]? {
    switch self {
    case .numbers(let values): return values.map { Float($0) }
    case .array(let elements):
      var floats: [Float] = []
      floats.reserveCapacity(elements.count)
      for element in elements {
        guard let value = element.double else { return nil }
        floats.append(Float(value))
      }
      return floats
    default: return nil
    }
  }

  /// The same as a value of payload; numbers beyond 2^63 become floating-point ones.
  public var value: JSONValue {
    switch self {
    case .null: .null
    case .bool(let value): .bool(value)
    case .integer(let value): .integer(value)
    case .unsigned(let value): .number(Double(value))
    case .number(let value): .number(value)
    case .string(let value): .string(value)
    case .array(let elements): .array(elements.map(\.value))
    case .numbers(let values): .array(values.map { .number($0) })
    case .object(let members): .object(members.mapValues(\.value))
    }
  }

  /// An object as payload; nil for anything else.
  public var payload: Payload? {
    if case .object(let members) = self { members.mapValues(\.value) } else { nil }
  }
}
