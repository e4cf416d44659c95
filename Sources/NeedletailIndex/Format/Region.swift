internal import NeedletailNumerics

/// Zeroed memory that starts on a cache line.
final class AlignedMemory: Sendable {
  let count: Int
  // An address as an integer is Sendable. Builders write, each to its own part, before anybody else reads.
  private let address: UInt

  private init(count: Int, address: UInt) {
    self.count = count
    self.address = address
  }

  // Kept out of callers: the optimiser of Swift 6.3 moves the object to their stack frame without its header, and then
  // releases it as if it had one.
  @inline(never)
  static func zeroed(count: Int) -> AlignedMemory {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: cacheLineBytes)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: count)
    return AlignedMemory(count: count, address: UInt(bitPattern: memory))
  }

  deinit {
    unsafe start.deallocate()
  }

  @unsafe var start: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped }
}

/// Sections and rows start at multiples of this.
let cacheLineBytes = 64

/// `count` rounded up to whole cache lines.
func roundedToLines(_ count: Int) -> Int { (count + cacheLineBytes - 1) / cacheLineBytes * cacheLineBytes }

/// Bytes that an index reads, made by its builder or mapped from its file; kept alive by whoever holds the region.
struct Region: Sendable {
  private let owner: any AnyObject & Sendable
  private let address: UInt
  let count: Int
  let isMapped: Bool

  init(_ memory: AlignedMemory, isMapped: Bool = false) {
    owner = memory
    self.isMapped = isMapped
    address = unsafe UInt(bitPattern: memory.start)
    count = memory.count
  }

  /// - Precondition: the range lies within the file.
  init(_ file: MappedFile, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= file.count)
    owner = file
    isMapped = true
    address = unsafe UInt(bitPattern: file.bytes.baseAddress) + UInt(range.lowerBound)
    count = range.count
  }

  #if NEEDLETAIL_COPIES_SECTIONS
    /// A copy that passes for a part of the file.
    init(copyOf file: MappedFile, _ range: Range<Int>) {
      let memory = AlignedMemory.zeroed(count: range.count)
      unsafe memory.start.copyMemory(from: file.bytes.baseAddress.unsafelyUnwrapped + range.lowerBound, byteCount: range.count)
      self.init(memory, isMapped: true)
    }
  #endif

  init(_ bytes: [UInt8]) {
    let memory = AlignedMemory.zeroed(count: bytes.count)
    unsafe memory.start.copyMemory(from: bytes, byteCount: bytes.count)
    self.init(memory)
  }

  @unsafe var bytes: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: count)
  }
}

/// A region seen as elements of one type.
struct Column<Element: BitwiseCopyable>: Sendable {
  let region: Region
  let count: Int

  init(_ region: Region) {
    self.region = region
    count = region.count / MemoryLayout<Element>.stride
  }

  /// Elements written by `fill`, which gets them zeroed.
  init(count: Int, _ fill: (UnsafeMutablePointer<Element>) -> Void) {
    let memory = AlignedMemory.zeroed(count: count * MemoryLayout<Element>.stride)
    unsafe fill(memory.start.bindMemory(to: Element.self, capacity: count))
    self.init(Region(memory))
  }

  init(_ elements: [Element]) {
    unsafe self.init(count: elements.count) { unsafe $0.update(from: elements, count: elements.count) }
  }

  subscript(index: Int) -> Element {
    precondition(index >= 0 && index < count)
    return unsafe start[index]
  }

  var elements: [Element] { unsafe Array(UnsafeBufferPointer(start: start, count: count)) }

  /// Some of the elements.
  func elements(_ range: Range<Int>) -> [Element] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return unsafe Array(UnsafeBufferPointer(start: start + range.lowerBound, count: range.count))
  }

  /// Where the elements start, valid while the column is held.
  @unsafe var start: UnsafePointer<Element> {
    unsafe region.bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Element.self)
  }
}
