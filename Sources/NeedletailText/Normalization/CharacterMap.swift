internal import Foundation

/// The replacements that a SentencePiece model carries: a double array from characters to what they become.
///
/// T. Kudo and J. Richardson, "SentencePiece: a simple and language independent subword tokenizer", EMNLP 2018, section 3.2.
/// As in `tokenizers`, a user-perceived character of fewer than six bytes is looked up as a whole and, when any beginning of it
/// is found, replaced by what the shortest one becomes; otherwise each scalar is looked up by itself.
struct CharacterMap: Hashable, Sendable {
  private let units: [UInt32]
  /// The replacements, each ended by a zero byte.
  private let replacements: [UInt8]
  /// For each ASCII character whether something begins with it.
  private let changesASCII: [Bool]

  /// Reads the base64 form of `tokenizer.json`; nil if it is not one.
  init?(base64: String) {
    guard let data = Data(base64Encoded: base64), data.count >= 4 else { return nil }
    let bytes = Array(data)
    func word(_ start: Int) -> UInt32 {
      UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2]) << 16 | UInt32(bytes[start + 3]) << 24
    }
    let size = Int(word(0))
    guard size > 0, size.isMultiple(of: 4), size <= bytes.count - 4 else { return nil }
    units = stride(from: 4, to: 4 + size, by: 4).map(word)
    replacements = Array(bytes[(4 + size)...])
    var changes = Array(repeating: false, count: 128)
    for byte in 0..<128 { changes[byte] = Self.step(from: Self.root(units), UInt8(byte), units) != nil }
    changesASCII = changes
  }

  /// Appends `source[range]` with all replacements made.
  func append(_ source: Span<UInt8>, _ range: Range<Int>, to text: inout NormalizedText) {
    var position = range.lowerBound
    while position < range.upperBound {
      let length = Scalars.decode(source, at: position).length
      let next = position + length
      if next >= range.upperBound || Graphemes.isBoundary(before: next, after: position, in: source) {
        append(cluster: position..<min(next, range.upperBound), of: source, to: &text)
        position = next
        continue
      }
      var end = next
      while end < range.upperBound {
        let following = end + Scalars.decode(source, at: end).length
        if following >= range.upperBound || Graphemes.isBoundary(before: following, after: end, in: source) {
          end = min(following, range.upperBound)
          break
        }
        end = following
      }
      for cluster in Graphemes.clusters(in: position..<end, of: source) { append(cluster: cluster, of: source, to: &text) }
      position = end
    }
  }

  private func append(cluster: Range<Int>, of source: Span<UInt8>, to text: inout NormalizedText) {
    if cluster.count == 1, source[cluster.lowerBound] < 0x80, !changesASCII[Int(source[cluster.lowerBound])] {
      return text.append(byte: source[cluster.lowerBound], origin: Int32(cluster.lowerBound)..<Int32(cluster.upperBound))
    }
    if cluster.count < 6, let found = replacement(of: cluster, in: source) {
      return append(found, origin: cluster, to: &text)
    }
    var position = cluster.lowerBound
    while position < cluster.upperBound {
      let scalar = position..<min(cluster.upperBound, position + Scalars.decode(source, at: position).length)
      if let found = replacement(of: scalar, in: source) {
        append(found, origin: scalar, to: &text)
      } else {
        for place in scalar { text.append(byte: source[place], origin: Int32(scalar.lowerBound)..<Int32(scalar.upperBound)) }
      }
      position = scalar.upperBound
    }
  }

  private func append(_ replacement: Int, origin: Range<Int>, to text: inout NormalizedText) {
    var position = replacement
    while position < replacements.count, replacements[position] != 0 {
      text.append(byte: replacements[position], origin: Int32(origin.lowerBound)..<Int32(origin.upperBound))
      position += 1
    }
  }

  /// Where the replacement of the shortest known beginning of the range stands.
  private func replacement(of range: Range<Int>, in source: Span<UInt8>) -> Int? {
    var node = Self.root(units)
    for position in range {
      guard source[position] != 0, let next = Self.step(from: node, source[position], units) else { return nil }
      node = next.node
      if let leaf = next.leaf { return leaf < replacements.count ? leaf : nil }
    }
    return nil
  }

  // Units of the double array of S. Yata's darts-clone: label in bits 0-7, "has a leaf" in bit 8, the offset above, which bit 9 makes
  // 256 times as large; in a leaf the value in bits 0-30.

  private static func root(_ units: [UInt32]) -> Int { offset(units[0]) }

  private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 1 << 9) >> 6) }

  private static func step(from node: Int, _ byte: UInt8, _ units: [UInt32]) -> (node: Int, leaf: Int?)? {
    let place = node ^ Int(byte)
    guard place < units.count else { return nil }
    let unit = units[place]
    guard unit & (1 << 31 | 0xFF) == UInt32(byte) else { return nil }
    let target = place ^ offset(unit)
    guard unit >> 8 & 1 == 1 else { return (target, nil) }
    guard target < units.count else { return nil }
    return (target, Int(units[target] & 0x7FFF_FFFF))
  }
}

/// Boundaries of user-perceived characters (Unicode Standard Annex 29, section 3).
enum Graphemes {
  /// Whether a boundary between two scalars is certain without a closer look.
  static func isBoundary(before second: Int, after first: Int, in source: Span<UInt8>) -> Bool {
    let left = Scalars.decode(source, at: first).scalar
    let right = Scalars.decode(source, at: second).scalar
    if right < 0x80 { return left < 0x600 ? right != 0x0A || left != 0x0D : false }
    if right < 0x300 || (0x370..<0x483).contains(right) { return left < 0x600 }
    return isPlainIdeograph(left) && isPlainIdeograph(right)
  }

  private static func isPlainIdeograph(_ scalar: UInt32) -> Bool {
    (0x3041..<0x3097).contains(scalar) || (0x30A1..<0x30FB).contains(scalar) || (0x3400..<0xA000).contains(scalar)
      || (0x3001...0x3003).contains(scalar) || (0xFF01...0xFF5E).contains(scalar)
  }

  /// The clusters of a stretch.
  static func clusters(in range: Range<Int>, of source: Span<UInt8>) -> [Range<Int>] {
    let text = String(decoding: range.map { source[$0] }, as: UTF8.self)
    guard text.utf8.count == range.count else { return scalars(in: range, of: source) }
    var start = range.lowerBound
    return text.map { character in
      let cluster = start..<start + character.utf8.count
      start = cluster.upperBound
      return cluster
    }
  }

  private static func scalars(in range: Range<Int>, of source: Span<UInt8>) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var position = range.lowerBound
    while position < range.upperBound {
      let end = min(range.upperBound, position + Scalars.decode(source, at: position).length)
      result.append(position..<end)
      position = end
    }
    return result
  }
}
