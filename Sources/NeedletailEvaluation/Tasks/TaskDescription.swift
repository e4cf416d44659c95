internal import Foundation
public import NeedletailCore

/// How the files of a task are to be read: the format, the names of fields, and what a question may be answered with.
///
/// As a file, `task.json5` in the task's folder; every key may be left out.
public struct TaskDescription: Codable, Hashable, Sendable {
  /// nil: by the files that are there.
  public var format: TaskFormat?
  /// nil: as the reader of the format has it, mostly retrieval.
  public var kind: TaskKind?
  /// Which judgements are read.
  public var split: String
  public var instruction: String?
  public var candidates: CandidateRule
  public var fields: TaskFields
  /// Only questions whose metadata have these values are asked: one of the tasks that share a folder.
  public var subset: Payload
  /// Lower grades count as not relevant.
  public var leastGrade: Int?
  /// What is searched of a document, with the names of metadata, or `title` and `text`, in braces: `{time} | {text}`. Title and text
  /// without it.
  public var documentText: String?

  public init(
    format: TaskFormat? = nil, kind: TaskKind? = nil, split: String = "test", instruction: String? = nil,
    candidates: CandidateRule = .all, fields: TaskFields = TaskFields(), subset: Payload = [:], leastGrade: Int? = nil,
    documentText: String? = nil
  ) {
    self.subset = subset
    self.leastGrade = leastGrade
    self.documentText = documentText
    self.format = format
    self.kind = kind
    self.split = split
    self.instruction = instruction
    self.candidates = candidates
    self.fields = fields
  }

  /// Reads the description in a task's folder; nil if there is none.
  public init?(inFolder folder: String) throws(EvaluationError) {
    let path = folder + "/task.json5"
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    do {
      let keys = try decoder.decode([String: JSONValue].self, from: data).keys
      if let unknown = keys.filter({ !Self.keys.contains($0) }).min() {
        throw EvaluationError.malformedLine(path: path, line: 1, reason: "the key `\(unknown)` is not known")
      }
      self = try decoder.decode(Self.self, from: data)
    } catch let error as EvaluationError {
      throw error
    } catch {
      throw .malformedLine(path: path, line: 1, reason: RecordLines.reason(error))
    }
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case format, kind, split, instruction, candidates, fields, subset, leastGrade, documentText
  }

  /// The keys that a description may have.
  static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

  /// Whether metadata have to be read.
  var needsMetadata: Bool {
    candidates.needsMetadata || !subset.isEmpty || documentText?.contains("{") == true
  }

  /// Applies what does not depend on the format.
  func apply(to task: inout RetrievalTask) {
    if !subset.isEmpty {
      task.queries.removeAll { query in subset.contains { query.metadata[$0.key] != $0.value } }
      let kept = Set(task.queries.map(\.id))
      task.judgements = task.judgements.filter { kept.contains($0.key) }
    }
    if let leastGrade { task.judgements = task.judgements.mapValues { grades in grades.mapValues { $0 >= leastGrade ? $0 : 0 } } }
    if let documentText {
      for index in task.corpus.indices {
        task.corpus[index].text = Self.filled(documentText, from: task.corpus[index])
        task.corpus[index].title = ""
      }
    }
    task.kind = kind ?? task.kind
    task.instruction = instruction ?? task.instruction
    candidates.apply(to: &task)
  }

  /// A template with the fields of a document in place of their names; a field that is missing is empty.
  private static func filled(_ template: String, from document: Document) -> String {
    var text = ""
    var rest = template[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      text += rest[..<open]
      switch String(rest[rest.index(after: open)..<close]) {
      case "text": text += document.text
      case "title": text += document.title
      case let name: text += document.payload[name]?.string ?? document.payload[name]?.double.map { "\($0)" } ?? ""
      }
      rest = rest[rest.index(after: close)...]
    }
    return text + rest
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      format: try container.decodeIfPresent(TaskFormat.self, forKey: .format),
      kind: try container.decodeIfPresent(TaskKind.self, forKey: .kind),
      split: try container.decodeIfPresent(String.self, forKey: .split) ?? "test",
      instruction: try container.decodeIfPresent(String.self, forKey: .instruction),
      candidates: try container.decodeIfPresent(CandidateRule.self, forKey: .candidates) ?? .all,
      fields: try container.decodeIfPresent(TaskFields.self, forKey: .fields) ?? TaskFields(),
      subset: try container.decodeIfPresent(Payload.self, forKey: .subset) ?? [:],
      leastGrade: try container.decodeIfPresent(Int.self, forKey: .leastGrade),
      documentText: try container.decodeIfPresent(String.self, forKey: .documentText))
  }
}

/// What files and columns call the parts of a task. Without a name, the usual one of the format counts.
public struct TaskFields: Codable, Hashable, Sendable {
  /// The identifier of a document or question.
  public var id: String?
  public var title: String?
  public var text: String?
  /// In judgements as a table: question, document, grade.
  public var query: String?
  public var document: String?
  public var grade: String?
  /// In a table of choices: the list of options, and the number of the right one from 0.
  public var options: String?
  public var label: String?

  public init(
    id: String? = nil, title: String? = nil, text: String? = nil, query: String? = nil, document: String? = nil, grade: String? = nil,
    options: String? = nil, label: String? = nil
  ) {
    (self.id, self.title, self.text, self.query) = (id, title, text, query)
    (self.document, self.grade, self.options, self.label) = (document, grade, options, label)
  }
}

/// Which documents a question may be answered with.
///
/// As text: `all`, `judged`, `same:FIELD`, `listed:FIELD`.
public enum CandidateRule: Hashable, Sendable {
  /// Any.
  case all
  /// Those that were judged for it: its pool, which it is to order.
  case judged
  /// Those whose metadata have the same value in a field, such as the conversation it is about.
  case same(field: String)
  /// Those whose identifiers a field of its metadata lists, such as the options of a multiple choice.
  case listed(field: String)

  /// Reads the form as text; nil if it is none.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    switch (parts.first, parts.count) {
    case ("all", 1): self = .all
    case ("judged", 1): self = .judged
    case ("same", 2): self = .same(field: parts[1])
    case ("listed", 2): self = .listed(field: parts[1])
    default: return nil
    }
  }

  /// Whether metadata have to be read.
  var needsMetadata: Bool {
    switch self {
    case .all, .judged: false
    case .same, .listed: true
    }
  }

  /// Sets the candidates of each question of a task. A question that lacks the field may be answered with anything.
  func apply(to task: inout RetrievalTask) {
    switch self {
    case .all: break
    case .judged: task.candidates = task.judgements.mapValues { Set($0.keys) }
    case .same(let field):
      var scenes: [JSONValue: Set<String>] = [:]
      for document in task.corpus { if let scene = document.payload[field] { scenes[scene, default: []].insert(document.id) } }
      for query in task.queries { task.candidates[query.id] = query.metadata[field].map { scenes[$0] ?? [] } }
    case .listed(let field):
      for query in task.queries {
        guard case .array(let options)? = query.metadata[field] else { continue }
        task.candidates[query.id] = Set(options.compactMap(\.string))
      }
    }
  }
}

extension CandidateRule: CustomStringConvertible {
  public var description: String {
    switch self {
    case .all: "all"
    case .judged: "judged"
    case .same(let field): "same:\(field)"
    case .listed(let field): "listed:\(field)"
    }
  }
}

extension CandidateRule: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let rule = CandidateRule(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "candidates are all, judged, same:FIELD or listed:FIELD")
    }
    self = rule
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
