internal import Foundation
internal import NeedletailCore

/// Records of documents or questions as JSON objects, one a line.
enum RecordLines {
  /// What a line says.
  struct Record {
    var id: String
    var title: String
    var text: String
    var metadata: Payload
  }

  /// Calls the closure with each record.
  ///
  /// - Parameters:
  ///   - path: of the file, compressed or not.
  ///   - id: the key of the identifier; title and text are called so unless `fields` says otherwise.
  ///   - fields: other names of the keys.
  ///   - includesMetadata: whether the object `metadata` is read; few need it and it takes most of the time.
  static func forEach(
    of path: String, id: String = "_id", fields: TaskFields = TaskFields(), includesMetadata: Bool = false, _ body: (Record) -> Void
  ) throws(EvaluationError) {
    let decoder = JSONDecoder()
    let names = Names(id: fields.id ?? id, title: fields.title ?? "title", text: fields.text ?? "text")
    if let key = namesKey { decoder.userInfo[key] = names }
    var identifiers: Set<String> = []
    var lines = try TextLines(of: path)
    while let line = try lines.next() {
      if line.isEmpty { continue }
      let record: NamedRecord
      var metadata: Payload = [:]
      do {
        let data = Data(line.utf8)
        record = try decoder.decode(NamedRecord.self, from: data)
        if includesMetadata { metadata = try decoder.decode(Extra.self, from: data).metadata ?? [:] }
      } catch {
        throw lines.malformed(reason(error))
      }
      guard identifiers.insert(record.id).inserted else { throw lines.malformed("the identifier \(record.id) occurs twice") }
      body(Record(id: record.id, title: record.title, text: record.text, metadata: metadata))
    }
  }

  /// What is wrong with an object, in words.
  static func reason(_ error: any Error) -> String {
    switch error as? DecodingError {
    case .keyNotFound(let key, _): "the field \(key.stringValue) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      context.codingPath.first.map { "the field \($0.stringValue) has the wrong type" } ?? "it is not a JSON object"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      "the field \(context.codingPath[0].stringValue): \(context.debugDescription)"
    default: "it is not JSON"
    }
  }

  private static let namesKey = CodingUserInfoKey(rawValue: "needletail.names")

  private struct Names: Sendable {
    var id: String
    var title: String
    var text: String
  }

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private struct NamedRecord: Decodable {
    var id: String
    var title: String
    var text: String

    init(from decoder: any Decoder) throws {
      let names = namesKey.flatMap { decoder.userInfo[$0] as? Names } ?? Names(id: "_id", title: "title", text: "text")
      let container = try decoder.container(keyedBy: Key.self)
      id = try container.decode(String.self, forKey: Key(names.id))
      title = try container.decodeIfPresent(String.self, forKey: Key(names.title)) ?? ""
      text = try container.decode(String.self, forKey: Key(names.text))
    }
  }

  private struct Extra: Decodable {
    var metadata: Payload?
  }
}
