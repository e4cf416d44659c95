internal import NeedletailCore
internal import NeedletailNumerics

/// One search in an index on disk; reused from search to search.
///
/// Pages are read once each: what they hold of other rows is scored too, and rows whose page is there already are followed
/// without reading.
@safe final class DiskSearch {
  private let pages: PageSource
  private let rows: Column<Row>
  private let form: EncodedVectors
  private let beamWidth: Int
  private let scorer: SteeringCodes.Scorer
  private let query: PreparedQuery
  private var buffer = SearchBuffer()
  private var visited: VisitedRows
  /// Pages read by this search, and where each is.
  private var memory = AlignedMemory.zeroed(count: 0)
  private var slots: [Int: Int] = [:]
  private var best = TopK(capacity: 1)
  /// The scores of the rows of one page.
  private let scores: UnsafeMutablePointer<Float>

  // Memory for pages grows with the pages of a search, and exact searches read many.
  private static let pagesPerRead = 64

  init(pages: PageSource, steering: SteeringCodes, rows: Column<Row>, form: EncodedVectors, beamWidth: Int) {
    self.pages = pages
    self.rows = rows
    self.form = form
    self.beamWidth = beamWidth
    scorer = SteeringCodes.Scorer(steering)
    query = PreparedQuery(for: form)
    visited = VisitedRows(count: rows.count)
    unsafe scores = .allocate(capacity: pages.layout.recordsPerPage)
  }

  deinit { unsafe scores.deallocate() }

  private var layout: PageLayout { pages.layout }

  func prepare(_ components: Span<Float>, verifier: Projection?) throws(IndexError) {
    try query.prepare(components, for: form)
    // What codes are compared with is not scaled as stored vectors are.
    var unscaled = [Float](repeating: 0, count: form.exact.stride)
    for index in unscaled.indices { unscaled[index] = unsafe query.componentStart[index] / form.exact.queryFactor }
    unsafe unscaled.withUnsafeBufferPointer { unsafe scorer.prepare($0.baseAddress!) }
    if let verifier { try query.prepare(verifier.applied(to: Array(unscaled.prefix(form.dimension))).span, for: form) }
  }

  // MARK: - Along the links

  /// The best rows that are met on the way to the `ef` nearest by code.
  func walk(from entries: [Row], ef: Int, limit: Int, within nodes: RowSet?) throws(IndexError) -> TopK {
    begin(limit: limit)
    buffer.reset(capacity: ef)
    visited.clear()
    compare(entries.filter { visited.visit($0) })
    var beam: [Row] = []
    while true {
      beam.removeAll(keepingCapacity: true)
      while beam.count < beamWidth, let place = buffer.takeNearest() {
        if let slot = slots[layout.page(of: place)] { try follow(place, slot) } else { beam.append(place) }
      }
      guard !beam.isEmpty else { return best }
      var wanted: [Int] = []
      for page in beam.map(layout.page) where !wanted.contains(page) { wanted.append(page) }
      try read(wanted, within: nodes)
      for place in beam {
        if let slot = slots[layout.page(of: place)] { try follow(place, slot) }
      }
    }
  }

  private func follow(_ place: Row, _ slot: Int) throws(IndexError) {
    let links = unsafe layout.links(of: Int(place) % layout.recordsPerPage, in: start(of: slot))
    var fresh: [Row] = []
    fresh.reserveCapacity(layout.degree)
    for index in 0..<links.count {
      let link = unsafe links[index]
      guard Int(link) < rows.count else { throw pages.damage("row \(rows[Int(place)]) is linked with one that is not there") }
      if visited.visit(link) { fresh.append(link) }
    }
    compare(fresh)
  }

  private func compare(_ places: [Row]) {
    unsafe places.withUnsafeBufferPointer { places in
      for first in stride(from: 0, to: places.count, by: SteeringCodes.Scorer.largestCount) {
        let count = min(SteeringCodes.Scorer.largestCount, places.count - first)
        unsafe scorer.score(places.baseAddress! + first, count: count)
        for index in 0..<count { unsafe buffer.insert(row: places[first + index], score: scorer.scores[index]) }
      }
    }
  }

  // MARK: - Through all codes

  /// The best of the `wanted` rows whose codes are nearest, or of all where that many are wanted.
  func scan(limit: Int, reading wanted: Int, within nodes: RowSet?) throws(IndexError) -> TopK {
    begin(limit: limit)
    let chosen = nearest(wanted, within: nodes)
    for first in stride(from: 0, to: chosen.count, by: Self.pagesPerRead) {
      slots.removeAll(keepingCapacity: true)
      try read(Array(chosen[first..<min(chosen.count, first + Self.pagesPerRead)]), within: nodes)
    }
    return best
  }

  /// The pages of the rows whose codes are nearest, in the order in which they lie.
  private func nearest(_ wanted: Int, within nodes: RowSet?) -> [Int] {
    let places = (0..<Row(rows.count)).lazy.filter { place in nodes.map { $0.contains(self.rows[Int(place)]) } ?? true }
    guard wanted < nodes?.count ?? rows.count else { return Set(places.map(layout.page)).sorted() }
    var nearest = TopK(capacity: wanted)
    var group: [Row] = []
    func offer() {
      unsafe group.withUnsafeBufferPointer { group in
        unsafe scorer.score(group.baseAddress!, count: group.count)
        for index in group.indices { unsafe nearest.insert(row: group[index], score: scorer.scores[index]) }
      }
      group.removeAll(keepingCapacity: true)
    }
    for place in places {
      group.append(place)
      if group.count == SteeringCodes.Scorer.largestCount { offer() }
    }
    if !group.isEmpty { offer() }
    return Set(nearest.ranked.map { layout.page(of: $0.row) }).sorted()
  }

  // MARK: - Pages

  private func begin(limit: Int) {
    best = TopK(capacity: limit)
    slots.removeAll(keepingCapacity: true)
  }

  private func start(of slot: Int) -> UnsafeMutableRawPointer { unsafe memory.start + slot * layout.pageBytes }

  /// Reads pages that were not read before, and offers the rows on them that stand for an allowed one.
  private func read(_ wanted: [Int], within nodes: RowSet?) throws(IndexError) {
    let first = slots.count
    makeRoom(for: first + wanted.count)
    unsafe try pages.read(wanted, into: start(of: first))
    for (offset, page) in wanted.enumerated() {
      slots[page] = first + offset
      unsafe try score(page, start(of: first + offset), within: nodes)
    }
  }

  private func score(
    _ page: Int, _ start: UnsafeRawPointer, within nodes: RowSet?
  ) throws(IndexError) {
    let count = layout.recordCount(of: page, placeCount: rows.count)
    unsafe form.exact.score(
      query.componentStart, rowsAt: start + PageLayout.headerBytes, stride: layout.recordBytes / layout.elementBytes,
      indices: nil, count: count, into: scores)
    for record in 0..<count {
      let row = unsafe layout.row(of: record, in: start)
      guard row == rows[page * layout.recordsPerPage + record] else { throw pages.damage("page \(page) holds other rows") }
      if nodes?.contains(row) ?? true { unsafe best.insert(row: row, score: scores[record]) }
    }
  }

  private func makeRoom(for pageCount: Int) {
    let needed = pageCount * layout.pageBytes
    guard needed > memory.count else { return }
    let larger = AlignedMemory.zeroed(count: max(needed, 2 * memory.count))
    unsafe larger.start.copyMemory(from: memory.start, byteCount: slots.count * layout.pageBytes)
    memory = larger
  }
}
