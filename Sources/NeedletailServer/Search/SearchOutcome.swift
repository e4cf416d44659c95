package import NeedletailCore

/// Ranked passages and how they were found.
package struct SearchOutcome: Sendable {
  package var answers: [FoundPassage]
  /// Whether asking with a greater offset would give more.
  package var hasMore: Bool
  package var stages: [SearchStage]

  package init(answers: [FoundPassage], hasMore: Bool, stages: [SearchStage]) {
    self.answers = answers
    self.hasMore = hasMore
    self.stages = stages
  }
}

/// A step of answering: how long it took and how many candidates it left.
package struct SearchStage: Codable, Hashable, Sendable {
  package var name: String
  package var seconds: Double
  package var candidates: Int?

  package init(name: String, seconds: Double, candidates: Int? = nil) {
    self.name = name
    self.seconds = seconds
    self.candidates = candidates
  }
}

/// An answer. Ranges count bytes of UTF-8 and appear in JSON as `[from, to]`, the end not included.
package struct FoundPassage: Codable, Hashable, Sendable {
  package var passage: PassageID
  package var document: String
  package var title: String
  /// The headings above the passage, outermost first.
  package var headings: [String]
  package var text: String
  /// Where the passage stands in the text of the document.
  package var range: Range<Int>
  /// The part of the passage worth showing.
  package var snippet: Snippet
  /// Higher is better; comparable within one answer only.
  package var score: Double
  /// The place each source gave the passage.
  package var contributions: [Hit.Contribution]
  package var payload: Payload

  package init(
    passage: PassageID, document: String, title: String, headings: [String] = [], text: String, range: Range<Int>,
    snippet: Snippet, score: Double, contributions: [Hit.Contribution] = [], payload: Payload = [:]
  ) {
    self.passage = passage
    self.document = document
    self.title = title
    self.headings = headings
    self.text = text
    self.range = range
    self.snippet = snippet
    self.score = score
    self.contributions = contributions
    self.payload = payload
  }

  /// A text with the places that match the question.
  package struct Snippet: Codable, Hashable, Sendable {
    package var text: String
    package var highlights: [Range<Int>]

    package init(text: String, highlights: [Range<Int>] = []) {
      self.text = text
      self.highlights = highlights
    }
  }
}
