public import NeedletailCore
internal import NeedletailNumerics

/// Finds neighbours among vectors that stay on the disk: small codes in memory say where to read next, and each page read
/// brings the full vector of a row, for its score, together with the row's links.
///
/// The beam search of S. J. Subramanya et al., "DiskANN: fast accurate billion-point nearest neighbor search on a single
/// node", NeurIPS 2019, section 3, with pages that hold linked rows together (`PagePlan`). A `verifier` makes the two
/// representations differ as in S. Xiao et al., "Progressively optimized bi-granular document representation for scalable
/// embedding based retrieval", WWW 2022: codes propose, other vectors on disk decide. Scores are then those of the vectors
/// that the verifier made.
///
/// In memory are the codes, four bytes a row for its number, and two for each search under way. The full vectors have to be
/// in memory once, to build it. Use a graph where memory allows: this is for rows that do not fit.
public struct DiskIndex: SearchIndex {
  let steering: SteeringCodes
  /// The row of each place.
  let rows: Column<Row>
  /// Places where searches start.
  let entries: [Row]
  let duplicates: Duplicates
  /// Rows that were excluded when the index was built.
  let absent: RowSet
  let pages: PageSource
  /// How vectors lie in pages: their form, without any row.
  let form: EncodedVectors
  let verifier: Projection?
  let graph: GraphParameters
  let parameters: DiskParameters
  public let count: Int
  private let scratch: ScratchPool<DiskSearch>

  init(
    steering: SteeringCodes, rows: Column<Row>, entries: [Row], duplicates: Duplicates, absent: RowSet, pages: PageSource,
    form: EncodedVectors, verifier: Projection?, graph: GraphParameters, parameters: DiskParameters, count: Int
  ) {
    self.steering = steering
    self.rows = rows
    self.entries = entries
    self.duplicates = duplicates
    self.absent = absent
    self.pages = pages
    self.form = form
    self.verifier = verifier
    self.graph = graph
    self.parameters = parameters
    self.count = count
    scratch = ScratchPool {
      DiskSearch(pages: pages, steering: steering, rows: rows, form: form, beamWidth: parameters.beamWidth)
    }
  }

  public var dimension: Int { form.dimension }
  public var similarity: Similarity { form.similarity }
  /// The codec of the codes in memory.
  public var codec: any VectorCodec { steering.codec }
  /// How many pages searches have read since the index was built or opened.
  public var pageReads: Int { pages.readCount }
  package var pageCount: Int { pages.pageCount }
  /// How pages are read: `rings` of the system (io_uring), `threads`, or `memory` for an index that was not opened from a
  /// file.
  public var readMethod: String { pages.method }

  public var footprint: Footprint {
    Footprint(
      codeBytes: steering.byteCount + rows.region.count, linkBytes: duplicates.pairs.region.count,
      isMapped: steering.codes.region.isMapped, diskBytes: pages.region.count)
  }

  /// What part of all links leads to a row of the same page, for tests.
  package func linksKeptOnTheirPage() throws(IndexError) -> Double {
    let layout = pages.layout
    let memory = AlignedMemory.zeroed(count: layout.pageBytes)
    var (together, all) = (0, 0)
    for page in 0..<pages.pageCount {
      unsafe try pages.read([page], into: memory.start)
      for record in 0..<layout.recordCount(of: page, placeCount: rows.count) {
        let targets = unsafe layout.links(of: record, in: memory.start)
        for index in 0..<targets.count where unsafe layout.page(of: targets[index]) == page { together += 1 }
        all += targets.count
      }
    }
    return Double(together) / Double(max(1, all))
  }

  public func search(_ query: Span<Float>, _ options: SearchOptions) throws(IndexError) -> [Neighbour] {
    let allowed = options.allowed(count: count, absent: absent)
    return try scratch.borrow { search throws(IndexError) in
      try search.prepare(query, verifier: verifier)
      let limit = min(options.limit, allowed?.count ?? count)
      guard limit > 0 else { return [] }
      let ef = max(options.efSearch ?? graph.efSearch, limit)
      let nodes = allowed.map { duplicates.representatives(of: $0) }
      let found = try best(search, ef: ef, limit: limit, nodes, isExact: options.isExact)
      return found.expanded(by: duplicates, limit: limit, allowed)
    }
  }

  /// What codes alone find, without the graph: the best of the `reading` rows whose codes are nearest, and of those on the same pages.
  /// A search along the links cannot be asked for more; for tests.
  package func nearestByCode(_ query: [Float], limit: Int, reading: Int) throws(IndexError) -> [Neighbour] {
    let allowed = SearchOptions(limit: limit).allowed(count: count, absent: absent)
    return try scratch.borrow { search throws(IndexError) in
      try search.prepare(query.span, verifier: verifier)
      let limit = min(limit, allowed?.count ?? count)
      guard limit > 0 else { return [] }
      let nodes = allowed.map { duplicates.representatives(of: $0) }
      let found = try search.scan(limit: limit, reading: min(reading, nodes?.count ?? rows.count), within: nodes)
      return found.expanded(by: duplicates, limit: limit, allowed)
    }
  }

  /// The best rows of the graph that stand for an allowed one.
  private func best(
    _ search: DiskSearch, ef: Int, limit: Int, _ nodes: RowSet?, isExact: Bool
  ) throws(IndexError) -> TopK {
    let available = nodes?.count ?? rows.count
    if isExact || ef >= available { return try search.scan(limit: limit, reading: available, within: nodes) }
    guard let nodes else { return try search.walk(from: entries, ef: ef, limit: limit, within: nil) }
    let plan = DiskFilterPlan(matching: available, of: rows.count, ef: ef)
    if case .dropAfterwards(let widened) = plan {
      let found = try search.walk(from: entries, ef: widened, limit: limit, within: nodes)
      if found.ranked.count == limit { return found }
    }
    return try search.scan(limit: limit, reading: ef, within: nodes)
  }
}

/// How a search on disk meets a filter.
///
/// Codes are in memory, so comparing those of all allowed rows costs nothing but processor time; a walk through all rows
/// reads pages for rows that it then drops. Costs are counted in codes compared one after the other.
package enum DiskFilterPlan: Hashable {
  /// Compare the codes of all allowed rows and read the pages of the best.
  case compareCodes
  /// Walk among all rows with more candidates in view and drop those that are not allowed.
  case dropAfterwards(ef: Int)

  /// About 50 microseconds for a page, 50 nanoseconds for a code.
  private static let readCost = 1_000.0

  package init(matching: Int, of count: Int, ef: Int) {
    let widened = (Double(ef) * Double(count) / Double(max(1, matching))).rounded(.up)
    let codes = Double(matching) + Double(ef) * Self.readCost
    self = codes <= widened * Self.readCost ? .compareCodes : .dropAfterwards(ef: Int(widened))
  }
}
