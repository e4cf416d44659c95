internal import NeedletailCore
internal import NeedletailStore
internal import NeedletailText

/// A document cut into passages, with what the embedder is to see of each.
struct PreparedDocument: Sendable {
  var write: DocumentWrite
  /// One for each passage; empty in a collection without vectors.
  var inputs: [EmbedderInput]

  /// Roughly the memory it takes while it waits.
  var weight: Int { write.document.text.utf8.count + inputs.reduce(256) { $0 + $1.text.utf8.count } }
}

/// A text for the embedder.
struct EmbedderInput: Sendable {
  var text: String
  /// Special tokens left out.
  var tokens: Int
}

/// Cuts documents into passages that fit the embedder.
struct PassagePreparation: Sendable {
  private let tokenizer: any Tokenizer
  private let options: IngestOptions
  /// Tokens that the text of a passage and its context may have together.
  private let budget: Int
  private let hasEmbedder: Bool

  /// Tokens of a passage where no model sets the limit.
  private static let wordPassageTokens = 256
  /// The context takes at most this part of the budget, so that the passage itself stays the subject.
  private static let contextShare = 8

  /// - Parameter profile: nil for a collection without vectors.
  init(profile: EmbedderProfile?, tokenizer: any Tokenizer, options: IngestOptions) {
    self.tokenizer = tokenizer
    self.options = options
    hasEmbedder = profile != nil
    let limit = profile?.maximumTokens ?? Self.wordPassageTokens
    budget = max(1, min(options.passageTokens ?? limit, limit) - (hasEmbedder ? tokenizer.specialTokenCount : 0))
  }

  func prepare(_ document: Document, structure: TextStructure, root: String?, fingerprint: Fingerprint?) -> PreparedDocument {
    let passages = self.passages(of: document, structure: structure)
    let inputs = hasEmbedder ? self.inputs(for: passages, of: document, structure: structure) : []
    return PreparedDocument(
      write: DocumentWrite(document: document, root: root, fingerprint: fingerprint, passages: passages), inputs: inputs)
  }

  private func passages(of document: Document, structure: TextStructure) -> [Passage] {
    guard options.splitsDocuments else {
      let isBlank = document.text.allSatisfy(\.isWhitespace) && document.title.isEmpty
      return isBlank ? [] : [Passage(ordinal: 0, byteRange: 0..<document.text.utf8.count)]
    }
    let room = max(1, budget - contextBudget(for: document, structure: structure))
    let chunker = Chunker(tokenBudget: room, overlap: options.overlapTokens ?? room / 8, counting: tokenizer)
    return chunker.passages(of: document.text, structure: structure)
  }

  /// Tokens kept free for title and headings.
  private func contextBudget(for document: Document, structure: TextStructure) -> Int {
    guard hasEmbedder, options.context != .none else { return 0 }
    let most = budget / Self.contextShare
    let hasHeadings = options.context == .titleAndHeadings && structure != .plain && structure != .code
    return hasHeadings ? most : min(most, count(document.title))
  }

  private func inputs(for passages: [Passage], of document: Document, structure: TextStructure) -> [EmbedderInput] {
    let bytes = Array(document.text.utf8)
    let limit = options.splitsDocuments ? budget / Self.contextShare : budget
    return passages.map { passage in
      let text = String(decoding: bytes[passage.byteRange], as: UTF8.self)
      let context = shortened(self.context(of: passage, text: text, in: document), to: limit)
      let input = context.isEmpty ? text : "\(context)\n\(text)"
      return EmbedderInput(text: input, tokens: min(count(input), budget))
    }
  }

  /// Title and headings as far as the passage does not begin with them anyway.
  private func context(of passage: Passage, text: String, in document: Document) -> String {
    guard options.context != .none else { return "" }
    var lines: [String] = []
    let beginning = text.prefix(400)
    if !document.title.isEmpty, !beginning.contains(document.title) { lines.append(document.title) }
    if options.context == .titleAndHeadings {
      lines += passage.headings.filter { $0 != document.title && !$0.isEmpty && !beginning.contains($0) }
    }
    return lines.joined(separator: "\n")
  }

  /// The beginning of a text, up to a number of tokens.
  private func shortened(_ text: String, to limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    let bytes = Array(text.utf8)
    let ranges = tokenizer.tokenRanges(in: bytes.span)
    guard ranges.count > limit, limit > 0 else { return limit > 0 ? text : "" }
    return String(decoding: bytes[..<ranges[limit - 1].upperBound], as: UTF8.self)
  }

  private func count(_ text: String) -> Int {
    let bytes = Array(text.utf8)
    return tokenizer.countTokens(in: bytes.span)
  }
}
