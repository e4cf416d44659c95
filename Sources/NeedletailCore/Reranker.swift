/// A passage that was found, with its words.
public struct Candidate: Hashable, Sendable {
  public var hit: Hit
  /// The title of the document.
  public var title: String
  /// The text of the passage.
  public var text: String

  public init(hit: Hit, title: String = "", text: String) {
    self.hit = hit
    self.title = title
    self.text = text
  }
}

/// Looks closely at the few passages that a search found, and puts them into a better order.
public protocol Reranker: Sendable {
  /// The passages again, best first by descending score; some may be left out, none may be added.
  func rerank(_ query: Query, _ candidates: [Candidate]) async throws -> [Hit]
}
