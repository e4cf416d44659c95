public import NeedletailCore
internal import NeedletailNumerics

/// A graph that is walked within the matching rows only, looking over the rows between them: serves any predicate, and
/// knows none when it is built.
///
/// ACORN (Patel, Kraft, Guestrin and Zaharia, SIGMOD 2024). The dense form (ACORN-γ, section 5) keeps `density` times as
/// many candidates as a graph needs: the nearest directly, of the others those that no kept one's links lead to; a
/// search restores them by looking at the links of links. The plain form (ACORN-1, section 6) keeps `2 M` near links and
/// looks two steps far from every link. Deviations: one layer with sampled entries inside the filter instead of HNSW's
/// levels; candidates come from a full best-first search instead of one that is cut off at `2 M γ`; the links of a row
/// that fails the predicate are looked at once in a search.
public struct ExpansionGraph: FilteredIndex {
  /// How an expansion graph is built.
  public struct Parameters: Codable, Hashable, Sendable {
    /// The number of links that an ordinary graph would have (`M`).
    public var links: Int
    /// By how much denser candidates are (`γ`): about one over the least selectivity that the graph shall serve. 1
    /// gives the plain form.
    public var density: Int
    /// How many of the nearest candidates are kept without condition (`M_β`).
    public var unconditional: Int

    public init(links: Int = 32, density: Int = 1, unconditional: Int = 64) {
      self.links = links
      self.density = density
      self.unconditional = unconditional
    }

    /// The plain form, ACORN-1.
    public static let plain = Parameters()
    /// The dense form, ACORN-γ.
    public static let dense = Parameters(density: 12, unconditional: 32)

    func validate() throws(IndexError) {
      guard (4...128).contains(links), (1...64).contains(density), (1...256).contains(unconditional) else {
        throw .invalidParameter(
          "an expansion graph has 4 to 128 links, a density of 1 to 64 and 1 to 256 unconditional links")
      }
    }
  }

  let rows: FilteredRows
  let parameters: Parameters
  let links: Links
  let entries: [Row]

  static func build(
    _ pairs: PairDistances, _ parameters: Parameters, seed: UInt64, pool: WorkerPool
  ) -> (links: Links, entries: [Row]) {
    GraphBuilder(
      pairs, members: Array(0..<Row(pairs.vectors.count)), rule: UncoveredLinks(parameters), diversification: 1,
      seed: seed, pool: pool
    ).build()
  }

  public var count: Int { rows.count }
  public var dimension: Int { rows.vectors.dimension }
  public var similarity: Similarity { rows.vectors.similarity }
  public var structureBytes: Int { links.targets.region.count }
  public var kinds: Set<PredicateKind> { Set(PredicateKind.allCases) }

  public func search(
    _ query: Span<Float>, where predicate: RowPredicate, _ options: FilteredSearchOptions
  ) throws(IndexError) -> FilteredAnswer {
    try rows.search(query, where: predicate, options, kinds: kinds) { scratch, matching in
      let inside = matching.rows
      let entries = self.entries.filter(inside.contains) + inside.spread(GraphEntries.filteredCount)
      unsafe inside.words.withUnsafeBufferPointer { words in
        let expansion = unsafe LinksOfLinks(
          links.pointer, within: words, direct: parameters.density == 1 ? 0 : parameters.unconditional,
          limit: 2 * parameters.links)
        scratch.traverse(rows.vectors, expansion, entries: entries, ef: max(options.effort, options.limit))
      }
      return true
    }
  }
}

/// Keeps the nearest candidates, and of the others those that no kept one's links lead to (section 5.2 of the paper).
private struct UncoveredLinks: LinkingRule {
  let degree: Int
  let efConstruction: Int
  private let unconditional: Int
  private let coveredLimit: Int
  /// Positions tell what is expanded, and links taken back stand at the end.
  var choosesAllAgain: Bool { true }

  init(_ parameters: ExpansionGraph.Parameters) {
    degree = parameters.unconditional + 3 * parameters.links / 2
    efConstruction = max(2 * parameters.links, parameters.links * parameters.density)
    unconditional = parameters.unconditional
    coveredLimit = parameters.links * parameters.density
  }

  func choose(
    for row: Row, among candidates: [LinkCandidate], _ selection: LinkSelection, _ links: GrowingLinks
  ) -> [LinkCandidate] {
    var kept = Array(candidates.prefix(unconditional))
    var covered: Set<Row> = []
    for candidate in candidates.dropFirst(unconditional) {
      guard kept.count < degree, kept.count + covered.count <= max(coveredLimit, degree) else { break }
      guard !covered.contains(candidate.row) else { continue }
      kept.append(candidate)
      covered.insert(candidate.row)
      for link in links.candidates(of: candidate.row) { covered.insert(link.row) }
    }
    return kept
  }
}

/// Follows links within a set of rows and, behind the first `direct` ones, the links of the linked rows as well.
@safe private struct LinksOfLinks: LinkExpansion {
  private let links: LinkPointer
  private let words: UnsafeBufferPointer<UInt64>
  private let direct: Int
  private let limit: Int

  init(_ links: LinkPointer, within words: UnsafeBufferPointer<UInt64>, direct: Int, limit: Int) {
    unsafe self.links = unsafe links
    unsafe self.words = unsafe words
    self.direct = direct
    self.limit = limit
  }

  var room: Int { limit }

  @inline(__always)
  func collect(from row: Row, visited: inout VisitedRows, into rows: UnsafeMutablePointer<Row>) -> Int {
    var (found, index) = (0, 0)
    unsafe links.forEach(of: row) { target in
      let isAllowed = unsafe words.holds(target)
      let looksBeyond = index >= direct
      index += 1
      if isAllowed {
        if visited.visit(target) {
          unsafe rows[found] = target
          found += 1
        }
      } else if looksBeyond, !visited.visit(target) {
        return true
      }
      guard looksBeyond, found < limit else { return found < limit }
      unsafe links.forEach(of: target) { candidate in
        guard unsafe words.holds(candidate), visited.visit(candidate) else { return true }
        unsafe rows[found] = candidate
        found += 1
        return found < limit
      }
      return found < limit
    }
    return found
  }

  @inline(__always)
  func prefetch(_ row: Row) { unsafe DistanceKernels.prefetch(links.links(of: row)) }
}
