internal import NeedletailNumerics

/// What a best-first search looks at when it follows the links of a row.
///
/// A graph, a predicate and the way around rows that fail it come together here, so that one search serves them all.
protocol LinkExpansion {
  /// The most rows that one call of `collect` writes.
  var room: Int { get }

  /// Writes the rows not visited before that the search shall compare after `row`; returns how many.
  func collect(from row: Row, visited: inout VisitedRows, into rows: UnsafeMutablePointer<Row>) -> Int

  /// Asks for the links of a row that will probably be followed next.
  func prefetch(_ row: Row)
}

extension LinkExpansion {
  @inline(__always)
  func prefetch(_ row: Row) {}
}

extension LinkPointer {
  /// Writes the rows linked with a row that were not visited before and satisfy a condition; all of them count as visited.
  @inline(__always)
  func collect(
    from row: Row, visited: inout VisitedRows, into rows: UnsafeMutablePointer<Row>, where isAllowed: (Row) -> Bool
  ) -> Int {
    let targets = unsafe links(of: row)
    var found = 0
    var index = 0
    while unsafe index < stride, unsafe targets[index] != Links.none {
      let target = unsafe targets[index]
      index += 1
      guard visited.visit(target), isAllowed(target) else { continue }
      unsafe rows[found] = target
      found += 1
    }
    return found
  }
}

/// Follows every link.
@safe struct EveryLink: LinkExpansion {
  let links: LinkPointer

  init(_ links: LinkPointer) { unsafe self.links = unsafe links }

  var room: Int { unsafe links.stride }

  @inline(__always)
  func collect(from row: Row, visited: inout VisitedRows, into rows: UnsafeMutablePointer<Row>) -> Int {
    let targets = unsafe links.links(of: row)
    var found = 0
    var index = 0
    while unsafe index < links.stride, unsafe targets[index] != Links.none {
      let target = unsafe targets[index]
      unsafe rows[found] = target
      found += visited.visit(target) ? 1 : 0
      index += 1
    }
    return found
  }

  @inline(__always)
  func prefetch(_ row: Row) { unsafe DistanceKernels.prefetch(links.links(of: row)) }
}

/// Follows links within a set of rows. Where a link leads to a row outside, its links are looked at instead (the
/// two-hop expansion of Patel et al., "ACORN", SIGMOD 2024, section 5, for links that fail only).
@safe struct LinksAroundOthers: LinkExpansion {
  let links: LinkPointer
  let words: UnsafeBufferPointer<UInt64>

  init(_ links: LinkPointer, within words: UnsafeBufferPointer<UInt64>) {
    unsafe self.links = unsafe links
    unsafe self.words = unsafe words
  }

  var room: Int { unsafe 2 * links.stride }

  @inline(__always)
  func collect(from row: Row, visited: inout VisitedRows, into rows: UnsafeMutablePointer<Row>) -> Int {
    let targets = unsafe links.links(of: row)
    var found = 0
    var index = 0
    while unsafe index < links.stride, unsafe targets[index] != Links.none {
      let target = unsafe targets[index]
      index += 1
      guard visited.visit(target) else { continue }
      if unsafe words.holds(target) {
        unsafe rows[found] = target
        found += 1
      } else {
        found = unsafe collect(beyond: links.links(of: target), visited: &visited, into: rows, found)
      }
    }
    return found
  }

  private func collect(
    beyond targets: UnsafePointer<Row>, visited: inout VisitedRows, into rows: UnsafeMutablePointer<Row>,
    _ alreadyFound: Int
  ) -> Int {
    var found = alreadyFound
    var index = 0
    // One place stays free for each direct link still to come.
    while unsafe index < links.stride, unsafe found < links.stride, unsafe targets[index] != Links.none {
      let target = unsafe targets[index]
      index += 1
      guard unsafe words.holds(target), visited.visit(target) else { continue }
      unsafe rows[found] = target
      found += 1
    }
    return found
  }
}

extension UnsafeBufferPointer<UInt64> {
  /// Whether these words of a `RowSet` hold a row.
  @inline(__always)
  func holds(_ row: Row) -> Bool {
    let word = Int(row >> 6)
    return unsafe word < count && self[word] & (1 << UInt64(row & 63)) != 0
  }
}
