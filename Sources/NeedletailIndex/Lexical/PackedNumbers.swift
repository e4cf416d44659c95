/// Numbers of equal width in words of 32 bits, the first in the lowest bits.
enum PackedNumbers {
  /// The bits that the greatest of the numbers takes.
  static func width(of numbers: some Sequence<UInt32>) -> UInt8 {
    UInt8(32 - (numbers.reduce(0, |)).leadingZeroBitCount)
  }

  static func append(_ numbers: some Sequence<UInt32>, width: UInt8, to words: inout [UInt32]) {
    guard width > 0 else { return }
    var buffer: UInt64 = 0
    var filled: UInt64 = 0
    for number in numbers {
      buffer |= UInt64(number) << filled
      filled += UInt64(width)
      if filled >= 32 {
        words.append(UInt32(truncatingIfNeeded: buffer))
        buffer >>= 32
        filled -= 32
      }
    }
    if filled > 0 { words.append(UInt32(truncatingIfNeeded: buffer)) }
  }

  /// Unpacks `count` numbers.
  ///
  /// - Precondition: `words` has (`count` · `width` + 31) / 32 words, `numbers` has room for `count`, `width` is at most 32.
  @unsafe
  static func unpack(
    _ words: UnsafePointer<UInt32>, width: UInt8, count: Int, into numbers: UnsafeMutablePointer<UInt32>
  ) {
    guard width > 0 else { return unsafe numbers.update(repeating: 0, count: count) }
    let mask: UInt64 = (1 << UInt64(width)) - 1
    var buffer: UInt64 = 0
    var filled: UInt64 = 0
    var word = 0
    for index in 0..<count {
      if filled < UInt64(width) {
        buffer |= unsafe UInt64(words[word]) &<< filled
        word &+= 1
        filled &+= 32
      }
      unsafe numbers[index] = UInt32(truncatingIfNeeded: buffer & mask)
      buffer &>>= UInt64(width)
      filled &-= UInt64(width)
    }
  }
}
