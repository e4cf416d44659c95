internal import CNeedletailKernels

/// What a search of words does for each posting.
package enum PostingKernels {
  /// Unpacks `count` numbers of `width` bits from words of which `available` may be read.
  @unsafe package static func unpack(
    _ words: UnsafePointer<UInt32>, available: Int, width: UInt8, count: Int, into numbers: UnsafeMutablePointer<UInt32>
  ) {
    unsafe needletail_unpack(words, available, UInt32(width), count, numbers)
  }

  /// `sums[rows[i] - first] += max(1, ceiling * (f / (f + (flat + slope * length))))`, in whole numbers.
  @unsafe package static func accumulate(
    rows: UnsafePointer<UInt32>, frequencies: UnsafePointer<UInt32>, count: Int, lengths: UnsafePointer<UInt32>,
    ceiling: Float, flat: Float, slope: Float, first: UInt32, into sums: UnsafeMutablePointer<UInt32>
  ) {
    let scorer = needletail_term_scorer(ceiling: ceiling, flat: flat, slope: slope)
    unsafe needletail_lexical_accumulate(rows, frequencies, count, lengths, scorer, first, sums)
  }

  /// Writes the places of the sums above `floor` and sets the others to 0; returns how many there are.
  @unsafe package static func select(
    _ sums: UnsafeMutablePointer<UInt32>, count: Int, above floor: UInt32, into places: UnsafeMutablePointer<UInt32>
  ) -> Int {
    unsafe needletail_lexical_select(sums, count, floor, places)
  }
}
