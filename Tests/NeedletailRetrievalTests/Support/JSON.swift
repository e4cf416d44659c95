import Foundation

/// Shorthands for one round trip.
enum JSON {
  static func encode(_ value: some Encodable) throws -> Data { try JSONEncoder().encode(value) }
  static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value { try JSONDecoder().decode(type, from: data) }
}
