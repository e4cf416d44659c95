internal import NeedletailNumerics

extension LexicalIndex {
  /// The best rows for the terms of a query by BM25: rows with at least one of them, by descending score, equal scores by
  /// ascending row.
  ///
  /// - Parameters:
  ///   - terms: what the analyser of the index made of the question; a term that occurs twice counts twice.
  ///   - parameters: k1 and b.
  ///   - statistics: of the collection that this index is a part of; nil for those of the index itself.
  ///   - options: `efSearch` does not matter; `isExact` scores every row, which gives the same answer and takes longer.
  ///   - algorithm: how postings are left out; the answer does not depend on it.
  /// - Throws: `invalidParameter` for parameters outside their range and a negative limit.
  public func search(
    _ terms: [String], parameters: BM25Parameters = BM25Parameters(), statistics: LexicalStatistics? = nil,
    options: SearchOptions = SearchOptions(), algorithm: LexicalAlgorithm = .maxScore
  ) throws(IndexError) -> [Neighbour] {
    let boosts = terms.reduce(into: [String: Double]()) { $0[$1, default: 0] += 1 }
    return try search(boosts: boosts, parameters: parameters, statistics: statistics, options: options, algorithm: algorithm)
  }

  /// The same for terms with factors: a term's share in the score is multiplied by its boost, so that counting a term twice is a
  /// boost of 2. Terms whose boost is not a positive finite number do not count.
  ///
  /// In an index with fields the parameters hold for each field alike, each of weight 1.
  public func search(
    boosts: [String: Double], parameters: BM25Parameters = BM25Parameters(), statistics: LexicalStatistics? = nil,
    options: SearchOptions = SearchOptions(), algorithm: LexicalAlgorithm = .maxScore
  ) throws(IndexError) -> [Neighbour] {
    try parameters.validate()
    if fieldCount > 1 {
      let field = BM25Field(lengthNormalization: parameters.lengthNormalization)
      let fields = FieldedBM25Parameters(saturation: parameters.saturation, fields: Array(repeating: field, count: fieldCount))
      return try search(boosts: boosts, parameters: fields, statistics: statistics, options: options, algorithm: algorithm)
    }
    return try run(options, statistics, algorithm) { LexicalQuery(boosts, in: self, parameters, statistics) }
  }

  /// The same for documents with fields: occurrences are weighted by field before they saturate.
  ///
  /// - Throws: `invalidParameter` unless there is a weight for each field.
  public func search(
    boosts: [String: Double], parameters: FieldedBM25Parameters, statistics: LexicalStatistics? = nil,
    options: SearchOptions = SearchOptions(), algorithm: LexicalAlgorithm = .maxScore
  ) throws(IndexError) -> [Neighbour] {
    try parameters.validate(fieldCount: fieldCount)
    return try run(options, statistics, algorithm) { LexicalQuery(boosts, in: self, parameters, statistics) }
  }

  private func run(
    _ options: SearchOptions, _ statistics: LexicalStatistics?, _ algorithm: LexicalAlgorithm, _ query: () -> LexicalQuery
  ) throws(IndexError) -> [Neighbour] {
    try options.validate()
    if let statistics, statistics.fieldLengths.count != fieldCount {
      throw .invalidParameter("the statistics are of \(statistics.fieldLengths.count) fields, the documents of the index have \(fieldCount)")
    }
    guard options.limit > 0, count > 0 else { return [] }
    return LexicalScratch.pool.borrow { scratch in
      var search = LexicalSearch(query(), in: self, scratch, options, algorithm)
      return search.run()
    }
  }
}
