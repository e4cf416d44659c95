internal import Foundation

extension SeededGenerator {
  /// A generator for one part of a work, told by numbers (an epoch, a document), independent of those of all other parts.
  public init(seed: UInt64, part: UInt64, _ subpart: UInt64 = 0) {
    var mixer = SeededGenerator(seed: seed)
    var second = SeededGenerator(seed: mixer.next() ^ part &* 0xd6e8_feb8_6659_fd93)
    var third = SeededGenerator(seed: second.next() ^ subpart &* 0xa076_1d64_78bd_642f)
    self.init(seed: third.next())
  }

  /// A number from 0 to 1, 1 excluded; 24 random bits.
  public mutating func unitFloat() -> Float { Float(next() >> 40) * 0x1p-24 }

  /// A number from 0 to `bound`, `bound` excluded, by one multiplication: for inner loops. The bias is below `bound` / 2^32.
  public mutating func index(below bound: Int) -> Int { Int(((next() >> 32) &* UInt64(bound)) >> 32) }

  /// A number from the standard normal distribution (Box and Muller, 1958, the cosine of the pair).
  public mutating func normalFloat() -> Float {
    let (u, v) = (1 - unitFloat(), unitFloat())
    return (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
  }
}
