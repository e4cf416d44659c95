/// The sentences of a text.
public enum SentenceSplitter {
  /// Sentences in order, without the blanks around them; a line break ends one too.
  public static func sentences(of text: String) -> [String] {
    let bytes = Array(text.utf8)
    var sentences: [String] = []
    var lineStart = 0
    while lineStart < bytes.count {
      let lineEnd = bytes[lineStart...].firstIndex(of: 0x0A) ?? bytes.count
      if lineStart < lineEnd {
        let starts = Sentences.starts(in: lineStart..<lineEnd, of: bytes.span)
        for (start, end) in zip(starts, starts.dropFirst() + [lineEnd]) {
          var range = start..<end
          while let first = range.first, isBlank(bytes[first]) { range = first + 1..<range.upperBound }
          while let last = range.last, isBlank(bytes[last]) { range = range.lowerBound..<last }
          if !range.isEmpty { sentences.append(String(decoding: bytes[range], as: UTF8.self)) }
        }
      }
      lineStart = lineEnd + 1
    }
    return sentences
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
