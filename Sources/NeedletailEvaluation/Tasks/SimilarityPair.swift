/// Two texts and how similar people said they are.
public struct SimilarityPair: Hashable, Sendable {
  public var first: String
  public var second: String
  public var score: Double

  public init(first: String, second: String, score: Double) {
    (self.first, self.second, self.score) = (first, second, score)
  }

  /// Reads a table with a header (`.tsv` or `.csv`, compressed or not).
  ///
  /// - Parameters:
  ///   - path: of the file.
  ///   - columns: what the columns of the two texts and of the score are called.
  public static func read(
    _ path: String, columns: (first: String, second: String, score: String) = ("sentence1", "sentence2", "score")
  ) throws(EvaluationError) -> [SimilarityPair] {
    var pairs: [SimilarityPair] = []
    try Table(path: path, isQuoted: false).forEach { row throws(EvaluationError) in
      let score = try row.cell(columns.score)
      guard let value = Double(score), value.isFinite else { throw row.malformed("the score \(score) is not a number") }
      pairs.append(SimilarityPair(first: try row.cell(columns.first), second: try row.cell(columns.second), score: value))
    }
    return pairs
  }
}
