public import NeedletailNumerics

extension InvertedSparseIndex {
  public func write(to path: String) throws(IndexError) {
    try IndexFile(
      layout: .invertedSparse,
      sections: [
        .metadata: Region(SparseMetadata(count: count, dimension: dimension, scale: 1, clustered: nil).bytes),
        .sparseListStarts: listStarts.region, .sparseListRows: rows.region, .sparseListWeights: weights.region,
        .sparseListBounds: bounds.region,
      ]
    ).write(to: path)
  }

  /// Maps an index file. Every byte is read once to check it, and stays in the file afterwards.
  public static func open(_ path: String, pool: WorkerPool = .shared) throws(IndexError) -> InvertedSparseIndex {
    guard let index = try SparseIndexFactory.open(path, pool: pool) as? InvertedSparseIndex else {
      throw .corrupted(path: path, reason: "it is not an inverted index")
    }
    return index
  }

  /// Checks all that a search relies on, so that no file leads it outside the mapping.
  init(_ sections: [SectionTag: Region]) throws(InvalidSections) {
    let metadata = try SparseMetadata(sections)
    let listStarts = try sections.column(.sparseListStarts, of: UInt32.self)
    let rows = try sections.column(.sparseListRows, of: Row.self)
    let weights = try sections.column(.sparseListWeights, of: Float.self)
    let bounds = try sections.column(.sparseListBounds, of: Float.self)
    guard listStarts.count == metadata.dimension + 1, listStarts.isAscending(to: rows.count), weights.count == rows.count,
      weights.elements.allSatisfy({ $0.isFinite && $0 >= 0 })
    else { throw InvalidSections(reason: "its lists are out of order") }
    let boundStarts = Self.boundStarts(listStarts.elements)
    guard bounds.count == Int(boundStarts[metadata.dimension]) else {
      throw InvalidSections(reason: "its bounds do not fit its lists")
    }
    self.init(
      count: metadata.count, dimension: metadata.dimension, listStarts: listStarts, rows: rows, weights: weights,
      bounds: bounds, boundStarts: boundStarts)
    for term in 0..<dimension {
      var lowest = 0
      for place in Int(listStarts[term])..<Int(listStarts[term + 1]) {
        let row = Int(rows[place])
        guard row >= lowest, row < count else { throw InvalidSections(reason: "the list of term \(term) is out of order") }
        lowest = row + 1
      }
    }
  }
}
