internal import NeedletailCore

/// A document with the found passage marked. The templates read the properties by name; absent parts are nil.
struct DocumentPage: Hashable, Sendable {
  let frame: PageFrame
  let form: SearchForm
  let documentTitle: String
  let documentPath: String?
  let backHref: String
  let backText: String
  let similarHref: String
  let properties: [Property]
  /// The headings of a text that has several.
  let contents: Contents?
  let textClass: String
  let pieces: [Piece]
  let partText: String?
  let previousPartHref: String?
  let nextPartHref: String?

  struct Property: Hashable, Sendable {
    let propertyName: String
    let propertyValue: String
  }

  struct Contents: Hashable, Sendable {
    let entries: [Entry]
  }

  struct Entry: Hashable, Sendable {
    let entryHref: String
    let entryText: String
    let entryLevel: Int
  }

  struct Piece: Hashable, Sendable {
    let anchorName: String?
    let isMarked: Bool
    let isMarkedFirst: Bool
    let runs: [Run]
  }

  /// Lines of one kind: a heading or anything else.
  struct Run: Hashable, Sendable {
    let runText: String
    /// The class of a heading; nil for other text.
    let headingClass: String?
  }
}

extension DocumentPage {
  init(
    _ document: IndexedDocument, passage: PassageID?, part: Int?, address: PageAddress,
    collections: [CollectionSummary], chosen: CollectionSummary
  ) {
    let title = document.title.isEmpty ? document.id : document.title
    let marked = document.passages.first { $0.id == passage }
    let type = document.payload["type"]?.string
    let bytes = Array(document.text.utf8)
    let excerpt = DocumentExcerpt(of: bytes.count, passages: document.passages, marking: marked, part: part)

    frame = PageFrame(pageTitle: "\(title) · Needletail", homeHref: "/", bodyClass: "document")
    form = SearchForm(address, collections: collections, chosen: chosen, wantsFocus: false)
    documentTitle = title
    documentPath = document.payload["path"]?.string ?? document.id
    backHref = address.href
    backText = address.query.isEmpty && address.like == nil && address.filters.isEmpty ? "Search" : "Results"
    similarHref = address.similar(to: document.id)
    properties = Self.properties(of: document)
    contents = Self.contents(of: document, shown: excerpt)
    textClass = type == "code" ? "code" : "prose"
    pieces = Self.pieces(of: excerpt, in: bytes, isMarkdown: type == "markdown")
    let partHref = { (part: Int) in address.document(document.id, passage: nil) + "&part=\(part)" }
    partText = excerpt.partCount > 1 ? "Part \(excerpt.part + 1) of \(excerpt.partCount)" : nil
    previousPartHref = excerpt.part > 0 ? partHref(excerpt.part - 1) : nil
    nextPartHref = excerpt.part + 1 < excerpt.partCount ? partHref(excerpt.part + 1) : nil
  }

  /// The metadata in alphabetical order, without what the head of the page shows already.
  private static func properties(of document: IndexedDocument) -> [Property] {
    let shownElsewhere: Set = ["path", "title", "folder"]
    return document.payload.keys.sorted().filter { !shownElsewhere.contains($0) }.compactMap { field in
      document.payload[field].flatMap { Wording.value($0, of: field) }.map { value in
        Property(propertyName: field == "modified" ? "Modified" : Wording.heading(field), propertyValue: value)
      }
    }
  }

  private static func contents(of document: IndexedDocument, shown excerpt: DocumentExcerpt) -> Contents? {
    let linkable = Set(excerpt.pieces.compactMap(\.anchor))
    var entries: [Entry] = []
    var previous: [String] = []
    for passage in document.passages where linkable.contains(passage.id) && passage.headings != previous {
      previous = passage.headings
      guard let text = passage.headings.last else { continue }
      entries.append(
        Entry(entryHref: "#p\(passage.id)", entryText: text, entryLevel: min(passage.headings.count, 4)))
    }
    return entries.count > 1 ? Contents(entries: entries) : nil
  }

  private static func pieces(of excerpt: DocumentExcerpt, in bytes: [UInt8], isMarkdown: Bool) -> [Piece] {
    let firstMarked = excerpt.pieces.firstIndex(where: \.isMarked)
    return excerpt.pieces.enumerated().map { index, piece in
      let lower = MarkedText.boundary(atOrBefore: piece.range.lowerBound, in: bytes)
      let upper = MarkedText.boundary(atOrBefore: piece.range.upperBound, in: bytes)
      let text = String(decoding: bytes[lower..<max(lower, upper)], as: UTF8.self)
      return Piece(
        anchorName: piece.anchor.map { "p\($0)" }, isMarked: piece.isMarked, isMarkedFirst: index == firstMarked,
        runs: isMarkdown ? runs(ofMarkdown: text) : [Run(runText: text, headingClass: nil)])
    }
  }

  /// Sets headings off by their looks in place of their number signs. Fenced code keeps its own.
  private static func runs(ofMarkdown text: String) -> [Run] {
    var runs: [Run] = []
    var plain = ""
    var isFenced = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") { isFenced.toggle() }
      let level = line.prefix { $0 == "#" }.count
      let rest = line.dropFirst(level)
      if !isFenced, (1...6).contains(level), rest.first == " " {
        runs.append(Run(runText: plain, headingClass: nil))
        plain = "\n"
        runs.append(Run(runText: rest.drop { $0 == " " }.description, headingClass: "heading level\(min(level, 3))"))
      } else {
        plain += line + "\n"
      }
    }
    runs.append(Run(runText: String(plain.dropLast()), headingClass: nil))
    return runs.filter { !$0.runText.isEmpty }
  }
}
