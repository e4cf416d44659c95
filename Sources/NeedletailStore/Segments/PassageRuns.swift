package import Foundation
package import NeedletailCore

/// An ascending list of passage numbers, kept as runs of consecutive ones: the map between the rows of an index and the
/// passages they stand for.
///
/// The passages of a document are consecutive, so there are at most as many runs as documents, and a handful where
/// nothing was removed.
package struct PassageRuns: Hashable, Sendable {
  /// First passage of each run.
  package private(set) var firsts: [PassageID] = []
  /// Row of the first passage of each run; one more entry than runs, the last being the number of rows.
  package private(set) var offsets: [Int] = [0]

  package var count: Int { offsets[offsets.count - 1] }
  package var isEmpty: Bool { count == 0 }
  package var runCount: Int { firsts.count }

  package init() {}

  package init(_ passages: some Sequence<PassageID>) {
    for passage in passages { append(first: passage, count: 1) }
  }

  /// The runs, as ranges.
  package var runs: [Range<PassageID>] { firsts.indices.map { run($0) } }

  /// The passages of a run.
  package func run(_ index: Int) -> Range<PassageID> {
    firsts[index]..<firsts[index] + PassageID(offsets[index + 1] - offsets[index])
  }

  /// Appends consecutive passages.
  ///
  /// - Precondition: they follow all that are there.
  package mutating func append(first: PassageID, count added: Int) {
    guard added > 0 else { return }
    if let last = firsts.indices.last {
      let end = run(last).upperBound
      precondition(first >= end, "passages have to be appended in ascending order")
      if first == end {
        offsets[offsets.count - 1] += added
        return
      }
    }
    firsts.append(first)
    offsets.append(count + added)
  }

  /// The passage a row stands for.
  ///
  /// Complexity: logarithmic in the number of runs.
  package subscript(row: Int) -> PassageID {
    let run = Self.lastIndex(in: offsets, notAbove: row)
    return firsts[run] + PassageID(row - offsets[run])
  }

  /// The number of passages below `passage`.
  package func rank(of passage: PassageID) -> Int {
    guard let first = firsts.first, passage > first else { return 0 }
    let index = Self.lastIndex(in: firsts, notAbove: passage)
    let length = offsets[index + 1] - offsets[index]
    return offsets[index] + min(length, Int(passage - firsts[index]))
  }

  /// The rows of the passages in a range, which are consecutive.
  package func rows(in range: Range<PassageID>) -> Range<Int> {
    rank(of: range.lowerBound)..<rank(of: range.upperBound)
  }

  /// The runs within some rows.
  package func passages(inRows rows: Range<Int>) -> [Range<PassageID>] {
    guard !rows.isEmpty else { return [] }
    var result: [Range<PassageID>] = []
    var index = Self.lastIndex(in: offsets, notAbove: rows.lowerBound)
    while index < runCount, offsets[index] < rows.upperBound {
      let lower = max(rows.lowerBound, offsets[index]) - offsets[index]
      let upper = min(rows.upperBound, offsets[index + 1]) - offsets[index]
      result.append(firsts[index] + PassageID(lower)..<firsts[index] + PassageID(upper))
      index += 1
    }
    return result
  }

  /// The last index whose element is not above the value; the first element must not be.
  private static func lastIndex<Value: Comparable>(in values: [Value], notAbove value: Value) -> Int {
    var low = 0
    var high = values.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if values[middle] <= value { low = middle } else { high = middle }
    }
    return low
  }
}

extension PassageRuns {
  /// The runs as a blob: for each the gap to the end of the one before and the length, as variable-length integers.
  package func encoded() -> Data {
    var data = Data()
    var end: PassageID = 0
    for index in firsts.indices {
      let run = run(index)
      Self.append(UInt64(run.lowerBound - end), to: &data)
      Self.append(UInt64(run.count), to: &data)
      end = run.upperBound
    }
    return data
  }

  /// Reads what `encoded` wrote; nil for anything else.
  package init?(encoded data: Data) {
    self.init()
    var bytes = data.makeIterator()
    var end: PassageID = 0
    let largest = UInt64(PassageID.max / 4)
    while let gap = Self.next(&bytes) {
      guard let gap, let length = Self.next(&bytes) ?? nil, length > 0, gap <= largest, length <= largest else { return nil }
      let (first, overflow) = end.addingReportingOverflow(PassageID(gap))
      guard !overflow, first <= PassageID.max / 4, runCount == 0 || gap > 0 else { return nil }
      append(first: first, count: Int(length))
      end = first + PassageID(length)
    }
  }

  private static func append(_ value: UInt64, to data: inout Data) {
    var rest = value
    while rest >= 0x80 {
      data.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    data.append(UInt8(rest))
  }

  /// The next integer; nil at the end, `.some(nil)` if the bytes are none.
  private static func next(_ bytes: inout Data.Iterator) -> UInt64?? {
    guard var byte = bytes.next() else { return nil }
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 63, by: 7) {
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return .some(value) }
      guard let following = bytes.next() else { return .some(nil) }
      byte = following
    }
    return .some(nil)
  }
}
