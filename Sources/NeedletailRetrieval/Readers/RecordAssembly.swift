internal import NeedletailCore
internal import NeedletailText

/// Makes documents from records: decides which fields are the text, the title, the key and the rest.
struct RecordAssembly {
  private let chosen: RecordFields
  /// How often each key has been seen in the file.
  private var keyCounts: [String: Int] = [:]
  private var ordinal = 0

  init(fields: RecordFields) { chosen = fields }

  /// The document of the next record; nil if there is no text in it.
  ///
  /// - Parameter names: the field names in the order of the file.
  mutating func document(names: [String], values: Payload) -> ReadDocument? {
    ordinal += 1
    let id = chosen.id ?? Self.guess(Self.idNames, among: names)
    let title = chosen.title ?? Self.guess(Self.titleNames, among: names)
    let text = chosen.text ?? Self.guessText(names: names, values: values, besides: [id, title])
    let body = text.compactMap { values[$0].flatMap(Self.plain) }.filter { !$0.isEmpty }.joined(separator: "\n")
    let heading = title.flatMap { values[$0].flatMap(Self.plain) } ?? ""
    guard !body.isEmpty || !heading.isEmpty else { return nil }

    var payload: Payload = [:]
    let used = Set(text + [id, title].compactMap(\.self))
    for name in chosen.payload ?? names.filter({ !used.contains($0) && Self.isShort(values[$0]) }) {
      if let value = values[name], value != .null, value != .string("") { payload[name] = value }
    }
    let named = id.flatMap { values[$0].flatMap(Self.plain) } ?? ""
    let key = unique(named.isEmpty ? String(ordinal) : named)
    return ReadDocument(key: key, title: heading, text: body.isEmpty ? heading : body, payload: payload)
  }

  /// A key seen before gets its number of occurrence, so that no record hides another.
  private mutating func unique(_ key: String) -> String {
    let count = keyCounts[key, default: 0] + 1
    keyCounts[key] = count
    return count == 1 ? key : "\(key)~\(count)"
  }

  private static let idNames = ["_id", "id", "key", "uuid", "doc_id", "docid", "document_id", "doi", "url"]
  private static let titleNames = ["title", "headline", "name", "subject"]
  private static let textNames = ["text", "body", "content", "contents", "abstract", "passage", "message", "description", "summary"]

  private static func guess(_ candidates: [String], among names: [String]) -> String? {
    for candidate in candidates {
      if let name = names.first(where: { $0.lowercased() == candidate }) { return name }
    }
    return nil
  }

  /// The field whose name says that it is the text, else every field that holds words.
  private static func guessText(names: [String], values: Payload, besides others: [String?]) -> [String] {
    if let name = guess(textNames, among: names) { return [name] }
    return names.filter { name in
      guard !others.contains(name), case .string(let value)? = values[name] else { return false }
      return value.contains { $0.isLetter }
    }
  }

  /// Long texts are no metadata; nobody filters by them, and they would be stored in an index for filters.
  private static func isShort(_ value: JSONValue?) -> Bool {
    if case .string(let text)? = value { text.utf8.count <= 1024 } else { true }
  }

  private static func plain(_ value: JSONValue) -> String? {
    switch value {
    case .null: nil
    case .bool(let value): String(value)
    case .integer(let value): String(value)
    case .number(let value): String(value)
    case .string(let value): TextDecoding.cleaned(value)
    case .array(let values): values.compactMap(plain).joined(separator: "\n")
    case .object: nil
    }
  }
}
