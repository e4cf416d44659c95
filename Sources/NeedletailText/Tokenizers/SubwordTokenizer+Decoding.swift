extension SubwordTokenizer {
  /// The text that tokens stand for; special tokens are left out.
  ///
  /// Bytes that make no character, as at the end of half a word, become replacement characters. WordPiece does not know where
  /// blanks were around punctuation: there words are joined by single blanks.
  public func text(of ids: [Int32]) -> String {
    let kept = ids.filter { !specialIDs.contains($0) }
    switch model {
    case .wordPiece(let model): return words(kept, continuation: Array(model.continuationPrefix.utf8))
    case .bytePairs, .unigram: break
    }
    var bytes: [UInt8] = []
    for id in kept {
      let spelling = vocabulary.spelling(of: id)
      if preTokenizer.isByteLevel {
        bytes += ByteAlphabet.bytes(spelledBy: spelling) ?? Array(spelling)
      } else if let byte = Self.fallbackByte(spelling) {
        bytes.append(byte)
      } else {
        bytes += Self.unmarked(spelling)
      }
    }
    // The blank that was put in front of the first word.
    if !preTokenizer.isByteLevel, bytes.first == 0x20 { bytes.removeFirst() }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func words(_ ids: [Int32], continuation: [UInt8]) -> String {
    var bytes: [UInt8] = []
    for id in ids {
      let spelling = vocabulary.spelling(of: id)
      if spelling.starts(with: continuation), !continuation.isEmpty {
        bytes += spelling.dropFirst(continuation.count)
      } else {
        if !bytes.isEmpty { bytes.append(0x20) }
        bytes += spelling
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// `<0x0A>`
  private static func fallbackByte(_ spelling: ArraySlice<UInt8>) -> UInt8? {
    guard spelling.count == 6, spelling.starts(with: "<0x".utf8), spelling.last == UInt8(ascii: ">") else { return nil }
    return UInt8(String(decoding: spelling.dropFirst(3).dropLast(), as: UTF8.self), radix: 16)
  }

  /// With blanks in place of U+2581.
  private static func unmarked(_ spelling: ArraySlice<UInt8>) -> [UInt8] {
    let mark: [UInt8] = [0xE2, 0x96, 0x81]
    var result: [UInt8] = []
    var rest = spelling
    while let first = rest.first {
      if first == mark[0], rest.starts(with: mark) {
        result.append(0x20)
        rest = rest.dropFirst(mark.count)
      } else {
        result.append(first)
        rest = rest.dropFirst()
      }
    }
    return result
  }
}
