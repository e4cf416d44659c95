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
  /// Hands the links of a row to `body`, in their order, until it returns false.
  @inline(__always)
  func forEach(of row: Row, _ body: (Row) -> Bool) {
    let targets = unsafe links(of: row)
    var index = 0
    while unsafe index < stride, unsafe targets[index] != Links.none {
      guard unsafe body(targets[index]) else { return }
      index += 1
    }
  }

  /// Writes the rows linked with a row that were not visited before; all of them count as visited.
  ///
  /// - Parameter meaning: the row that a link stands for.
  @inline(__always)
  func collect(
    from row: Row, visited: inout VisitedRows, into rows: UnsafeMutablePointer<Row>, meaning: (Row) -> Row = { $0 }
  ) -> Int {
    var found = 0
    unsafe forEach(of: row) { link in
      let target = meaning(link)
      // Written in any case: whether a row is new is not to be guessed.
      unsafe rows[found] = target
      found += visited.visit(target) ? 1 : 0
      return true
    }
    return found
  }

  /// Writes the rows linked with a row that were not visited before and satisfy a condition; all of them count as visited.
  @inline(__always)
  func collect(
    from row: Row, visited: inout VisitedRows, into rows: UnsafeMutablePointer<Row>, where isAllowed: (Row) -> Bool
  ) -> Int {
    var found = 0
    unsafe forEach(of: row) { target in
      guard visited.visit(target), isAllowed(target) else { return true }
      unsafe rows[found] = target
      found += 1
      return true
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
    unsafe links.collect(from: row, visited: &visited, into: rows)
  }

  @inline(__always)
  func prefetch(_ row: Row) { unsafe DistanceKernels.prefetch(links.links(of: row)) }
}

/// Tells in an inner loop whether a row satisfies a predicate.
protocol RowTest {
  func holds(_ row: Row) -> Bool
}

/// Whether a row is in a set.
@safe struct MembershipTest: RowTest {
  private let words: UnsafeBufferPointer<UInt64>

  init(_ words: UnsafeBufferPointer<UInt64>) { unsafe self.words = unsafe words }

  @inline(__always)
  func holds(_ row: Row) -> Bool { unsafe words.holds(row) }
}

/// Follows links to rows that pass a test. Where a link leads to a row that fails, its links are looked at instead (the
/// two-hop expansion of Patel et al., "ACORN", SIGMOD 2024, section 5, for links that fail only).
@safe struct LinksAroundOthers<Test: RowTest>: LinkExpansion {
  let links: LinkPointer
  let test: Test

  init(_ links: LinkPointer, where test: Test) {
    unsafe self.links = unsafe links
    self.test = test
  }

  var room: Int { unsafe 2 * links.stride }

  @inline(__always)
  func collect(from row: Row, visited: inout VisitedRows, into rows: UnsafeMutablePointer<Row>) -> Int {
    var found = 0
    unsafe links.forEach(of: row) { target in
      guard visited.visit(target) else { return true }
      if test.holds(target) {
        unsafe rows[found] = target
        found += 1
        return true
      }
      // One place stays free for each direct link still to come.
      guard unsafe found < links.stride else { return true }
      unsafe links.forEach(of: target) { candidate in
        guard test.holds(candidate), visited.visit(candidate) else { return true }
        unsafe rows[found] = candidate
        found += 1
        return unsafe found < links.stride
      }
      return true
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
