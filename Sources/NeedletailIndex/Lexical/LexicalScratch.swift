internal import NeedletailNumerics

/// The memory of a search by words, which the next search finds as clean as this one did.
@safe final class LexicalScratch {
  /// Rows that are scored together, at most: their sums stay in the nearest caches.
  static let windowSize = 1 << 14
  /// Of all indexes, since none of it depends on one: a search allocates nothing of it however young its segment is, and there is as much
  /// as searches ever ran at a time. 128 KB each, and a KB for each term of the longest query.
  static let pool = ScratchPool { LexicalScratch() }

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
