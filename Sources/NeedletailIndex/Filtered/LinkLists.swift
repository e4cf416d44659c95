internal import NeedletailNumerics

/// Links in lists of any length, one behind the other.
struct LinkLists: Sendable {
  fileprivate let targets: Column<Row>
  fileprivate let starts: Column<UInt32>
  fileprivate let longest: Int

  init(_ lists: [[Row]]) {
    var starts: [UInt32] = [0]
    starts.reserveCapacity(lists.count + 1)
    for list in lists { starts.append(starts[starts.count - 1] + UInt32(list.count)) }
    self.starts = Column(starts)
    targets = Column(lists.flatMap { $0 })
    longest = lists.lazy.map(\.count).max() ?? 0
  }

  var byteCount: Int { targets.region.count + starts.region.count }

  subscript(row: Row) -> [Row] { targets.elements(Int(starts[Int(row)])..<Int(starts[Int(row) + 1])) }
}

/// Follows links from lists, within a set of rows if there is one.
@safe struct ListedLinks: LinkExpansion {
  private let targets: UnsafePointer<Row>
  private let starts: UnsafePointer<UInt32>
  private let words: UnsafeBufferPointer<UInt64>?
  private let followsHalf: Bool
  let room: Int

  /// - Parameter firstHalf: follows only the first half of each list.
  @unsafe init(_ links: LinkLists, within words: UnsafeBufferPointer<UInt64>?, firstHalf: Bool = false) {
    followsHalf = firstHalf
    unsafe targets = unsafe links.targets.start
    unsafe starts = unsafe links.starts.start
    unsafe self.words = unsafe words
    room = links.longest
  }

  @inline(__always)
  func collect(from row: Row, visited: inout VisitedRows, into rows: UnsafeMutablePointer<Row>) -> Int {
    var found = 0
    let start = unsafe Int(starts[Int(row)])
    let length = unsafe Int(starts[Int(row) + 1]) - start
    for place in start..<start + (followsHalf ? (length + 1) / 2 : length) {
      let target = unsafe targets[place]
      if let words = unsafe words, unsafe !words.holds(target) { continue }
      unsafe rows[found] = target
      found += visited.visit(target) ? 1 : 0
    }
    return found
  }

  @inline(__always)
  func prefetch(_ row: Row) { unsafe DistanceKernels.prefetch(targets + Int(starts[Int(row)])) }
}
