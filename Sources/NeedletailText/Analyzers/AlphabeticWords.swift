internal import Foundation

/// Cuts text into plain words for models that learn word vectors: runs of letters, in lower case, without accents.
///
/// Digits and punctuation separate words and are dropped. Unlike the terms of an `Analyzer`, words are not stemmed, and those of a
/// length out of bounds are left out.
public struct AlphabeticWords: Hashable, Codable, Sendable {
  /// Lengths in characters of the words that are kept.
  public var lengths: ClosedRange<Int>

  public init(lengths: ClosedRange<Int> = 2...15) {
    self.lengths = lengths
  }

  /// The words of a text in order.
  public func words(of text: String) -> [String] {
    var words: [String] = []
    forEachWord(of: text) { words.append(String(decoding: $0, as: UTF8.self)) }
    return words
  }

  /// Calls the closure with the UTF-8 bytes of each word in order: the fast path.
  public func forEachWord(of text: String, _ body: (ArraySlice<UInt8>) -> Void) {
    let bytes = Array(text.utf8)
    if bytes.allSatisfy({ $0 < 0x80 }) {
      forEachWord(ofASCII: bytes, body)
    } else {
      forEachWord(ofDecomposed: text.lowercased().decomposedStringWithCanonicalMapping, body)
    }
  }

  private func forEachWord(ofASCII bytes: [UInt8], _ body: (ArraySlice<UInt8>) -> Void) {
    var lowered = bytes
    var start = 0
    for index in 0...bytes.count {
      if index < bytes.count {
        let letter = bytes[index] | 0x20
        if letter &- 0x61 < 26 {
          lowered[index] = letter
          continue
        }
      }
      if lengths.contains(index - start) { body(lowered[start..<index]) }
      start = index + 1
    }
  }

  private func forEachWord(ofDecomposed text: String, _ body: (ArraySlice<UInt8>) -> Void) {
    var word: [UInt8] = []
    var length = 0
    for scalar in text.unicodeScalars {
      let category = scalar.properties.generalCategory
      if category == .nonspacingMark { continue }
      if scalar.properties.isAlphabetic && category != .letterNumber {
        word += UTF8.encode(scalar).map { Array($0) } ?? []
        length += 1
        continue
      }
      if lengths.contains(length) { body(word[...]) }
      word.removeAll(keepingCapacity: true)
      length = 0
    }
    if lengths.contains(length) { body(word[...]) }
  }
}
