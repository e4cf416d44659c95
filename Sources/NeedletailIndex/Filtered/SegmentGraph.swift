public import NeedletailCore
internal import NeedletailNumerics

/// A graph that holds a graph for every range of values at once: a search for a range sees only links that fit it.
///
/// SeRF in two dimensions (Zuo, Qiao, Zhou, Li and Deng, SIGMOD 2024). Rows are inserted in the order of their values.
/// Each chooses links among the nearest earlier rows in batches: the first holds for ranges that begin early, the next,
/// without what the earlier ones exclude, for ranges that begin later, and so on; links back are followed as long as
/// they lie within the range. Deviations: candidates are those in view at the end of the search, without the ones that
/// fell out of it; the batch after the fitting one is never followed.
public struct SegmentGraph: FilteredIndex {
  /// How a segment graph is built.
  public struct Parameters: Codable, Hashable, Sendable {
    /// The largest number of links of a batch.
    public var degree: Int
    /// How many candidates a batch looks at (`ef_construction`).
    public var efConstruction: Int
    /// How many candidates a row has altogether (`ef_max`).
    public var efLargest: Int

    public init(degree: Int = 24, efConstruction: Int = 100, efLargest: Int = 300) {
      self.degree = degree
      self.efConstruction = efConstruction
      self.efLargest = efLargest
    }

    func validate() throws(IndexError) {
      guard (4...256).contains(degree), (1...10_000).contains(efConstruction), (1...10_000).contains(efLargest) else {
        throw .invalidParameter("a segment graph has a degree of 4 to 256 and up to 10,000 candidates")
      }
    }
  }

  let rows: FilteredRows
  private let values: ValueColumn
  private let links: SegmentLinks

  init(_ rows: FilteredRows, _ pairs: PairDistances, _ parameters: Parameters) throws(IndexError) {
    guard let values = rows.attributes.values else { throw .invalidParameter("the rows have no values to be searched by range") }
    self.rows = rows
    self.values = values
    links = SegmentGraphBuilder(pairs, values, parameters).build()
  }

  public var count: Int { rows.count }
  public var dimension: Int { rows.vectors.dimension }
  public var similarity: Similarity { rows.vectors.similarity }
  public var structureBytes: Int { links.byteCount }
  public var kinds: Set<PredicateKind> { [.range] }

  public func search(
    _ query: Span<Float>, where predicate: RowPredicate, _ options: FilteredSearchOptions
  ) throws(IndexError) -> FilteredAnswer {
    try rows.search(query, where: predicate, options, kinds: kinds) { scratch, matching in
      guard case .ranks(let ranks, _) = matching.form else { return false }
      // Three places of the range, as the authors have it.
      let entries = (0..<3).map { values.order[ranks.lowerBound + $0 * ranks.count / 3] }
      unsafe values.order.withUnsafeBufferPointer { order in
        unsafe values.ranks.withUnsafeBufferPointer { rankOf in
          let expansion = unsafe LinksOfRange(links, order, rankOf, ranks)
          scratch.traverse(rows.vectors, expansion, entries: entries, ef: max(options.effort, options.limit))
        }
      }
      return true
    }
  }
}

/// The links of a segment graph. Rows are meant by their ranks.
final class SegmentLinks: Sendable {
  /// A link from a row to an earlier one, for ranges that begin behind `left` and not behind `right`.
  struct Link: BitwiseCopyable, Sendable {
    var source: UInt32
    var target: UInt32
    var left: Int32
    var right: Int32
    /// The link to the same target that was made before; the links back are walked along it.
    var olderBack: Int32
  }

  let links = GrowingColumn<Link>()
  /// Where the links of each row begin, and where those of the last one end.
  let starts = GrowingColumn<Int32>()
  /// The youngest link to each row, negative if there is none.
  let youngestBack: GrowingColumn<Int32>
  private let backCounts: GrowingColumn<UInt32>
  /// The most links of a row to earlier ones, and the most back.
  private let longest = GrowingColumn<Int>(repeating: 0, count: 2)

  init(count: Int) {
    youngestBack = GrowingColumn(repeating: -1, count: count)
    backCounts = GrowingColumn(repeating: 0, count: count)
    starts.append(0)
  }

  /// The most rows that a row leads to.
  var room: Int { longest[0] + longest[1] }

  var byteCount: Int { links.byteCount + starts.byteCount + youngestBack.byteCount }

  func append(from source: Int, to target: Int, left: Int, right: Int) {
    links.append(
      Link(
        source: UInt32(source), target: UInt32(target), left: Int32(left), right: Int32(right),
        olderBack: youngestBack[target]))
    youngestBack[target] = Int32(links.count - 1)
    backCounts[target] += 1
    longest[1] = max(longest[1], Int(backCounts[target]))
  }

  /// Closes the links of the next row.
  func finishRow() {
    longest[0] = max(longest[0], links.count - Int(starts[starts.count - 1]))
    starts.append(Int32(links.count))
  }

  /// The rows that a row leads to in the graph of a range, by rank.
  func targets(of rank: Int, within range: Range<Int>) -> [Int] {
    var result: [Int] = []
    for place in Int(starts[rank])..<Int(starts[rank + 1]) {
      let link = links[place]
      if link.left < range.lowerBound, range.lowerBound <= link.right, link.target >= range.lowerBound {
        result.append(Int(link.target))
      }
    }
    var place = Int(youngestBack[rank])
    while place >= 0 {
      if range.contains(Int(links[place].source)) { result.append(Int(links[place].source)) }
      place = Int(links[place].olderBack)
    }
    return result
  }
}

/// Follows the links of a segment graph that fit a range.
@safe struct LinksOfRange: LinkExpansion {
  private let links: UnsafePointer<SegmentLinks.Link>
  private let starts: UnsafePointer<Int32>
  private let youngestBack: UnsafePointer<Int32>
  private let order: UnsafeBufferPointer<Row>
  private let ranks: UnsafeBufferPointer<UInt32>
  private let lower: Int32
  private let upper: UInt32
  let room: Int

  init(
    _ links: SegmentLinks, _ order: UnsafeBufferPointer<Row>, _ ranks: UnsafeBufferPointer<UInt32>, _ range: Range<Int>
  ) {
    unsafe self.links = unsafe UnsafePointer(links.links.start)
    unsafe starts = unsafe UnsafePointer(links.starts.start)
    unsafe youngestBack = unsafe UnsafePointer(links.youngestBack.start)
    unsafe self.order = unsafe order
    unsafe self.ranks = unsafe ranks
    lower = Int32(range.lowerBound)
    upper = UInt32(range.upperBound)
    room = links.room
  }

  @inline(__always)
  func collect(from row: Row, visited: inout VisitedRows, into rows: UnsafeMutablePointer<Row>) -> Int {
    let rank = unsafe Int(ranks[Int(row)])
    var found = 0
    for place in unsafe Int(starts[rank])..<Int(starts[rank + 1]) {
      let link = unsafe links[place]
      guard link.left < lower, lower <= link.right, link.target >= UInt32(lower) else { continue }
      let target = unsafe order[Int(link.target)]
      unsafe rows[found] = target
      found += visited.visit(target) ? 1 : 0
    }
    var place = unsafe youngestBack[rank]
    while place >= 0 {
      let link = unsafe links[Int(place)]
      place = link.olderBack
      guard link.source < upper else { continue }
      let source = unsafe order[Int(link.source)]
      unsafe rows[found] = source
      found += visited.visit(source) ? 1 : 0
    }
    return found
  }
}
