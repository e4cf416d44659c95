internal import NeedletailCore
internal import NeedletailIndex
internal import NeedletailNumerics
internal import NeedletailStore

/// How thorough a search for near vectors is.
public struct PointSearchParameters: Hashable, Sendable {
  /// Compare with every vector.
  public var isExact: Bool
  /// Candidates a graph search keeps (`ef`).
  public var efSearch: Int?
  /// For sparse vectors: the points over which frequencies are counted; nil for all.
  public var frequencyCorpus: PointFilter?

  public init(isExact: Bool = false, efSearch: Int? = nil, frequencyCorpus: PointFilter? = nil) {
    self.isExact = isExact
    self.efSearch = efSearch
    self.frequencyCorpus = frequencyCorpus
  }
}

extension PointSnapshot {
  /// The best rows of a selection by a scorer, best first; `threshold` is an inner score that has to be exceeded.
  func best(
    _ scorer: ExampleScorer, in selection: RowSelection, limit: Int, threshold: Float? = nil, parameters: PointSearchParameters = PointSearchParameters()
  ) throws(PointError) -> [ScoredRow] {
    if scorer.rule == .nearest, !parameters.isExact, let graphs = table.graphs[scorer.column],
      let found = try searchGraphs(graphs, scorer, in: selection, limit: limit, parameters: parameters)
    {
      return found.filter { threshold == nil || $0.score > threshold ?? 0 }
    }
    return scan(scorer, in: selection, limit: limit, threshold: threshold)
  }

  /// Compares with every row of the selection.
  private func scan(_ scorer: ExampleScorer, in selection: RowSelection, limit: Int, threshold: Float?) -> [ScoredRow] {
    var best = RankedSelection(limit: min(limit, table.count), table: table)
    var scratch = ExampleScorer.Scratch()
    for number in selection.masks.indices where !selection.masks[number].isEmpty {
      scorer.forEachScore(table.blocks[number], selection.masks[number], &scratch) { place, score in
        if let threshold, !(score > threshold) { return }
        best.insert(PointRow(number << 8 | place), score)
      }
    }
    return best.ranked
  }

  /// Follows the graphs for the rows that they cover and compares with the others; nil if comparing with all is as good.
  private func searchGraphs(
    _ graphs: VectorGraphs, _ scorer: ExampleScorer, in selection: RowSelection, limit: Int, parameters: PointSearchParameters
  ) throws(PointError) -> [ScoredRow]? {
    guard case .dense(let query)? = scorer.similarities.first?.vector, !graphs.graphs.isEmpty else { return nil }
    let allowed = selection.isWhole ? table.count : selection.count
    guard limit < allowed / 4 else { return nil }
    var best = RankedSelection(limit: limit, table: table)
    compare(scorer, query, with: uncovered(scorer.column, in: selection), limit: limit, &best)
    for graph in graphs.graphs where graph.currentCount > 0 {
      let within = allowed == table.count ? nil : graph.rows(in: selection)
      guard within.map({ !$0.isEmpty }) ?? true else { continue }
      do {
        let options = SearchOptions(limit: limit, efSearch: parameters.efSearch.map { max($0, limit) }, within: within, excluding: graph.stale)
        // The graphs' scores are rounded: those of the stored vectors decide.
        for neighbour in try graph.index.search(query.span, options) {
          let row = graph.rows[Int(neighbour.row)]
          best.insert(row, similarity(query, scorer, row))
        }
      } catch {
        throw .store(.index(reason: "\(error)"))
      }
    }
    return best.ranked
  }

  /// Compares with rows that are in no graph: by their codes first where there are many and they have some.
  private func compare(_ scorer: ExampleScorer, _ query: [Float], with rows: [BlockRows], limit: Int, _ best: inout RankedSelection) {
    var scratch = ExampleScorer.Scratch()
    var exact = rows
    let candidates = 4 * limit + 32
    if scorer.settings.keepsCodes, rows.reduce(0, { $0 + $1.mask.count }) > 2 * candidates {
      var coded = CodedQuery(query)
      var likely = RankedSelection(limit: candidates, table: table)
      exact.removeAll(keepingCapacity: true)
      for part in rows {
        guard let codes = table.blocks[part.block].vectors[scorer.column].codes else { continue }
        coded.forEachProduct(codes, part.mask & codes.coded) { place, score in likely.insert(PointRow(part.block << 8 | place), score) }
        let rest = part.mask.subtracting(codes.coded)
        if !rest.isEmpty { exact.append(BlockRows(block: part.block, mask: rest)) }
      }
      for candidate in likely.ranked { best.insert(candidate.row, similarity(query, scorer, candidate.row)) }
    }
    for part in exact {
      scorer.forEachScore(table.blocks[part.block], part.mask, &scratch) { place, score in best.insert(PointRow(part.block << 8 | place), score) }
    }
  }

  /// The inner similarity of a query, prepared as stored vectors are, and a row that has a dense vector.
  private func similarity(_ query: [Float], _ scorer: ExampleScorer, _ row: PointRow) -> Float {
    let size = scorer.settings.size
    let start = Int(row & 255) * size
    let rows = table.blocks[Int(row >> 8)].vectors[scorer.column].dense
    return BlockSimilarity.similarity(query.span, rows.span.extracting(start..<start + size), scorer.settings)
  }

  /// A sparse query whose dimensions weigh by how rare they are: `ln(1 + (N - df + 0.5) / (df + 0.5))`.
  func weighted(_ query: SparsePointVector, column: Int, corpus: PointFilter?) -> SparsePointVector {
    let masks = selection(corpus.map { [$0] } ?? []).masks
    var count = 0
    var frequencies: [UInt32: Int] = [:]
    for (number, block) in table.blocks.enumerated() {
      let places = masks[number] & block.vectors[column].present
      guard !places.isEmpty else { continue }
      count += places.count
      let lists = block.vectors[column].postings.lists(of: block.vectors[column].sparse)
      for index in query.indices {
        frequencies[index, default: 0] += lists[index]?.count { places.contains(Int($0.place)) } ?? 0
      }
    }
    let values = zip(query.indices, query.values).map { index, value in
      let frequency = Float(frequencies[index] ?? 0)
      return value * InverseFrequency.weight(count: Float(count), frequency: frequency)
    }
    return SparsePointVector(indices: query.indices, values: values)
  }
}

extension VectorGraph {
  /// The rows of the index that a selection allows and that are found.
  func rows(in selection: PointSnapshot.RowSelection) -> RowSet {
    var words = [UInt64](repeating: 0, count: (rows.count + 63) / 64)
    for (number, row) in rows.enumerated() where selection.contains(row) { words[number >> 6] |= 1 << UInt64(number & 63) }
    return RowSet(words: words).subtracting(stale)
  }
}
