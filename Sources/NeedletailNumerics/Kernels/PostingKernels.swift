internal import CNeedletailKernels

/// What a search of words does for each posting: all instruction sets agree to the last bit.
package struct PostingKernels: Sendable {
  /// What this processor runs fastest.
  package static let current = unsafe PostingKernels(needletail_lexical_current())

  // The table is static and never changes; its address as an integer is Sendable.
  private let tableAddress: UInt

  /// The kernels of one instruction set, nil where this processor cannot run them.
  package init?(_ instructionSet: DistanceKernels.InstructionSet) {
    guard let table = unsafe needletail_lexical_for(instructionSet.isa) else { return nil }
    unsafe self.init(table)
  }

  private init(_ table: UnsafePointer<needletail_lexical_kernels>) {
    tableAddress = UInt(bitPattern: table)
  }

  private var table: UnsafePointer<needletail_lexical_kernels> {
    unsafe UnsafePointer(bitPattern: tableAddress).unsafelyUnwrapped
  }

  /// Unpacks `count` numbers of `width` bits from words of which `available` may be read.
  @unsafe package func unpack(
    _ words: UnsafePointer<UInt32>, available: Int, width: UInt8, count: Int, into numbers: UnsafeMutablePointer<UInt32>
  ) {
    unsafe table.pointee.unpack(words, available, UInt32(width), count, numbers)
  }

  /// Makes rows of the gaps between them, less 1: `numbers[i]` becomes `start` + the sum of the numbers up to it + i + 1.
  @unsafe package func addUp(_ numbers: UnsafeMutablePointer<UInt32>, count: Int, from start: UInt32) {
    unsafe table.pointee.add_up(numbers, count, start)
  }

  /// `sums[rows[i] - first] += max(1, ceiling * (f / (f + (flat + slope * length))))`, in whole numbers, where f is
  /// `frequencies[i]` + 1.
  @unsafe package func accumulate(
    rows: UnsafePointer<UInt32>, frequencies: UnsafePointer<UInt32>, count: Int, lengths: UnsafePointer<UInt32>,
    ceiling: Float, flat: Float, slope: Float, first: UInt32, into sums: UnsafeMutablePointer<UInt32>
  ) {
    let scorer = needletail_term_scorer(ceiling: ceiling, flat: flat, slope: slope)
    unsafe table.pointee.accumulate(rows, frequencies, count, lengths, scorer, first, sums)
  }

  /// Places that `select` may write beyond the number of sums.
  package static let extraPlaces = 16

  /// Writes the places of the sums above `floor` and sets the others to 0; returns how many there are.
  @unsafe package func select(
    _ sums: UnsafeMutablePointer<UInt32>, count: Int, above floor: UInt32, into places: UnsafeMutablePointer<UInt32>
  ) -> Int {
    unsafe table.pointee.select(sums, count, floor, places)
  }
}
