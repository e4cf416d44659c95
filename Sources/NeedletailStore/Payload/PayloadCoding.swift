internal import Foundation
internal import NeedletailCore

/// Payloads and headings as the JSON text that SQLite holds.
enum PayloadCoding {
  static func encode(_ payload: Payload) throws(PayloadProblem) -> String {
    guard !payload.isEmpty else { return "{}" }
    return try text(of: payload)
  }

  /// Most passages have no headings; those are stored as null.
  static func encode(headings: [String]) throws(PayloadProblem) -> String? {
    headings.isEmpty ? nil : try text(of: headings)
  }

  static func decode(_ text: String) throws -> Payload {
    text == "{}" ? [:] : try JSONDecoder().decode(Payload.self, from: Data(text.utf8))
  }

  static func decode(headings text: String?) throws -> [String] {
    guard let text else { return [] }
    return try JSONDecoder().decode([String].self, from: Data(text.utf8))
  }

  private static func text(of value: some Encodable) throws(PayloadProblem) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      throw PayloadProblem(reason: "its payload cannot be written as JSON: \(error)")
    }
  }
}
