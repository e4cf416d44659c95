internal import NeedletailIndex

/// Decides which rows of which column are worth a graph next.
///
/// Rows that are in no graph are compared one by one, so there must not be many; a row should not be built into graphs again
/// and again either. A new graph therefore takes in those that are no larger than what it has so far: sizes shrink by halves,
/// there are few, and each row is built about as often as the number of points can be halved.
package enum GraphPolicy {
  /// Rows in no graph, as a part of all, from which on a graph is built over them.
  static let largestUncoveredFraction = 0.25
  /// The same as a number: comparing so many by their codes takes about as long as a search in a graph.
  package static let largestUncoveredCount = 2_048
  /// The same for a collection that rests, where nothing is lost by building.
  package static let largestUncoveredCountAtRest = 256
  /// Fewer vectors are compared one by one about as fast.
  static let smallestCount = 4_000
  /// A graph with a larger part of its rows out of date is built again.
  static let largestStaleFraction = 0.5
  /// Each graph is searched, so there are at most so many of a column.
  package static let largestGraphCount = 6

  /// A graph that is to be built.
  struct Step: Hashable {
    var column: Int
    /// The numbers of the graphs whose rows it takes over.
    var replaced: Set<Int>
    /// Whether most of the column is in no graph, as while points are loaded: waiting for more saves work.
    var isLoad: Bool
    /// How many rows fit into the memory that is left.
    var rowLimit = Int.max
  }

  /// The next step; nil if none is worth it, or the budget leaves no room for it.
  static func nextStep(of snapshot: PointSnapshot, isResting: Bool = false, budget: MemoryBudget? = nil) -> Step? {
    let threshold = snapshot.settings.indexingThreshold
    guard threshold > 0 else { return nil }
    let resident = budget == nil ? 0 : snapshot.residentBytes
    for column in snapshot.table.schema.columns.values.sorted() {
      let settings = snapshot.table.schema.settings[column]
      guard settings.allowsGraph else { continue }
      let count = snapshot.table.vectorCount(column)
      guard count * settings.size * 4 > threshold * 1_024, count >= min(smallestCount, threshold * 1_024 / (settings.size * 4) + 1) else { continue }
      let graphs = snapshot.table.graphs[column]
      let sizes = graphs?.graphs.map { Size(number: $0.number, rows: $0.rows.count, current: $0.currentCount) } ?? []
      let limit = budget.map { $0.largestBuild(beside: resident, size: settings.size) } ?? .max
      guard limit >= MemoryBudget.smallestBuild else { continue }
      let uncovered = count - (graphs?.covered.count ?? 0)
      if let replaced = replaced(uncovered: uncovered, count: count, graphs: sizes, isResting: isResting, rowLimit: limit) {
        return Step(column: column, replaced: replaced, isLoad: 2 * (graphs?.covered.count ?? 0) < count, rowLimit: limit)
      }
    }
    return nil
  }

  /// A graph by its number, how many rows it has, and how many of them are up to date.
  package struct Size: Hashable {
    package var number: Int
    package var rows: Int
    package var current: Int

    package init(number: Int, rows: Int, current: Int) {
      self.number = number
      self.rows = rows
      self.current = current
    }

    var isStale: Bool { Double(rows - current) > largestStaleFraction * Double(rows) }
  }

  /// The graphs that the next one takes over; nil if none is due.
  ///
  /// - Parameter rowLimit: how many rows the next one may have. Only a graph most of which is out of date may be taken over beyond
  ///   it; what does not fit waits for the one after. Graphs may then be more than `largestGraphCount`.
  package static func replaced(uncovered: Int, count: Int, graphs: [Size], isResting: Bool = false, rowLimit: Int = .max) -> Set<Int>? {
    let largest = isResting ? largestUncoveredCountAtRest : largestUncoveredCount
    let isDue = uncovered > min(largest, Int(largestUncoveredFraction * Double(count)))
    guard isDue || graphs.contains(where: \.isStale) else { return nil }
    var replaced: Set<Int> = []
    var total = min(uncovered, rowLimit)
    for graph in graphs.sorted(by: { ($0.current, $0.number) < ($1.current, $1.number) })
    where graph.isStale || graph.current <= total || graphs.count - replaced.count >= largestGraphCount {
      guard graph.isStale || graph.current <= rowLimit - min(total, rowLimit) else { continue }
      replaced.insert(graph.number)
      total += graph.current
    }
    return replaced
  }
}

extension PointTable {
  /// The rows of a step, ascending: those in no graph, and those of the graphs that it replaces, as many as may be.
  func rows(of step: GraphPolicy.Step) -> [PointRow] {
    let kept = graphs[step.column]?.graphs.filter { !step.replaced.contains($0.number) } ?? []
    var covered = RowSet()
    for graph in kept { for row in graph.currentRows { covered.insert(row) } }
    var rows: [PointRow] = []
    for (number, block) in blocks.enumerated() {
      block.vectors[step.column].present.forEach { place in
        let row = PointRow(number << 8 | place)
        if !covered.contains(row), rows.count < step.rowLimit { rows.append(row) }
      }
    }
    return rows
  }

  /// Puts a graph that was built over an earlier state in the place of others.
  mutating func add(_ graph: VectorGraph, column: Int, replacing replaced: Set<Int>) {
    guard schema.columns.values.contains(column) else { return }
    let blocks = blocks
    graphs[column, default: VectorGraphs()].add(graph, replacing: replaced) { row in
      let (block, place) = (Int(row >> 8), Int(row & 255))
      return block < blocks.count && blocks[block].live.contains(place) && blocks[block].vectors[column].present.contains(place)
        && blocks[block].versions[place] <= graph.operation
    }
    dropCodesOfCoveredBlocks(column)
  }
}
