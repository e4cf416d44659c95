/// Elements in one piece of memory that grows at its end.
@safe final class GrowingColumn<Element: BitwiseCopyable>: @unchecked Sendable {
  // Written by one thread while an index is built, only read afterwards.
  private(set) var count = 0
  private var capacity: Int
  @unsafe private(set) var start: UnsafeMutablePointer<Element>

  init() {
    capacity = 1_024
    unsafe start = .allocate(capacity: capacity)
  }

  convenience init(repeating element: Element, count: Int) {
    self.init()
    for _ in 0..<count { append(element) }
  }

  deinit {
    unsafe start.deallocate()
  }

  func append(_ element: Element) {
    if count == capacity {
      let larger = UnsafeMutablePointer<Element>.allocate(capacity: 2 * capacity)
      unsafe larger.update(from: start, count: count)
      unsafe start.deallocate()
      unsafe start = unsafe larger
      capacity *= 2
    }
    unsafe start[count] = element
    count += 1
  }

  subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < count)
      return unsafe start[index]
    }
    set {
      precondition(index >= 0 && index < count)
      unsafe start[index] = newValue
    }
  }

  var byteCount: Int { count * MemoryLayout<Element>.stride }
}
