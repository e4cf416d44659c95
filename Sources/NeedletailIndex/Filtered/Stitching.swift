internal import NeedletailNumerics
internal import Synchronization

/// Joins the graphs of all labels into one (StitchedVamana: Gollapudi et al., "Filtered-DiskANN", WWW 2023, section 5).
struct Stitching {
  let pairs: PairDistances
  let labels: LabelColumn
  let parameters: LabelGraph.Parameters
  let pool: WorkerPool

  private static let rowsPerTask = 64

  func links(seed: UInt64) -> Links {
    let joined = joined(seed: seed)
    let chosen = Mutex([[Row]](repeating: [], count: joined.count))
    let scratch = ScratchPool {
      LinkScratch(pairs, degree: parameters.degree, diversification: parameters.diversification)
    }
    pool.forEach((joined.count + Self.rowsPerTask - 1) / Self.rowsPerTask) { task in
      scratch.borrow { scratch in
        for row in task * Self.rowsPerTask..<min(joined.count, (task + 1) * Self.rowsPerTask) {
          let links = choose(Row(row), among: joined[row], scratch)
          chosen.withLock { $0[row] = links }
        }
      }
    }
    return Links(lists: chosen.withLock { $0 }, degree: parameters.degree)
  }

  /// The row nearest to the mean of each label.
  func starts() -> [Row] {
    (0..<Label(labels.labelCount)).map { label in
      pairs.vectors.exact.central(labels.rows(of: label)) ?? Links.none
    }
  }

  /// The links of each row in the graphs of all its labels.
  private func joined(seed: UInt64) -> [[Row]] {
    var joined = [[Row]](repeating: [], count: labels.count)
    let graph = GraphParameters(
      degree: parameters.labelDegree, efConstruction: parameters.efConstruction,
      diversification: parameters.diversification)
    for label in 0..<Label(labels.labelCount) {
      let members = Array(labels.rows(of: label))
      if members.count <= parameters.labelDegree + 1 {
        for row in members { joined[Int(row)] += members.filter { $0 != row } }
        continue
      }
      let links = GraphBuilder(
        pairs, members: members, rule: DiverseLinks(graph), diversification: parameters.diversification, seed: seed,
        pool: pool
      ).build().links
      for row in members { joined[Int(row)] += links[row] }
    }
    return joined
  }

  private func choose(_ row: Row, among joined: [Row], _ scratch: LinkScratch) -> [Row] {
    let rows = Set(joined).sorted()
    let candidates = scratch.candidates(rows, for: row)
    guard candidates.count > parameters.degree else { return candidates.map(\.row) }
    return scratch.selection.select(from: candidates, degree: parameters.degree) { kept, candidate in
      labels.covers(candidate, by: kept, within: row)
    }.map(\.row)
  }
}

/// Memory to compare rows with one another.
final class LinkScratch {
  let selection: LinkSelection
  private let pairs: PairDistances
  private let memory: AlignedMemory
  private var scores: [Float] = []
  private var products: [Int32] = []

  init(_ pairs: PairDistances, degree: Int, diversification: Float) {
    self.pairs = pairs
    selection = LinkSelection(pairs, degree: degree, diversification: diversification)
    memory = AlignedMemory.zeroed(count: pairs.vectors.exact.stride * MemoryLayout<Float>.size)
  }

  /// Rows with their distances from `row`, nearest first.
  func candidates(_ rows: [Row], for row: Row) -> [LinkCandidate] {
    guard !rows.isEmpty else { return [] }
    scores = [Float](repeating: 0, count: rows.count)
    products = [Int32](repeating: 0, count: rows.count)
    unsafe products.withUnsafeMutableBufferPointer { products in
      unsafe scores.withUnsafeMutableBufferPointer { scores in
        unsafe rows.withUnsafeBufferPointer { rows in
          let scorer = unsafe pairs.scorer(
            for: row, memory: memory.start.assumingMemoryBound(to: Float.self), products: products.baseAddress!)
          unsafe scorer.score(rows.baseAddress!, count: rows.count, into: scores.baseAddress!)
        }
      }
    }
    return zip(rows, scores).map { LinkCandidate(row: $0, distance: -$1) }.sorted(by: LinkCandidate.isNearer)
  }
}

extension Links {
  /// Links from lists of at most `degree` rows.
  init(lists: [[Row]], degree: Int) {
    let column = unsafe Column<Row>(count: lists.count * degree) { targets in
      unsafe targets.update(repeating: Links.none, count: lists.count * degree)
      for (row, list) in lists.enumerated() {
        for (place, target) in list.prefix(degree).enumerated() { unsafe targets[row * degree + place] = target }
      }
    }
    self.init(targets: column, degree: degree)
  }
}

extension ExactRows {
  /// The one of some rows that is nearest to their mean.
  func central(_ rows: some Collection<Row>) -> Row? {
    guard rows.count > 2 else { return rows.first }
    let row = AlignedMemory.zeroed(count: stride * MemoryLayout<Float>.size)
    let sum = AlignedMemory.zeroed(count: stride * MemoryLayout<Float>.size)
    defer { withExtendedLifetime((row, sum)) {} }
    let components = unsafe row.start.assumingMemoryBound(to: Float.self)
    let mean = unsafe sum.start.assumingMemoryBound(to: Float.self)
    for number in rows {
      unsafe load(Int(number), into: components)
      for index in 0..<stride { unsafe mean[index] += components[index] }
    }
    for index in 0..<stride { unsafe mean[index] /= Float(rows.count) }
    var best = TopK(capacity: 1)
    for number in rows {
      var score: Float = 0
      unsafe self.score(mean, indices: [number], count: 1, into: &score)
      best.insert(row: number, score: score)
    }
    return best.ranked.first?.row
  }
}
