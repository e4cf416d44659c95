/// A question.
public struct Query: Hashable, Sendable {
  public var text: String
  /// Only documents that satisfy it are answers.
  public var filter: Filter?
  /// The number of answers wanted.
  public var limit: Int

  public init(_ text: String, filter: Filter? = nil, limit: Int = 10) {
    self.text = text
    self.filter = filter
    self.limit = limit
  }
}

/// An answer: a passage, where it comes from and why it is here.
public struct Hit: Hashable, Sendable {
  public var passage: PassageID
  /// The document the passage belongs to.
  public var document: String
  /// Higher is better; comparable within one answer only.
  public var score: Double
  /// What each source contributed.
  public var contributions: [Contribution]

  public init(passage: PassageID, document: String, score: Double, contributions: [Contribution] = []) {
    self.passage = passage
    self.document = document
    self.score = score
    self.contributions = contributions
  }

  /// The place a source gave the passage.
  public struct Contribution: Hashable, Codable, Sendable {
    /// "dense", "lexical", …
    public var source: String
    /// From 1.
    public var rank: Int
    /// The source's own score.
    public var score: Double

    public init(source: String, rank: Int, score: Double) {
      self.source = source
      self.rank = rank
      self.score = score
    }
  }
}

/// Answers questions with ranked passages.
public protocol Retriever: Sendable {
  /// The best answers, best first; fewer than `query.limit` only if fewer match.
  func retrieve(_ query: Query) async throws -> [Hit]
}
