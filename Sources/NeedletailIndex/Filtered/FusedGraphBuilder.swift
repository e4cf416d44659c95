internal import NeedletailNumerics

/// NN-descent (Dong, Charikar and Li, WWW 2011) and choice of links over a distance fused with labels.
struct FusedGraphBuilder {
  let pairs: PairDistances
  let labels: [Label]
  let parameters: FusedGraph.Parameters
  let pool: WorkerPool

  private static let rowsPerTask = 32
  /// Pairs of so many rows are compared before their neighbours change.
  private static let rowsPerBatch = 2_048

  /// A neighbour in the pool of a row.
  private struct Entry {
    var candidate: LinkCandidate
    var isNew: Bool
  }

  func build(seed: UInt64) -> LinkLists {
    let neighbours = descend(seed: seed)
    let scratch = ScratchPool { LinkScratch(pairs, degree: parameters.degree, diversification: 1) }
    let chosen = pool.map(labels.count, tasksOf: Self.rowsPerTask) { rows in
      scratch.borrow { scratch in rows.map { choose(Row($0), neighbours, scratch) } }
    }
    return withLinksBack(chosen)
  }

  /// What is farther than any distance: ten times the mean distance of a sample of pairs.
  func farther(seed: UInt64) -> Float {
    var generator = SeededGenerator(seed: seed &+ 1)
    guard labels.count > 1 else { return 1 }
    let scratch = LinkScratch(pairs, degree: 1, diversification: 1)
    let sample = (0..<100).map { _ in Row.random(in: 0..<Row(labels.count), using: &generator) }
    let distances = scratch.candidates(sample, for: sample[0]).map { abs($0.distance) }
    return max(1, 10 * distances.reduce(0, +) / Float(distances.count))
  }

  private func descend(seed: UInt64) -> [[LinkCandidate]] {
    let scratch = ScratchPool { LinkScratch(pairs, degree: 1, diversification: 1) }
    let size = min(parameters.neighbours, labels.count - 1)
    guard size > 0 else { return labels.map { _ in [] } }
    var pools: [[Entry]] = pool.map(labels.count, tasksOf: Self.rowsPerTask) { rows in
      scratch.borrow { scratch in
        rows.map { row in
          var generator = SeededGenerator(seed: seed &+ UInt64(row) &* 0x9e37_79b9)
          var others: Set<Row> = []
          while others.count < size {
            let other = Row.random(in: 0..<Row(labels.count), using: &generator)
            if other != row { others.insert(other) }
          }
          return fused(others.sorted(), for: Row(row), scratch).map { Entry(candidate: $0, isNew: true) }
        }
      }
    }
    for _ in 0..<parameters.rounds {
      if round(&pools, size: size, scratch) * 1_000 < labels.count * size { break }
    }
    return pools.map { $0.map(\.candidate) }
  }

  /// One round; returns how many neighbours changed.
  private func round(_ pools: inout [[Entry]], size: Int, _ scratch: ScratchPool<LinkScratch>) -> Int {
    var (new, old) = ([[Row]](repeating: [], count: labels.count), [[Row]](repeating: [], count: labels.count))
    for row in pools.indices {
      for place in pools[row].indices {
        let other = Int(pools[row][place].candidate.row)
        if pools[row][place].isNew, new[row].count < parameters.sample {
          pools[row][place].isNew = false
          new[row].append(Row(other))
        } else if !pools[row][place].isNew, old[row].count < 2 * parameters.sample {
          old[row].append(Row(other))
        }
      }
    }
    let (forwardNew, forwardOld) = (new, old)
    for row in pools.indices {
      for other in forwardNew[row] where new[Int(other)].count < 2 * parameters.sample { new[Int(other)].append(Row(row)) }
      for other in forwardOld[row] where old[Int(other)].count < 3 * parameters.sample { old[Int(other)].append(Row(row)) }
    }
    var changes = 0
    for start in stride(from: 0, to: labels.count, by: Self.rowsPerBatch) {
      let batch = start..<min(labels.count, start + Self.rowsPerBatch)
      changes += join(batch, new, old, &pools, size: size, scratch)
    }
    return changes
  }

