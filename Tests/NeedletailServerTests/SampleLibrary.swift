import Foundation
import NeedletailCore
import NeedletailRetrieval
import NeedletailServer

/// A small collection of invented documents behind the same seam as the real thing, searched by counting words.
///
/// What the pages show depends on the server alone; no model, file or index is involved.
struct SampleLibrary: Sendable {
  struct Entry: Sendable {
    var document: Document
    var passages: [Passage]
  }

  var name = "default"
  var entries: [Entry]

  func service(alongside others: [SampleLibrary] = []) -> SearchService {
    let libraries = [self] + others
    let library: @Sendable (String) throws -> SampleLibrary = { name in
      guard let found = libraries.first(where: { $0.name == name }) else { throw SampleError.noCollection }
      return found
    }
    return SearchService(
      collections: { libraries.map(\.summary) },
      search: { try library($0.collection).search($0) },
      browse: { try library($0.collection).browse($0) },
      facets: { try library($0).facets($1) },
      document: { try library($0).document($1) })
  }

  private var summary: CollectionSummary {
    CollectionSummary(
      name: name, documents: entries.count, passages: entries.map(\.passages.count).reduce(0, +),
      model: "sample-model", modes: [.hybrid, .dense, .lexical])
  }
}

enum SampleError: Problem {
  case noCollection
  case badFilter(String)
  case modelMissing

  var category: ProblemCategory {
    switch self {
    case .noCollection: .notFound
    case .badFilter: .invalidRequest
    case .modelMissing: .unavailable
    }
  }

  var description: String {
    switch self {
    case .noCollection: "There is no such collection."
    case .badFilter(let text): "The filter \(text) has no colon; write it as field:value."
    case .modelMissing: "The model was not fetched yet; run: needletail model fetch"
    }
  }
}

extension SampleLibrary {
  private struct Found {
    var entry: Entry
    var passage: Passage
    var highlights: [Range<Int>]
  }

  private func search(_ question: SearchQuestion) throws -> SearchOutcome {
    let (words, excluded): ([String], String?) =
      switch question.subject {
      case .text(let text, _): (Self.words(text), nil)
      case .document(let id): (Self.words(entries.first { $0.document.id == id }?.document.title ?? ""), id)
      }
    var found: [Found] = []
    for entry in try matching(question.filters) where entry.document.id != excluded {
      for passage in entry.passages {
        let highlights = Self.occurrences(of: words, in: Self.text(of: passage, in: entry.document))
        if !highlights.isEmpty { found.append(Found(entry: entry, passage: passage, highlights: highlights)) }
      }
    }
    found.sort { $0.highlights.count > $1.highlights.count }
    let shown = found.enumerated().dropFirst(question.offset).prefix(question.limit)
    return SearchOutcome(
      answers: shown.map { answer($0.element, rank: $0.offset + 1) },
      hasMore: found.count > question.offset + question.limit,
      stages: [
        .init(name: "encode", seconds: 0.00182, candidates: 0),
        .init(name: "dense", seconds: 0.00031, candidates: 100),
        .init(name: "lexical", seconds: 0.00012, candidates: found.count),
        .init(name: "fuse", seconds: 0.00001, candidates: found.count),
      ])
  }

  private func answer(_ found: Found, rank: Int) -> Answer {
    let text = Self.text(of: found.passage, in: found.entry.document)
    return Answer(
      passage: Self.identifier(of: found.passage, in: found.entry, entries), document: found.entry.document.id,
      title: found.entry.document.title, headings: found.passage.headings, text: text,
      byteRange: found.passage.byteRange, highlights: found.highlights,
      snippet: Snippet(text: text, byteRange: 0..<text.utf8.count, highlights: found.highlights), score: 2 / Double(60 + rank),
      contributions: [
        .init(source: "dense", rank: rank, score: 0.8123 - 0.05 * Double(rank)),
        .init(source: "lexical", rank: rank + 1, score: 11.42 - Double(rank)),
      ], payload: found.entry.document.payload)
  }

  private func browse(_ question: BrowseQuestion) throws -> DocumentListing {
    let all = try matching(question.filters)
    return DocumentListing(
      documents: all.dropFirst(question.offset).prefix(question.limit).map {
        ListedDocument(
          id: $0.document.id, title: $0.document.title, payload: $0.document.payload, passages: $0.passages.count)
      }, hasMore: all.count > question.offset + question.limit)
  }

  private func facets(_ filters: [String]) throws -> [Facet] {
    try ["folder", "type", "tags"].map { field in
      let others = filters.filter { !$0.hasPrefix("\(field):") }
      let values = try matching(others).flatMap { Self.values(of: field, in: $0.document) }
      let counts = Dictionary(values.map { ($0, 1) }, uniquingKeysWith: +)
      return Facet(
        field: field,
        values: counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
          .init(label: $0.key, count: $0.value, filter: "\(field):\($0.key)")
        })
    }
  }

  private func document(_ id: String) throws -> IndexedDocument? {
    guard let entry = entries.first(where: { $0.document.id == id }) else { return nil }
    return IndexedDocument(
      id: id, title: entry.document.title, text: entry.document.text, payload: entry.document.payload,
      passages: entry.passages.map {
        IndexedPassage(id: Self.identifier(of: $0, in: entry, entries), range: $0.byteRange, headings: $0.headings)
      })
  }

  private func matching(_ filters: [String]) throws -> [Entry] {
    try entries.filter { entry in
      try filters.allSatisfy { filter in
        let parts = filter.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw SampleError.badFilter(filter) }
        return Self.values(of: parts[0], in: entry.document).contains(parts[1])
      }
    }
  }

  private static func values(of field: String, in document: Document) -> [String] {
    switch document.payload[field] {
    case .string(let value)?: [value]
    case .array(let values)?: values.compactMap(\.string)
    default: []
    }
  }

  private static func identifier(of passage: Passage, in entry: Entry, _ entries: [Entry]) -> PassageID {
    let position = entries.firstIndex { $0.document.id == entry.document.id } ?? 0
    return PassageID(position * 100 + passage.ordinal + 1)
  }

  private static func text(of passage: Passage, in document: Document) -> String {
    let bytes = Array(document.text.utf8)
    return String(decoding: bytes[passage.byteRange.clamped(to: 0..<bytes.count)], as: UTF8.self)
  }

  private static func words(_ text: String) -> [String] {
    text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init).filter { $0.count > 2 }
  }

  private static func occurrences(of words: [String], in text: String) -> [Range<Int>] {
    words.flatMap { word in
      text.ranges(of: word, options: .caseInsensitive).map { range in
        let lower = text.utf8.distance(from: text.startIndex, to: range.lowerBound)
        return lower..<lower + text.utf8.distance(from: range.lowerBound, to: range.upperBound)
      }
    }
  }
}

extension String {
  fileprivate func ranges(of text: String, options: CompareOptions) -> [Range<Index>] {
    var found: [Range<Index>] = []
    var start = startIndex
    while let range = range(of: text, options: options, range: start..<endIndex), !range.isEmpty {
      found.append(range)
      start = range.upperBound
    }
    return found
  }
}
