/// The terms of a query that an index has, with their scorers, and the scale of the shares.
struct LexicalQuery {
  /// Shares are scores times this power of two.
  private(set) var scale: Float = 1
  private(set) var terms: [(entry: TermEntry, scorer: TermScorer)] = []
  /// What occurrences in a field are worth; nil if documents have no fields.
  private(set) var fields: FieldScorer?

  /// The scale leaves room for the sum of all ceilings.
  private static let largestSum = 0x1p30

  /// - Parameters:
  ///   - boosts: factors of the terms' shares; those that are not positive finite numbers do not count.
  ///   - statistics: of the whole collection; nil for those of the index.
  init(_ boosts: [String: Double], in index: LexicalIndex, _ parameters: BM25Parameters, _ statistics: LexicalStatistics?) {
    let whole = statistics ?? LexicalStatistics(of: index)
    let slope = parameters.saturation * parameters.lengthNormalization / Float(whole.averageLength)
    let flat = parameters.saturation * (1 - parameters.lengthNormalization)
    add(boosts, in: index, whole, isOwn: statistics == nil, flat: flat, slope: slope)
  }

  /// The same for an index with fields.
  init(_ boosts: [String: Double], in index: LexicalIndex, _ parameters: FieldedBM25Parameters, _ statistics: LexicalStatistics?) {
    let whole = statistics ?? LexicalStatistics(of: index)
    fields = FieldScorer(parameters, whole)
    add(boosts, in: index, whole, isOwn: statistics == nil, flat: parameters.saturation, slope: 0)
  }

  private mutating func add(
    _ boosts: [String: Double], in index: LexicalIndex, _ statistics: LexicalStatistics, isOwn: Bool, flat: Float, slope: Float
  ) {
    // A fixed order: the sum below must not depend on the order in a hash table.
    let weights = boosts.sorted { $0.key < $1.key }.compactMap { word, boost -> (weight: Double, entry: TermEntry?)? in
      guard !word.isEmpty, boost > 0, boost.isFinite else { return nil }
      let place = index.place(of: word)
      let frequency = isOwn ? place.map { index.documentFrequency(ofTerm: $0) } : statistics.documentFrequencies[word]
      return (boost * statistics.inverseDocumentFrequency(ofFrequency: frequency ?? 0), place.map { index.terms[$0] })
    }
    let total = weights.reduce(0) { $0 + $1.weight }
    guard total > 0 else { return }
    let exponent = (Self.largestSum / total).exponent
    scale = Float(sign: .plus, exponent: Int(min(exponent, 60)), significand: 1)
    for (weight, entry) in weights {
      guard let entry else { continue }
      terms.append((entry, TermScorer(ceiling: Float(weight) * scale, flat: flat, slope: slope)))
    }
  }
}
