public import NeedletailCore

/// Which rankings an answer is made of.
public enum SearchMode: String, CaseIterable, Codable, Hashable, Sendable {
  /// Nearness of meaning.
  case dense
  /// Common words.
  case lexical
  /// Common terms of those that a model weighs, whether the texts say them or not.
  case sparse
  /// All that the collection has, fused by their ranks.
  case hybrid
}

/// What a search found and how.
public struct SearchResponse: Hashable, Codable, Sendable {
  /// Best first.
  public var answers: [Answer]
  public var explanation: Explanation

  public init(answers: [Answer] = [], explanation: Explanation) {
    self.answers = answers
    self.explanation = explanation
  }
}

/// A passage that answers, with all one needs to show it.
public struct Answer: Hashable, Codable, Sendable {
  public var passage: PassageID
  /// The id of the document.
  public var document: String
  /// The title of the document.
  public var title: String
  /// The headings above the passage, outermost first.
  public var headings: [String]
  /// The text of the passage.
  public var text: String
  /// Where the passage stands in the UTF-8 bytes of the document's text.
  public var byteRange: Range<Int>
  /// Where the words of the question stand in the UTF-8 bytes of `text`; ascending, without overlap.
  public var highlights: [Range<Int>]
  /// The part of the passage that fits best, for short displays.
  public var snippet: Snippet
  /// Higher is better; comparable within one response only.
  public var score: Double
  /// What each ranking contributed.
  public var contributions: [Hit.Contribution]
  /// The metadata of the document.
  public var payload: Payload

  public init(
    passage: PassageID, document: String, title: String, headings: [String] = [], text: String, byteRange: Range<Int>,
    highlights: [Range<Int>] = [], snippet: Snippet, score: Double, contributions: [Hit.Contribution] = [], payload: Payload = [:]
  ) {
    self.passage = passage
    self.document = document
    self.title = title
    self.headings = headings
    self.text = text
    self.byteRange = byteRange
    self.highlights = highlights
    self.snippet = snippet
    self.score = score
    self.contributions = contributions
    self.payload = payload
  }
}

/// How an answer came about.
public struct Explanation: Hashable, Codable, Sendable {
  /// One step of a search. Steps may run at the same time, so their times need not add up to the whole.
  public struct Stage: Hashable, Codable, Sendable {
    /// "encode", "dense", "lexical", "fuse", "load", …
    public var name: String
    /// Wall-clock time.
    public var seconds: Double
    /// Passages that the step put out; 0 for `encode`.
    public var candidates: Int
    /// What it contributed, in words, where there is something to say.
    public var detail: String?

    public init(name: String, seconds: Double, candidates: Int, detail: String? = nil) {
      self.name = name
      self.seconds = seconds
      self.candidates = candidates
      self.detail = detail
    }
  }

  /// The mode that was carried out: a collection without vectors answers a hybrid question by words.
  public var mode: SearchMode
  /// The text that was searched for, after trimming and cutting.
  public var query: String
  /// True if the question was longer than what is considered of one.
  public var isQueryCut: Bool
  public var stages: [Stage]
  /// Wall-clock time of the whole.
  public var seconds: Double

  public init(mode: SearchMode, query: String = "", isQueryCut: Bool = false, stages: [Stage] = [], seconds: Double = 0) {
    self.mode = mode
    self.query = query
    self.isQueryCut = isQueryCut
    self.stages = stages
    self.seconds = seconds
  }
}
