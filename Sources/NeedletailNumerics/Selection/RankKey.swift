/// An integer that orders scored rows as rankings do: a higher score first, among equals the lower row.
///
/// Comparing one integer instead of a score and a row keeps selection free of branches and ties deterministic. A larger
/// key ranks earlier. A score that is not a number ranks behind all others.
package struct RankKey: Comparable, Sendable {
  package let bits: UInt64

  @inline(__always)
  package init(score: Float, row: UInt32) {
    bits = UInt64(Self.ordered(score)) << 32 | UInt64(~row)
  }

  package init(bits: UInt64) { self.bits = bits }

  package var row: UInt32 { ~UInt32(truncatingIfNeeded: bits) }

  package var score: Float { Self.score(ordered: UInt32(bits >> 32)) }

  package static func < (left: RankKey, right: RankKey) -> Bool { left.bits < right.bits }

  /// The bits of a float such that their unsigned order is the order of the values, with one zero and no NaN.
  @inline(__always)
  package static func ordered(_ score: Float) -> UInt32 {
    let number = score.isNaN ? -Float.infinity : score + 0
    let bits = number.bitPattern
    return bits ^ (UInt32(bitPattern: Int32(bitPattern: bits) >> 31) | 0x8000_0000)
  }

  /// The score that `ordered` made these bits of.
  @inline(__always)
  package static func score(ordered: UInt32) -> Float {
    Float(bitPattern: ordered & 0x8000_0000 != 0 ? ordered ^ 0x8000_0000 : ~ordered)
  }
}
