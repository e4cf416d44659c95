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
}
