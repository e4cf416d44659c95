/// Which rows a search has seen: a number for each row, equal to the search's own number if seen. Clearing is counting
/// up.
@safe struct VisitedRows: ~Copyable {
  private let marks: UnsafeMutablePointer<UInt16>
  private let count: Int
  private var search: UInt16 = 0

  init(count: Int) {
    self.count = count
    unsafe marks = UnsafeMutablePointer.allocate(capacity: max(1, count))
    unsafe marks.initialize(repeating: 0, count: count)
  }

  deinit {
    unsafe marks.deallocate()
  }

  mutating func clear() {
    search &+= 1
    guard search == 0 else { return }
    unsafe marks.update(repeating: 0, count: count)
    search = 1
  }

  /// Marks a row; returns whether it was not marked before.
  @inline(__always)
  mutating func visit(_ row: Row) -> Bool {
    let isNew = unsafe marks[Int(row)] != search
    unsafe marks[Int(row)] = search
    return isNew
  }
}
