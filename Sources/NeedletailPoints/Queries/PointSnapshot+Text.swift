internal import NeedletailCore

/// Ranking by the words of a field: BM25 (S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework", 2009).
public struct TextRanking: Hashable, Sendable {
  /// What is looked for.
  public var text: String
  /// How fast the weight of a frequent word saturates.
  public var k: Float
  /// How much length counts, from 0 to 1.
  public var b: Float

  public init(text: String, k: Float = 1.2, b: Float = 0.75) {
    self.text = text
    self.k = k
    self.b = b
  }
}

extension PointSnapshot {
  /// The points of a selection that hold a word of the text, best first. Frequencies and lengths are those of all points
  /// that have words in the field, whatever the selection is.
  func ranked(
    by ranking: TextRanking, of field: String, among selection: RowSelection, limit: Int, threshold: Float?
  ) throws(PointError) -> [ScoredRow] {
    guard let path = PayloadPath(field), let index = settings.indexes[field], index.servesRanking, let options = index.text else {
      throw .wrongInput(
        "No text index with scoring for `\(field)`. Please create one with `\"scoring\": true` to rank by its words")
    }
    let columns = table.blocks.map { $0.columns.text(path, options, of: $0) }
    let count = columns.reduce(0) { $0 + $1.present.count }
    guard count > 0 else { return [] }
    let average = columns.reduce(0) { $0 + $1.totalLength } / Float(count)
    let weights = Set(options.queryTokens(of: ranking.text)).sorted().map { token in
      let frequency = columns.reduce(0) { $0 + ($1.postings[token]?.count ?? 0) }
      return (token, InverseFrequency.weight(count: Float(count), frequency: Float(frequency)))
    }
    var best = RankedSelection(limit: limit, table: table)
    var scores = [Float](repeating: 0, count: PointBlock.size)
    for (number, column) in columns.enumerated() where !selection.masks[number].isEmpty {
      var found = BlockMask.none
      for (token, weight) in weights {
        for (place, count) in column.postings[token] ?? [] where selection.masks[number].contains(Int(place)) {
          let place = Int(place)
          if !found.contains(place) { scores[place] = 0 }
          found.insert(place)
          let norm = ranking.k * (1 - ranking.b + ranking.b * column.lengths[place] / average)
          scores[place] += weight * count * (ranking.k + 1) / (count + norm)
        }
      }
      found.forEach { place in
        if let threshold, !(scores[place] > threshold) { return }
        best.insert(PointRow(number << 8 | place), scores[place])
      }
    }
    return best.ranked
  }
}
