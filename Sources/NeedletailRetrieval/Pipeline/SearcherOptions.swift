public import NeedletailIndex
public import NeedletailStore

/// How a searcher works; the defaults suit people who read the first page of answers.
public struct SearcherOptions: Hashable, Sendable {
  public var fusion = ReciprocalRankFusion()
  /// Passages taken from each ranking before they are fused, at least; three times the answers wanted if that is more. A
  /// passage that is a good second in both rankings has to be in both lists to come out first.
  public var candidates = 100
  /// Most passages of one document among the answers; nil: any number.
  public var maximumPassagesPerDocument: Int?
  /// Compares with every vector instead of following a graph.
  public var isExact = false
  /// Candidates that the search of a graph keeps; nil leaves it to the index.
  public var efSearch: Int?
  /// What words in some fields count, in place of the collection's weights; only for a collection that was made with fields.
  public var fieldWeights: [LexicalFields.Field: Float] = [:]
  /// How word search leaves postings out; the answers do not depend on it.
  public var lexicalAlgorithm = LexicalAlgorithm.maxScore
  /// Most bytes of UTF-8 in a snippet.
  public var snippetBytes = 320

  public init() {}
}

/// How the vectors of a document's passages stand for the document.
public enum DocumentVector: String, Codable, Hashable, Sendable, CaseIterable {
  /// Their mean: documents that are about the same as a whole.
  case mean
  /// Each for itself, the best score counting: documents that have a part in common.
  case best
}
