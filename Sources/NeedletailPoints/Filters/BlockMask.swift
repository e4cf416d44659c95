/// A set of places in a block of 256.
struct BlockMask: Hashable, Sendable {
  var words: SIMD4<UInt64>

  init(words: SIMD4<UInt64> = .zero) { self.words = words }

  static let none = BlockMask()
  static let all = BlockMask(words: SIMD4(repeating: .max))

  /// The first `count` places.
  init(first count: Int) {
    words = .zero
    for word in 0..<4 {
      let bits = max(0, min(64, count - 64 * word))
      words[word] = bits == 64 ? .max : (1 << UInt64(bits)) - 1
    }
  }

  var isEmpty: Bool { words == .zero }
  var count: Int { (0..<4).reduce(0) { $0 + words[$1].nonzeroBitCount } }

  func contains(_ place: Int) -> Bool { words[place >> 6] & (1 << UInt64(place & 63)) != 0 }
  mutating func insert(_ place: Int) { words[place >> 6] |= 1 << UInt64(place & 63) }
  mutating func remove(_ place: Int) { words[place >> 6] &= ~(1 << UInt64(place & 63)) }

  static func & (left: BlockMask, right: BlockMask) -> BlockMask { BlockMask(words: left.words & right.words) }
  static func | (left: BlockMask, right: BlockMask) -> BlockMask { BlockMask(words: left.words | right.words) }
  static prefix func ~ (mask: BlockMask) -> BlockMask { BlockMask(words: ~mask.words) }
  func subtracting(_ other: BlockMask) -> BlockMask { BlockMask(words: words & ~other.words) }

  /// Calls the closure with each place, ascending.
  @inline(__always)
  func forEach(_ body: (Int) throws -> Void) rethrows {
    for word in 0..<4 {
      var bits = words[word]
      while bits != 0 {
        try body(64 * word + bits.trailingZeroBitCount)
        bits &= bits - 1
      }
    }
  }
}
