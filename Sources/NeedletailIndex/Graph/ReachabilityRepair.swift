/// Makes every row of a graph reachable from its entries.
///
/// Choosing diverse links can cut the last link to a row. Each row that cannot be reached gets a link from the nearest
/// of its own neighbours that can be and has a free place, or from one found around those; if there is none, it becomes
/// an entry itself.
struct ReachabilityRepair {
  private var targets: [Row]
  private let degree: Int
  private(set) var entries: [Row]
  private let members: [Row]
  private var reached = RowSet()

  /// How many rows around an unreachable one are looked at for a free place.
  private static let searchLimit = 2_000

  init(_ links: Links, entries: [Row], members: [Row]) {
    targets = links.targets.elements
    degree = links.degree
    self.entries = entries
    self.members = members
  }

  var links: Links { Links(targets: Column(targets), degree: degree) }

  mutating func run() {
    for entry in entries { reach(from: entry) }
    for row in members where !reached.contains(row) {
      if let place = freePlace(around: row) { targets[place] = row } else { entries.append(row) }
      reach(from: row)
    }
  }

  private func places(of row: Row) -> Range<Int> { Int(row) * degree..<(Int(row) + 1) * degree }

  private mutating func reach(from start: Row) {
    guard reached.insert(start) else { return }
    var waiting = [start]
    while let row = waiting.popLast() {
      for place in places(of: row) where targets[place] != Links.none {
        if reached.insert(targets[place]) { waiting.append(targets[place]) }
      }
    }
  }

  private func freePlace(around start: Row) -> Int? {
    var seen: RowSet = RowSet([start])
    var waiting = [start]
    var next = 0
    while next < waiting.count, next < Self.searchLimit {
      let row = waiting[next]
      next += 1
      if reached.contains(row), let place = places(of: row).first(where: { targets[$0] == Links.none }) {
        return place
      }
      for place in places(of: row) where targets[place] != Links.none {
        if seen.insert(targets[place]) { waiting.append(targets[place]) }
      }
    }
    return nil
  }
}
