public import NeedletailCore

/// A benchmark: documents, questions, and who found which document relevant for which question.
public struct RetrievalTask: Sendable {
  /// A question of a benchmark.
  public struct Question: Hashable, Sendable {
    public var id: String
    public var text: String

    public init(id: String, text: String) {
      self.id = id
      self.text = text
    }
  }

  public var name: String
  public var corpus: [Document]
  /// The questions of the split, each with judgements, in the order of their file.
  public var queries: [Question]
  public var judgements: Judgements

  public init(name: String, corpus: [Document], queries: [Question], judgements: Judgements) {
    self.name = name
    self.corpus = corpus
    self.queries = queries
    self.judgements = judgements
  }
}
