internal import NeedletailCore

/// Carries out a query on one snapshot.
struct QueryExecution {
  /// Stages may be nested so deep.
  static let maximumDepth = 64

  let snapshot: PointSnapshot
  /// Points that stand for vectors and are therefore no answers.
  let excluded: Set<PointRow>
  /// The snapshot of another collection.
  let lookup: (String) throws(PointError) -> PointSnapshot

  init(_ snapshot: PointSnapshot, stage: QueryStage, lookup: @escaping (String) throws(PointError) -> PointSnapshot) {
    self.snapshot = snapshot
    self.lookup = lookup
    excluded = Set(stage.ownPoints.compactMap { snapshot.table.row(of: $0) })
  }

  private var table: PointTable { snapshot.table }

  /// The best `limit` of a stage, under its own filter and those of later stages.
  func run(_ stage: QueryStage, under filters: [PointFilter] = [], limit: Int, depth: Int = 0) throws(PointError) -> [ScoredRow] {
    guard depth <= Self.maximumDepth else { throw .badRequest("prefetches are nested more than \(Self.maximumDepth) levels deep") }
    try check(stage)
    let filters = filters + (stage.filter.map { [$0] } ?? [])
    guard !stage.prefetch.isEmpty else {
      return try rank(stage, among: snapshot.selection(filters, excluding: excluded), lists: [], limit: limit)
    }
    var lists: [[ScoredRow]] = []
    for earlier in stage.prefetch { lists.append(try run(earlier, under: filters, limit: earlier.limit, depth: depth + 1)) }
    let union = snapshot.selection(rows: lists.joined().map(\.row))
    return try rank(stage, among: union, lists: lists, limit: limit)
  }

  private func check(_ stage: QueryStage) throws(PointError) {
    if stage.query == nil {
      guard stage.prefetch.isEmpty else {
        throw .badRequest("A query is needed to merge the prefetches. Can't have prefetches without defining a query.")
      }
      guard stage.scoreThreshold == nil else {
        throw .badRequest("A query is needed to use the score_threshold. Can't have score_threshold without defining a query.")
      }
    }
    if case .order = stage.query, stage.scoreThreshold != nil { throw .badRequest("Can't use score_threshold with an order_by query.") }
    switch stage.query {
    case .reciprocalRanks, .distributionScores:
      guard !stage.prefetch.isEmpty else { throw .badRequest("cannot apply Fusion without prefetches") }
      guard stage.using.isEmpty else { throw .badRequest("Fusion queries cannot be combined with the 'using' field.") }
    case .formula:
      guard !stage.prefetch.isEmpty else { throw .badRequest("cannot apply Formula without prefetches") }
    default: break
    }
  }

  private func rank(_ stage: QueryStage, among selection: PointSnapshot.RowSelection, lists: [[ScoredRow]], limit: Int) throws(PointError) -> [ScoredRow] {
    switch stage.query {
    case nil: return snapshot.rowsByID.lazy.filter(selection.contains).prefix(limit).map { ScoredRow(row: $0, score: 1) }
    case .sample: return shuffled(selection, limit: limit)
    case .text(let ranking):
      return try snapshot.ranked(by: ranking, of: stage.using, among: selection, limit: limit, threshold: stage.scoreThreshold)
    case .order(let order): return try snapshot.ordered(by: order, among: selection, limit: limit)
    case .reciprocalRanks(let k, let weights):
      if let weights, weights.count != lists.count {
        throw .badRequest("Number of weights in RRF should match number of pre-fetches: got \(weights.count), expected \(lists.count)")
      }
      return best(RankedLists.reciprocalRanks(lists, k: k, weights: weights), stage, limit: limit)
    case .distributionScores: return best(RankedLists.distributionScores(lists), stage, limit: limit)
    case .formula(let formula): return best(try evaluate(formula, among: selection, lists: lists), stage, limit: limit)
    default: return try rankByVectors(stage, among: selection, limit: limit)
    }
  }

  /// Computed scores, best first; the threshold itself passes.
  private func best(_ scored: [(row: PointRow, score: Float)], _ stage: QueryStage, limit: Int) -> [ScoredRow] {
    var best = RankedSelection(limit: limit, table: table)
    for (row, score) in scored where score >= stage.scoreThreshold ?? -.infinity { best.insert(row, score) }
    return best.ranked
  }

  private func shuffled(_ selection: PointSnapshot.RowSelection, limit: Int) -> [ScoredRow] {
    var rows: [PointRow] = []
    for (number, mask) in selection.masks.enumerated() { mask.forEach { rows.append(PointRow(number << 8 | $0)) } }
    rows.shuffle()
    return rows.prefix(limit).map { ScoredRow(row: $0, score: 1) }
  }

  private func evaluate(
    _ formula: Formula, among selection: PointSnapshot.RowSelection, lists: [[ScoredRow]]
  ) throws(PointError) -> [(row: PointRow, score: Float)] {
    let scores = lists.map { list in Dictionary(list.map { ($0.row, $0.score) }, uniquingKeysWith: { first, _ in first }) }
    var results: [(row: PointRow, score: Float)] = []
    for (number, mask) in selection.masks.enumerated() {
      for place in 0..<PointBlock.size where mask.contains(place) {
        let row = PointRow(number << 8 | place)
        let subject = FormulaSubject(
          point: table.subject(row), context: snapshot.context, scores: scores.map { $0[row] }, defaults: formula.defaults)
        let value = Float(try subject.value(formula.expression))
        guard value.isFinite else { throw .wrongInput("The formula produced a non-finite number") }
        results.append((row, value))
      }
    }
    return results
  }
}
