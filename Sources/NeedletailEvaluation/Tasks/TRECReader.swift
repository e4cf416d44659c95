internal import Foundation
internal import NeedletailCore

/// Reads tasks in the layout of TREC: `topics.txt` (marked up, or a line with number, tab and text for each), `qrels.txt`, and
/// `documents.trec` (marked up by `<DOC>` and `<DOCNO>`) or `corpus.jsonl`.
///
/// The question is the title of a topic, or the parts that the field `text` names: `title+desc`. Description and narrative become its
/// metadata `desc` and `narr`.
enum TRECReader: TaskReader {
  private static let topicNames = ["topics.txt", "topics.tsv", "topics.trec", "topics.xml"]
  private static let documentNames = ["documents.trec", "documents.txt", "documents.sgml", "documents.xml"]

  static func recognises(_ folder: String) -> Bool { TaskFolder.file(topicNames, in: folder) != nil }

  static func read(_ folder: String, as description: TaskDescription) throws(EvaluationError) -> RetrievalTask {
    let judgements = try JudgementsFile.read(
      file(["qrels.txt", "qrels.tsv", "qrels/\(description.split).txt", "qrels/\(description.split).tsv"], in: folder))
    let topicsPath = try file(topicNames, in: folder)
    let topics = try topics(topicsPath, parts: (description.fields.text ?? "title").split(separator: "+").map { $0.lowercased() })
    let queries = try TaskFolder.judged(topics, by: judgements, path: topicsPath)
    return RetrievalTask(
      name: TaskFolder.name(of: folder), corpus: try documents(folder), queries: queries, judgements: judgements)
  }

  // MARK: Topics

  private static func topics(_ path: String, parts: [String]) throws(EvaluationError) -> [RetrievalTask.Question] {
    var lines = try TextLines(of: path)
    var topics: [RetrievalTask.Question] = []
    var block: String?
    while let line = try lines.next() {
      let tag = line.trimmingCharacters(in: .whitespaces).lowercased()
      if tag.hasPrefix("<top>") || tag.hasPrefix("<topic ") {
        guard block == nil else { throw lines.malformed("the topic before is not closed") }
        block = ""
      }
      if block != nil { block? += line + "\n" }
      if tag.hasSuffix("</top>") || tag.hasSuffix("</topic>"), let text = block {
        guard let topic = topic(text, parts: parts) else { throw lines.malformed("the topic that ends here lacks <num> or <\(parts[0])>") }
        topics.append(topic)
        block = nil
      } else if block == nil, !tag.isEmpty, !tag.hasPrefix("<") {
        let fields = line.split(separator: "\t", maxSplits: 1)
        guard fields.count == 2 else { throw lines.malformed("it is neither a marked topic nor a number, a tab and a text") }
        topics.append(.init(id: String(fields[0]).trimmingCharacters(in: .whitespaces), text: String(fields[1])))
      }
    }
    guard block == nil else { throw lines.malformed("the last topic is not closed") }
    guard Set(topics.map(\.id)).count == topics.count else { throw lines.malformed("two topics of the file have the same number") }
    return topics
  }

  private static let labels = ["num": "Number:", "title": "Topic:", "desc": "Description:", "narr": "Narrative:"]

  private static func topic(_ block: String, parts: [String]) -> RetrievalTask.Question? {
    var fields: [String: String] = [:]
    for (tag, text) in MarkedText.elements(of: block) where fields[tag] == nil {
      var text = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      if let label = labels[tag], text.hasPrefix(label) { text = text.dropFirst(label.count).trimmingCharacters(in: .whitespaces) }
      fields[tag] = text
    }
    let texts = parts.compactMap { fields[$0] }
    guard let number = fields["num"] ?? MarkedText.attribute("number", of: block), !number.isEmpty, texts.count == parts.count else { return nil }
    var metadata: Payload = [:]
    for name in ["desc", "narr"] { metadata[name] = fields[name].map { .string($0) } }
    return .init(id: number, text: texts.joined(separator: " "), metadata: metadata)
  }

  // MARK: Documents

  private static func documents(_ folder: String) throws(EvaluationError) -> [Document] {
    var corpus: [Document] = []
    if let path = TaskFolder.file(["corpus.jsonl"], in: folder) {
      try RecordLines.forEach(of: path) { corpus.append(Document(id: $0.id, title: $0.title, text: $0.text)) }
      return corpus
    }
    var lines = try TextLines(of: try file(documentNames, in: folder))
    var block: [String]?
    var seen: Set<String> = []
    while let line = try lines.next() {
      let tag = line.trimmingCharacters(in: .whitespaces).uppercased()
      if tag.hasPrefix("<DOC>") {
        guard block == nil else { throw lines.malformed("the document before is not closed") }
        block = []
      }
      block?.append(line)
      if tag.hasSuffix("</DOC>"), let text = block {
        guard let document = document(text.joined(separator: "\n")) else { throw lines.malformed("the document that ends here has no <DOCNO>") }
        guard seen.insert(document.id).inserted else { throw lines.malformed("the document \(document.id) occurs twice") }
        corpus.append(document)
        block = nil
      }
    }
    guard block == nil else { throw lines.malformed("the last document is not closed") }
    return corpus
  }

  private static func document(_ block: String) -> Document? {
    var (id, title, texts, others): (String?, String, [String], [String]) = (nil, "", [], [])
    for (tag, text) in MarkedText.elements(of: block) {
      let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
      switch tag {
      case "docno", "docid": id = id ?? text
      case "title", "headline", "ttl", "hl": title = title.isEmpty ? text : title
      case "text": texts.append(text)
      default: if !text.isEmpty { others.append(text) }
      }
    }
    guard let id, !id.isEmpty else { return nil }
    return Document(id: id, title: title, text: (texts.isEmpty ? others : texts).joined(separator: "\n"))
  }

  private static func file(_ names: [String], in folder: String) throws(EvaluationError) -> String {
    if let path = TaskFolder.file(names, in: folder) { return path }
    throw .missingFile(
      path: folder + "/" + names[0], advice: "A task of TREC is a folder with topics.txt, qrels.txt and documents.trec or corpus.jsonl.")
  }
}

/// The loose markup of TREC's files, in which elements need no end.
enum MarkedText {
  /// Each element with the text up to the next tag; an end tag only ends the text. What stands between `<text>` and further tags inside it
  /// counts as text.
  static func elements(of block: String) -> [(tag: String, text: String)] {
    var elements: [(tag: String, text: String)] = []
    var rest = block[...]
    while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
      let name = rest[rest.index(after: open)..<close].prefix { !$0.isWhitespace }.lowercased()
      rest = rest[rest.index(after: close)...]
      if name.hasPrefix("/") || name.isEmpty { continue }
      let end = name == "text" ? rest.range(of: "</text>", options: .caseInsensitive)?.lowerBound ?? rest.endIndex : rest.firstIndex(of: "<") ?? rest.endIndex
      elements.append((name, String(rest[..<end])))
      rest = rest[end...]
    }
    return elements
  }

  /// The value of an attribute of the first tag.
  static func attribute(_ name: String, of block: String) -> String? {
    guard let open = block.firstIndex(of: "<"), let close = block[open...].firstIndex(of: ">"),
      let start = block[open..<close].range(of: name + "=\"")?.upperBound, let end = block[start..<close].firstIndex(of: "\"")
    else { return nil }
    return String(block[start..<end])
  }
}
