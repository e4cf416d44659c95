public import NeedletailCore

/// Codes of equally many bits, in machine words, compared by the number of bits that differ.
public struct HammingCodes: Representation, Hashable, Sendable {
  /// Bits of a code.
  public let bitCount: Int
  public let count: Int
  /// Machine words of a code; bits beyond `bitCount` are zero.
  let wordsPerCode: Int
  private(set) var words: [UInt64]

  /// The signs of vectors as bits: one where a component is positive.
  public init(signsOf vectors: DenseVectors) {
    bitCount = vectors.dimension
    count = vectors.count
    wordsPerCode = (vectors.dimension + 63) / 64
    words = [UInt64](repeating: 0, count: vectors.count * wordsPerCode)
    for code in 0..<count {
      for (bit, value) in vectors[code].enumerated() where value > 0 {
        words[code * wordsPerCode + bit / 64] |= 1 << UInt64(bit % 64)
      }
    }
  }

  /// Whether a bit of a code is set.
  public func bit(_ bit: Int, of code: Int) -> Bool {
    precondition(bit >= 0 && bit < bitCount, "bit \(bit) of \(bitCount)")
    return words[code * wordsPerCode + bit / 64] >> UInt64(bit % 64) & 1 == 1
  }

  /// The codes as vectors of plus and minus one, whose cosine is 1 - 2 d / `bitCount` at the Hamming distance d.
  public var vectors: DenseVectors {
    var values: [Float] = []
    values.reserveCapacity(count * bitCount)
    for code in 0..<count { for bit in 0..<bitCount { values.append(self.bit(bit, of: code) ? 1 : -1) } }
    return DenseVectors(dimension: bitCount, values: values)
  }

  /// The distance of a code to each code of another set, in bits.
  public func distances(from code: Int, to others: HammingCodes) -> [Int] {
    precondition(others.bitCount == bitCount, "codes of \(bitCount) and of \(others.bitCount) bits")
    let start = code * wordsPerCode
    var distances = [Int](repeating: 0, count: others.count)
    for other in distances.indices {
      var distance = 0
      for word in 0..<wordsPerCode { distance += (words[start + word] ^ others.words[other * wordsPerCode + word]).nonzeroBitCount }
      distances[other] = distance
    }
    return distances
  }
}

/// Codes by what they are: finds all within a small distance by looking up the codes that differ in so few bits, without a scan.
public struct CodeBuckets: Sendable {
  private let bitCount: Int
  private let rows: [UInt64: [Int]]

  /// - Precondition: codes of at most 64 bits.
  public init(_ codes: HammingCodes) {
    precondition(codes.bitCount <= 64, "buckets for codes of \(codes.bitCount) bits")
    bitCount = codes.bitCount
    rows = Dictionary(grouping: 0..<codes.count) { codes.words[$0] }
  }

  /// The rows whose code differs from code `row` of `queries` in at most `radius` bits, the nearest first, equally near ones in order.
  ///
  /// Looks at `Σ binomial(bits, d)` buckets for d up to `radius`: 529 for 32 bits and radius 2.
  public func rows(within radius: Int, of row: Int, in queries: HammingCodes) -> [Int] {
    precondition(queries.bitCount == bitCount, "codes of \(bitCount) and of \(queries.bitCount) bits")
    var found: [Int] = []
    for distance in 0...min(max(0, radius), bitCount) {
      var ring: [Int] = []
      visit(queries.words[row], from: 0, flips: distance) { ring += rows[$0] ?? [] }
      found += ring.sorted()
    }
    return found
  }

  private func visit(_ code: UInt64, from first: Int, flips: Int, _ body: (UInt64) -> Void) {
    if flips == 0 { return body(code) }
    for bit in first..<max(first, bitCount - flips + 1) { visit(code ^ 1 << UInt64(bit), from: bit + 1, flips: flips - 1, body) }
  }
}
