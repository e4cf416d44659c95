/// The tokens of a vocabulary by their bytes and by their ids.
///
/// Bytes are compared, never characters: two ways to write the same accented letter are two tokens. Spellings lie in one array;
/// a hash table with linear probing finds them.
struct TokenTable: Sendable {
  private var spellings: [UInt8] = []
  /// For each entry where its spelling begins; one more at the end.
  private var starts: [Int32] = [0]
  private var ids: [Int32] = []
  /// Entry numbers, or -1; a power of two, at most half full.
  private var slots: [Int32]
  /// For each id its entry, or -1.
  private var entries: [Int32]

  /// - Parameter tokens: spellings with ids that are not negative; of a spelling that occurs twice the last counts.
  init(_ tokens: [(token: [UInt8], id: Int32)]) {
    var capacity = 16
    while capacity < 2 * tokens.count { capacity *= 2 }
    slots = Array(repeating: -1, count: capacity)
    entries = Array(repeating: -1, count: Int((tokens.map(\.id).max() ?? -1) + 1))
    spellings.reserveCapacity(tokens.reduce(0) { $0 + $1.token.count })
    for (token, id) in tokens { insert(token, id) }
  }

  var count: Int { ids.count }

  /// One more than the largest id.
  var idLimit: Int { entries.count }

  /// The id of the token that `text[range]` spells, or -1.
  @inline(__always)
  func id(of text: Span<UInt8>, _ range: Range<Int>) -> Int32 {
    var slot = Int(truncatingIfNeeded: Self.hash(text, range)) & (slots.count - 1)
    while true {
      let entry = Int(slots[slot])
      if entry < 0 { return -1 }
      if isEqual(entry, text, range) { return ids[entry] }
      slot = (slot + 1) & (slots.count - 1)
    }
  }

  /// The id of a spelling, or nil.
  func id(of token: some Sequence<UInt8>) -> Int32? {
    let bytes = Array(token)
    let id = id(of: bytes.span, bytes.indices)
    return id < 0 ? nil : id
  }

  /// The bytes of a token; empty if the id stands for none.
  func spelling(of id: Int32) -> ArraySlice<UInt8> {
    guard id >= 0, Int(id) < entries.count, entries[Int(id)] >= 0 else { return [] }
    let entry = Int(entries[Int(id)])
    return spellings[Int(starts[entry])..<Int(starts[entry + 1])]
  }

  private mutating func insert(_ token: [UInt8], _ id: Int32) {
    var slot = Int(truncatingIfNeeded: Self.hash(token.span, token.indices)) & (slots.count - 1)
    while slots[slot] >= 0 {
      let entry = Int(slots[slot])
      if isEqual(entry, token.span, token.indices) {
        ids[entry] = id
        entries[Int(id)] = Int32(entry)
        return
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = Int32(ids.count)
    entries[Int(id)] = Int32(ids.count)
    ids.append(id)
    spellings += token
    starts.append(Int32(spellings.count))
  }

  @inline(__always)
  private func isEqual(_ entry: Int, _ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    let start = Int(starts[entry])
    guard Int(starts[entry + 1]) - start == range.count else { return false }
    for offset in 0..<range.count where spellings[start + offset] != text[range.lowerBound + offset] { return false }
    return true
  }

  @inline(__always)
  private static func hash(_ text: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for position in range { hash = (hash ^ UInt64(text[position])) &* 0x100_0000_01B3 }
    return hash ^ hash >> 29
  }
}
