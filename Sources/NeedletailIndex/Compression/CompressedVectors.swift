public import NeedletailCore

/// A finished collection of vectors in compressed form: no search, only decoding and a count of what is stored.
///
/// The methods are those that H. Zhang et al., "Experimental analysis of large-scale learnable vector storage compression",
/// VLDB 2024, apply to finished vectors, and the codecs of the indexes.
public protocol CompressedVectors: Sendable {
  var count: Int { get }
  var dimension: Int { get }
  /// Everything that decoding needs, counted in bits: codes, codebooks, maps.
  var storage: [StoredPart] { get }
  /// The decoded components of some rows, one row after the other.
  func decode(_ rows: Range<Int>) -> [Float]
}

/// One thing that compressed vectors store.
public struct StoredPart: Codable, Hashable, Sendable {
  public var name: String
  public var bits: Int
}

extension CompressedVectors {
  /// Bytes of everything that decoding needs.
  public var byteCount: Int { (storage.reduce(0) { $0 + $1.bits } + 7) / 8 }

  /// All rows decoded.
  public func decoded() -> DenseVectors { DenseVectors(dimension: dimension, values: decode(0..<count)) }
}

/// Unsigned numbers of a fixed count of bits, one behind the other.
struct PackedBits: Sendable {
  let width: Int
  let count: Int
  private var words: [UInt64]

  /// - Precondition: the width is 1 to 32, and every number fits.
  init(_ numbers: [UInt32], width: Int) {
    precondition((1...32).contains(width))
    self.width = width
    count = numbers.count
    words = [UInt64](repeating: 0, count: (numbers.count * width + 63) / 64 + 1)
    for (index, number) in numbers.enumerated() {
      let (word, shift) = (index * width / 64, UInt64(index * width % 64))
      words[word] |= UInt64(number) << shift
      if shift + UInt64(width) > 64 { words[word + 1] |= UInt64(number) >> (64 - shift) }
    }
  }

  subscript(index: Int) -> UInt32 {
    let (word, shift) = (index * width / 64, UInt64(index * width % 64))
    var value = words[word] >> shift
    if shift + UInt64(width) > 64 { value |= words[word + 1] << (64 - shift) }
    return UInt32(truncatingIfNeeded: value & (1 << UInt64(width) - 1))
  }

  var bits: Int { count * width }
}
