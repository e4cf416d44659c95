public import NeedletailCore
internal import NeedletailNumerics

/// A graph over a distance that counts differing labels as if they were far away: rows of the same label come together,
/// and others stay reachable.
///
/// NHQ-NPG with a neighbour graph from NN-descent (Wang et al., "An efficient and robust framework for approximate
/// nearest neighbor search with attribute constraint", NeurIPS 2023). The graph is built with `d + d · χ`, where `χ` is
/// whether the labels differ, and searched with `d + weight · χ`. It leans towards matching rows and promises nothing:
/// those of its best that do not match are counted as violations and taken out. Each row has to carry exactly one label.
/// Deviations: candidates beyond the nearest are the neighbours of the first `reach` of them (the published code reads
/// that fraction as an integer); pairs are joined in batches, so that the result does not depend on the number of
/// threads; the two stages of routing follow half of each list and then all of it.
public struct FusedGraph: FilteredIndex {
  /// How a fused graph is built.
  public struct Parameters: Codable, Hashable, Sendable {
    /// The neighbours that NN-descent keeps for each row (`K`, with as large a pool `L`).
    public var neighbours: Int
    /// Rounds of NN-descent.
    public var rounds: Int
    /// New neighbours that a row brings into a round (`S`), and as many that brought it in.
    public var sample: Int
    /// The largest number of links of a row (`RANGE`).
    public var degree: Int
    /// Which part of the neighbours' neighbours become candidates (`B`).
    public var reach: Double
    /// How many such candidates there are at most (`PL`).
    public var candidateLimit: Int

    public init(
      neighbours: Int = 60, rounds: Int = 10, sample: Int = 12, degree: Int = 40, reach: Double = 0.5,
      candidateLimit: Int = 250
    ) {
      self.neighbours = neighbours
      self.rounds = rounds
      self.sample = sample
      self.degree = degree
      self.reach = reach
      self.candidateLimit = candidateLimit
    }

    func validate() throws(IndexError) {
      guard (4...256).contains(neighbours), (1...50).contains(rounds), (1...64).contains(sample),
        (4...256).contains(degree), (0...1).contains(reach), (0...10_000).contains(candidateLimit)
      else {
        throw .invalidParameter(
          "a fused graph has 4 to 256 neighbours and links, up to 50 rounds, a sample of up to 64, a reach between 0 and 1")
      }
    }
  }

  let rows: FilteredRows
  private let labelOfRow: [Label]
  private let links: LinkLists
  private let entries: [Row]
  private let weight: Float

  init(
    _ rows: FilteredRows, _ pairs: PairDistances, _ parameters: Parameters, seed: UInt64, pool: WorkerPool
  ) throws(IndexError) {
    guard let labels = rows.attributes.labels,
      (0..<Row(labels.count)).allSatisfy({ labels.labels(of: $0).count == 1 })
    else { throw .invalidParameter("a fused graph is for rows that carry exactly one label each") }
    self.rows = rows
    labelOfRow = (0..<Row(labels.count)).map { labels.labels(of: $0).first ?? 0 }
    let builder = FusedGraphBuilder(
      pairs: pairs, labels: labelOfRow, parameters: parameters, pool: pool)
    links = builder.build(seed: seed)
    weight = builder.farther(seed: seed)
    var generator = SeededGenerator(seed: seed)
    entries = Array((0..<Row(rows.count)).shuffled(using: &generator).prefix(GraphEntries.count))
  }

  public var count: Int { rows.count }
  public var dimension: Int { rows.vectors.dimension }
  public var similarity: Similarity { rows.vectors.similarity }
  public var structureBytes: Int { links.byteCount + labelOfRow.count * MemoryLayout<Label>.size }
  public var kinds: Set<PredicateKind> { [.label] }

  public func search(
    _ query: Span<Float>, where predicate: RowPredicate, _ options: FilteredSearchOptions
  ) throws(IndexError) -> FilteredAnswer {
    try rows.search(query, where: predicate, options, kinds: kinds) { scratch, matching in
      guard case .label(let label, _) = matching.form else { return false }
      let ef = max(options.effort, options.limit)
      unsafe labelOfRow.withUnsafeBufferPointer { labels in
        unsafe scratch.traversal.reserve(ListedLinks(links, within: nil).room)
        let scorer = unsafe QueryScorer(
          vectors: rows.vectors, query: scratch.query, products: scratch.traversal.products)
        let fused = unsafe FusedScorer(base: scorer, labels: labels, label: label, weight: weight)
        unsafe scratch.traversal.search(fused, ListedLinks(links, within: nil, firstHalf: true), entries: entries, ef: ef)
        let found = (0..<scratch.traversal.buffer.count).map { scratch.traversal.buffer[$0].row }
        unsafe scratch.traversal.search(fused, ListedLinks(links, within: nil), entries: found, ef: ef)
      }
      return true
    }
  }
}

/// Takes a fixed amount from the scores of rows with another label.
@safe private struct FusedScorer<Base: RowScorer>: RowScorer {
  let base: Base
  let labels: UnsafeBufferPointer<Label>
  let label: Label
  let weight: Float

  @inline(__always)
  func score(_ rows: UnsafePointer<Row>, count: Int, into scores: UnsafeMutablePointer<Float>) {
    unsafe base.score(rows, count: count, into: scores)
    for index in 0..<count {
      unsafe scores[index] -= labels[Int(rows[index])] == label ? 0 : weight
    }
  }
}
