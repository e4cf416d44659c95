public import NeedletailNumerics

extension ClusteredSparseIndex {
  public func write(to path: String) throws(IndexError) {
    try IndexFile(
      layout: .clusteredSparse,
      sections: [
        .metadata: Region(SparseMetadata(count: count, dimension: dimension, scale: scale, clustered: parameters).bytes),
        .sparseRowStarts: rows.starts.region, .sparseRowTerms: rows.terms, .sparseRowCodes: rows.codes,
        .sparseListStarts: blocks.listStarts.region, .sparseBlockStarts: blocks.rowStarts.region,
        .sparseBlockRows: blocks.rows.region, .sparseSummaryStarts: blocks.summaries.starts.region,
        .sparseSummaryTerms: blocks.summaries.terms, .sparseSummaryCodes: blocks.summaries.codes,
        .sparseSummaryScales: blocks.scales.region, .sparseNeighbours: neighbours.region,
      ]
    ).write(to: path)
  }

  /// Maps an index file. Every byte is read once to check it, and stays in the file afterwards.
  public static func open(_ path: String, pool: WorkerPool = .shared) throws(IndexError) -> ClusteredSparseIndex {
    guard let index = try SparseIndexFactory.open(path, pool: pool) as? ClusteredSparseIndex else {
      throw .corrupted(path: path, reason: "it is not a clustered index")
    }
    return index
  }

  /// Checks all that a search relies on, so that no file leads it outside the mapping.
  init(_ sections: [SectionTag: Region]) throws(InvalidSections) {
    let metadata = try SparseMetadata(sections)
    guard let parameters = metadata.clustered else { throw InvalidSections(reason: "its description is not readable") }
    let (count, dimension) = (metadata.count, metadata.dimension)
    let wide = SparseRows.needsWideTerms(dimension)
    let rows = SparseRows(
      starts: try sections.column(.sparseRowStarts, of: UInt32.self), terms: try sections.region(.sparseRowTerms),
      codes: try sections.region(.sparseRowCodes), hasWideTerms: wide, hasWideCodes: parameters.codec == .fixed16)
    guard rows.count == count, rows.areValid(dimension: dimension) else {
      throw InvalidSections(reason: "its rows are out of order")
    }
    let blocks = SparseBlocks(
      listStarts: try sections.column(.sparseListStarts, of: UInt32.self),
      rowStarts: try sections.column(.sparseBlockStarts, of: UInt32.self),
      rows: try sections.column(.sparseBlockRows, of: Row.self),
      summaries: SparseRows(
        starts: try sections.column(.sparseSummaryStarts, of: UInt32.self), terms: try sections.region(.sparseSummaryTerms),
        codes: try sections.region(.sparseSummaryCodes), hasWideTerms: wide, hasWideCodes: false),
      scales: try sections.column(.sparseSummaryScales, of: Float.self))
    guard blocks.areValid(rowCount: count, dimension: dimension) else {
      throw InvalidSections(reason: "its blocks are out of order")
    }
    let neighbours = try sections.column(.sparseNeighbours, of: Row.self)
    guard neighbours.count == count * parameters.neighbourCount,
      neighbours.elements.allSatisfy({ $0 < count || $0 == .max })
    else { throw InvalidSections(reason: "a neighbour lies outside the index") }
    self.init(
      dimension: dimension, parameters: parameters, rows: rows, scale: metadata.scale, blocks: blocks, neighbours: neighbours)
  }
}

extension SparseBlocks {
  func areValid(rowCount: Int, dimension: Int) -> Bool {
    guard listStarts.count == dimension + 1, rowStarts.count == count + 1, summaries.count == count,
      listStarts.isAscending(to: count), rowStarts.isAscending(to: rows.count), summaries.areValid(dimension: dimension),
      rows.elements.allSatisfy({ $0 < rowCount }), scales.elements.allSatisfy({ $0.isFinite && $0 >= 0 })
    else { return false }
    return true
  }
}
