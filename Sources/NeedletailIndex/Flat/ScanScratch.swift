internal import NeedletailNumerics
internal import Synchronization

/// Objects that searches borrow, so that a search allocates nothing large.
final class ScratchPool<Scratch: AnyObject>: Sendable {
  private struct Shelf: @unchecked Sendable {
    // Each object is on the shelf or with one borrower.
    var objects: [Scratch] = []
  }

  private let shelf = Mutex(Shelf())
  private let make: @Sendable () -> Scratch

  init(_ make: @escaping @Sendable () -> Scratch) {
    self.make = make
  }

  func borrow<Result, Failure: Error>(_ body: (Scratch) throws(Failure) -> Result) throws(Failure) -> Result {
    let scratch = shelf.withLock { $0.objects.popLast() } ?? make()
    defer { shelf.withLock { $0.objects.append(scratch) } }
    return try body(scratch)
  }
}
