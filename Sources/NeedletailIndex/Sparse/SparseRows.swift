internal import NeedletailCore
internal import NeedletailNumerics

/// How the weights of sparse rows are kept.
///
/// Both are fixed-point numbers over the range from 0 to the largest weight of the index, so that inner products are sums
/// of whole numbers. For the weights of learned sparse models, most of which lie between a hundredth and one of the largest,
/// 16 bits lose less of an inner product than binary16 does in the same room.
public enum SparseWeightCodec: String, Codable, Sendable, CaseIterable {
  /// 15 bits in two bytes. Weights that are whole numbers up to 32,767 are kept exactly.
  case fixed16
  /// 8 bits in one byte. Weights that are whole numbers up to 255 are kept exactly.
  case fixed8

  var largestCode: UInt16 { self == .fixed16 ? 32_767 : 255 }
}

/// Sparse rows with weights as codes, while an index is built.
struct SparseCodes: Sendable {
  let starts: Column<UInt32>
  let terms: Column<UInt32>
  let codes: Column<UInt16>
  /// What a code of 1 stands for.
  let scale: Float

  var count: Int { starts.count - 1 }

  @inline(__always)
  func range(_ row: Int) -> Range<Int> { Int(starts[row])..<Int(starts[row + 1]) }

  /// Encodes vectors; those of excluded rows become empty, and weights that round to 0 are left out.
  init(_ vectors: SparseVectors, _ codec: SparseWeightCodec, excluding excluded: RowSet) {
    let largest = vectors.weights.max() ?? 0
    let keepsIntegers = largest <= Float(codec.largestCode) && vectors.weights.allSatisfy { $0 == $0.rounded() }
    let scale = keepsIntegers || largest <= 0 ? 1 : largest / Float(codec.largestCode)
    var entries = Entries()
    for row in 0..<vectors.count {
      if !excluded.contains(Row(row)) {
        for place in vectors.offsets[row]..<vectors.offsets[row + 1] {
          let code = min((vectors.weights[place] / scale).rounded(), Float(codec.largestCode))
          if code >= 1 { entries.append(vectors.terms[place], UInt16(code)) }
        }
      }
      entries.endRow()
    }
    self.init(entries, scale: scale)
  }

  /// The rows cut down to their heaviest `limit` entries, heaviest first.
  func heaviest(_ limit: Int) -> SparseCodes {
    var entries = Entries()
    var order: [(code: UInt16, term: UInt32)] = []
    for row in 0..<count {
      order.removeAll(keepingCapacity: true)
      for place in range(row) { order.append((codes[place], terms[place])) }
      order.sort { ($0.code, $1.term) > ($1.code, $0.term) }
      for entry in order.prefix(limit) { entries.append(entry.term, entry.code) }
      entries.endRow()
    }
    return SparseCodes(entries, scale: scale)
  }

  private struct Entries {
    var starts: [UInt32] = [0]
    var terms: [UInt32] = []
    var codes: [UInt16] = []

    mutating func append(_ term: UInt32, _ code: UInt16) {
      terms.append(term)
      codes.append(code)
    }

    mutating func endRow() { starts.append(UInt32(terms.count)) }
  }

  private init(_ entries: Entries, scale: Float) {
    starts = Column(entries.starts)
    terms = Column(entries.terms)
    codes = Column(entries.codes)
    self.scale = scale
  }
}

/// Sparse rows as the kernels read them.
struct SparseRows: Sendable {
  let starts: Column<UInt32>
  /// `UInt16`, or `UInt32` if the dimension needs it.
  let terms: Region
  /// `UInt16` or `UInt8`.
  let codes: Region
  let hasWideTerms: Bool
  let hasWideCodes: Bool

  init(starts: Column<UInt32>, terms: Region, codes: Region, hasWideTerms: Bool, hasWideCodes: Bool) {
    self.starts = starts
    self.terms = terms
    self.codes = codes
    self.hasWideTerms = hasWideTerms
    self.hasWideCodes = hasWideCodes
  }

  init(starts: [UInt32], terms: [UInt32], codes: [UInt16], dimension: Int, hasWideCodes: Bool) {
    self.init(
      starts: Column(starts),
      terms: Self.needsWideTerms(dimension) ? Column(terms).region : Column(terms.map { UInt16($0) }).region,
      codes: hasWideCodes ? Column(codes).region : Column(codes.map { UInt8($0) }).region,
      hasWideTerms: Self.needsWideTerms(dimension), hasWideCodes: hasWideCodes)
  }

  static func needsWideTerms(_ dimension: Int) -> Bool { dimension > 1 << 16 }

  var count: Int { starts.count - 1 }
  var byteCount: Int { starts.region.count + terms.count + codes.count }

  @unsafe var pointer: SparseRowsPointer {
    unsafe SparseRowsPointer(
      starts: starts.start, terms: terms.bytes.baseAddress.unsafelyUnwrapped, hasWideTerms: hasWideTerms,
      codes: codes.bytes.baseAddress.unsafelyUnwrapped, hasWideCodes: hasWideCodes)
  }

  func term(at place: Int) -> UInt32 {
    let bytes = unsafe terms.bytes
    return unsafe hasWideTerms
      ? bytes.loadUnaligned(fromByteOffset: 4 * place, as: UInt32.self)
      : UInt32(bytes.loadUnaligned(fromByteOffset: 2 * place, as: UInt16.self))
  }

  func code(at place: Int) -> UInt16 {
    let bytes = unsafe codes.bytes
    return unsafe hasWideCodes ? bytes.loadUnaligned(fromByteOffset: 2 * place, as: UInt16.self) : UInt16(bytes[place])
  }

  func range(_ row: Int) -> Range<Int> { Int(starts[row])..<Int(starts[row + 1]) }

  /// One row with its codes as weights.
  func vector(_ row: Int, scale: Float) -> SparseVector? {
    try? SparseVector(range(row).map { (term: term(at: $0), weight: Float(code(at: $0)) * scale) })
  }

  /// Whether every row lies within the columns and every term below `dimension`, ascending within its row.
  func areValid(dimension: Int) -> Bool {
    let termBytes = hasWideTerms ? 4 : 2
    let codeBytes = hasWideCodes ? 2 : 1
    guard starts.count > 0, starts[0] == 0, terms.count.isMultiple(of: termBytes), codes.count.isMultiple(of: codeBytes),
      terms.count / termBytes == codes.count / codeBytes, Int(starts[count]) == codes.count / codeBytes
    else { return false }
    for row in 0..<count {
      guard starts[row] <= starts[row + 1] else { return false }
    }
    for row in 0..<count {
      var lowest = 0
      for place in range(row) {
        let term = Int(term(at: place))
        guard term >= lowest, term < dimension, code(at: place) < 1 << 15 else { return false }
        lowest = term + 1
      }
    }
    return true
  }
}
