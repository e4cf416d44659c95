internal import NeedletailNumerics

/// The memory of a search by words, which the next search finds as clean as this one did.
@safe final class LexicalScratch {
  /// Rows that are scored together, at most: their sums stay in the nearest caches.
  static let windowSize = 1 << 14

  /// The sum of each row of a window; 0 between windows.
  let sums: UnsafeMutablePointer<UInt32>
  /// Where in the window the sums are that may reach the results.
  let places: UnsafeMutablePointer<UInt32>
  private var buffers: [PostingBuffer] = []

  init() {
    unsafe sums = .allocate(capacity: Self.windowSize)
    unsafe sums.initialize(repeating: 0, count: Self.windowSize)
    unsafe places = .allocate(capacity: Self.windowSize + PostingKernels.extraPlaces)
    unsafe places.initialize(repeating: 0, count: Self.windowSize + PostingKernels.extraPlaces)
  }

  deinit {
    unsafe sums.deallocate()
    unsafe places.deallocate()
  }

  /// Buffer number `number`, for one term of the search.
  func buffer(_ number: Int) -> PostingBuffer {
    while buffers.count <= number { buffers.append(PostingBuffer()) }
    return buffers[number]
  }
}
