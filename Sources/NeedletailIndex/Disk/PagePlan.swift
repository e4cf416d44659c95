/// The order in which rows are put into pages: rows that are linked come into the same page where possible.
///
/// A search that reads a page for one row then has its neighbours for nothing (the shuffled layout of M. Wang et al.,
/// "Starling: an I/O-efficient disk-resident graph index framework for high-dimensional vector similarity search on data
/// segment", SIGMOD 2024, section 4.1). Deviation: pages are filled greedily along a breadth-first walk, without the later
/// rounds of swapping.
struct PagePlan {
  private let links: Links
  private let recordsPerPage: Int
  private var placed = RowSet()
  /// Rows by place.
  private(set) var order: [Row] = []

  /// - Parameters:
  ///   - members: all rows to place.
  ///   - entries: the rows that searches start from.
  init(_ links: Links, members: [Row], entries: [Row], recordsPerPage: Int) {
    self.links = links
    self.recordsPerPage = recordsPerPage
    order.reserveCapacity(members.count)
    for row in Self.breadthFirst(links, from: entries) + members where !placed.contains(row) {
      place(row)
      fillPage(around: row)
    }
  }

  private mutating func place(_ row: Row) {
    placed.insert(row)
    order.append(row)
  }

  /// Takes rows linked with `row`, then those linked with these, until the page is full.
  private mutating func fillPage(around row: Row) {
    var waiting = [row]
    var next = 0
    while next < waiting.count, next <= links.degree {
      for link in links[waiting[next]] {
        guard !order.count.isMultiple(of: recordsPerPage) else { return }
        if next == 0 { waiting.append(link) }
        if !placed.contains(link) { place(link) }
      }
      next += 1
    }
  }

  private static func breadthFirst(_ links: Links, from entries: [Row]) -> [Row] {
    var seen = RowSet()
    var order = entries.filter { seen.insert($0) }
    var next = 0
    while next < order.count {
      for link in links[order[next]] where seen.insert(link) { order.append(link) }
      next += 1
    }
    return order
  }
}