  /// Compares the neighbours of each row of a batch with one another and offers each to the other.
  private func join(
    _ batch: Range<Int>, _ new: [[Row]], _ old: [[Row]], _ pools: inout [[Entry]], size: Int,
    _ scratch: ScratchPool<LinkScratch>
  ) -> Int {
    let worst = pools.map { $0.count < size ? Float.infinity : $0.last?.candidate.distance ?? .infinity }
    let offers: [(target: Row, candidate: LinkCandidate)] = pool.map(batch.count, tasksOf: Self.rowsPerTask) { part in
      scratch.borrow { scratch in
        var offers: [(target: Row, candidate: LinkCandidate)] = []
        for row in part.lowerBound + batch.lowerBound..<part.upperBound + batch.lowerBound {
          let news = Set(new[row]).sorted()
          let olds = Set(old[row]).subtracting(news).sorted()
          for (place, first) in news.enumerated() {
            for found in fused(Array(news[(place + 1)...]) + olds, for: first, scratch) {
              if found.distance < worst[Int(first)] { offers.append((first, found)) }
              if found.distance < worst[Int(found.row)] {
                offers.append((found.row, LinkCandidate(row: first, distance: found.distance)))
              }
            }
          }
        }
        return offers
      }
    }
    return offers.count { insert($0.candidate, into: &pools[Int($0.target)], size: size) }
  }

  private func insert(_ candidate: LinkCandidate, into pool: inout [Entry], size: Int) -> Bool {
    if pool.count == size, let last = pool.last, !LinkCandidate.isNearer(candidate, last.candidate) { return false }
    let place = pool.firstIndex { !LinkCandidate.isNearer($0.candidate, candidate) } ?? pool.count
    guard !pool.contains(where: { $0.candidate.row == candidate.row }) else { return false }
    pool.insert(Entry(candidate: candidate, isNew: true), at: place)
    if pool.count > size { pool.removeLast() }
    return true
  }

  /// The rows with their fused distances, nearest first.
  private func fused(_ rows: [Row], for row: Row, _ scratch: LinkScratch) -> [LinkCandidate] {
    scratch.candidates(rows, for: row).map { candidate in
      let differs = labels[Int(candidate.row)] != labels[Int(row)]
      return LinkCandidate(row: candidate.row, distance: differs ? 2 * candidate.distance : candidate.distance)
    }.sorted(by: LinkCandidate.isNearer)
  }

  /// Near links in different directions among the neighbours of a row and theirs.
  private func choose(_ row: Row, _ neighbours: [[LinkCandidate]], _ scratch: LinkScratch) -> [Row] {
    let own = neighbours[Int(row)]
    var more: Set<Row> = []
    for first in own.prefix(Int(parameters.reach * Double(own.count))) {
      for second in neighbours[Int(first.row)] where second.distance <= 2 * first.distance {
        if more.count < parameters.candidateLimit, second.row != row { more.insert(second.row) }
      }
    }
    let candidates = fused(more.union(own.map(\.row)).sorted(), for: row, scratch)
    var links: [Row] = []
    for candidate in candidates where links.count < parameters.degree {
      // A link covers a candidate that is nearer to it than to the row.
      let nearest = fused(links, for: candidate.row, scratch).first?.distance ?? .infinity
      if nearest >= candidate.distance { links.append(candidate.row) }
    }
    return links
  }

  /// Links with links back, up to twice the degree.
  private func withLinksBack(_ chosen: [[Row]]) -> LinkLists {
    var lists = chosen
    for row in chosen.indices {
      for target in chosen[row] where lists[Int(target)].count < 2 * parameters.degree {
        if !lists[Int(target)].contains(Row(row)) { lists[Int(target)].append(Row(row)) }
      }
    }
    return LinkLists(lists)
  }
}
