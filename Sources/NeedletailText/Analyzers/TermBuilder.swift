internal import Foundation

/// Makes terms of the segments of one text.
struct TermBuilder: ~Copyable {
  private(set) var terms: [AnalyzedTerm] = []
  private let specification: AnalyzerSpecification
  private let stopWords: Set<String>
  private let longestStopWord: Int
  private let stemmer: Stemmer?
  private let breaks = WordBreak.shared
  private let characters = BertCharacters.shared
  /// The bytes of the term in the making.
  private var buffer: [UInt8] = []
  /// Where each of the syllables begins that stand side by side just now, and where the last one ends.
  private var run: [Int] = []
  private var runEnd = 0

  init(_ specification: AnalyzerSpecification, stopWords: Set<String>, stemmer: consuming Stemmer?) {
    self.specification = specification
    self.stopWords = stopWords
    longestStopWord = stopWords.lazy.map(\.utf8.count).max() ?? 0
    self.stemmer = stemmer
  }

  mutating func reserve(_ count: Int) { terms.reserveCapacity(count) }

  /// Adds the terms of one segment.
  mutating func append(_ range: Range<Int>, _ segment: WordSegmenter.Segment, of text: Span<UInt8>) {
    guard segment.bearsMeaning else { return endRun(of: text) }
    if segment.hasSyllables {
      appendMixed(range, of: text)
    } else {
      endRun(of: text)
      appendWords(range, isSimple: segment.isSimple, of: text)
    }
  }

  /// Adds what is still open.
  mutating func finish(_ text: Span<UInt8>) { endRun(of: text) }

  // MARK: Pairs

  /// A segment may hold syllables and letters side by side: "한글abc" is one by the rules.
  private mutating func appendMixed(_ range: Range<Int>, of text: Span<UInt8>) {
    var wordStart: Int?
    var position = range.lowerBound
    while position < range.upperBound {
      let (scalar, length) = Scalars.decode(text, at: position)
      let property = breaks.property(of: scalar)
      if property.isIgnored {
        if wordStart == nil, !run.isEmpty { runEnd = position + length }
      } else if property.hasPairs {
        if let start = wordStart { appendWords(start..<position, isSimple: false, of: text) }
        wordStart = nil
        run.append(position)
        runEnd = position + length
      } else if wordStart == nil {
        endRun(of: text)
        wordStart = position
      }
      position += length
    }
    if let start = wordStart { appendWords(start..<range.upperBound, isSimple: false, of: text) }
  }

  /// Adds each two neighbours of the run as a term, or its only character.
  private mutating func endRun(of text: Span<UInt8>) {
    guard !run.isEmpty else { return }
    run.append(runEnd)
    let width = min(2, run.count - 1)
    for index in 0..<run.count - width {
      let range = run[index]..<run[index + width]
      buffer.removeAll(keepingCapacity: true)
      for position in range { buffer.append(text[position]) }
      appendBuffer(range)
    }
    run.removeAll(keepingCapacity: true)
  }

  // MARK: Words

  private mutating func appendWords(_ range: Range<Int>, isSimple: Bool, of text: Span<UInt8>) {
    guard specification.splitsIdentifiers else { return appendWord(range, isSimple: isSimple, of: text) }
    for part in IdentifierParts.ranges(in: range, of: text) { appendWord(part, isSimple: isSimple, of: text) }
  }

  private mutating func appendWord(_ range: Range<Int>, isSimple: Bool, of text: Span<UInt8>) {
    buffer.removeAll(keepingCapacity: true)
    if isSimple {
      for position in range {
        let byte = text[position]
        buffer.append(byte &- 0x41 < 26 ? byte | 0x20 : byte)
      }
    } else {
      fillBuffer(range, of: text)
    }
    guard !buffer.isEmpty, !isStopWord else { return }
    if stemmer != nil { stemBuffer() }
    if !isSimple, specification.foldsAccents { foldBuffer() }
    appendBuffer(range)
  }

  private mutating func appendBuffer(_ range: Range<Int>) {
    if buffer.count > Analyzer.maximumTermBytes {
      var end = Analyzer.maximumTermBytes
      while end > 0, Scalars.isContinuation(buffer[end]) { end -= 1 }
      buffer.removeSubrange(end...)
    }
    terms.append(AnalyzedTerm(term: String(decoding: buffer, as: UTF8.self), byteRange: range))
  }

  private var isStopWord: Bool {
    buffer.count <= longestStopWord && stopWords.contains(String(decoding: buffer, as: UTF8.self))
  }

  /// Lower case, the plain apostrophe, the usual width and composed characters.
  private mutating func fillBuffer(_ range: Range<Int>, of text: Span<UInt8>) {
    var mayCompose = false
    var position = range.lowerBound
    while position < range.upperBound {
      var (scalar, length) = Scalars.decode(text, at: position)
      position += length
      switch scalar {
      case 0xAD: continue  // soft hyphen
      case 0x2019, 0xFF07: scalar = 0x27
      case 0xFF01...0xFF5E: scalar -= 0xFEE0
      case 0x300...0x36F: mayCompose = true
      default: break
      }
      for part in scalar < 0x80 ? [] : characters.lowercased(scalar) { Scalars.append(part, to: &buffer) }
      if scalar < 0x80 { buffer.append(UInt8(scalar) &- 0x41 < 26 ? UInt8(scalar) | 0x20 : UInt8(scalar)) }
    }
    if mayCompose {
      buffer = Array(String(decoding: buffer, as: UTF8.self).precomposedStringWithCanonicalMapping.utf8)
    }
  }

  private mutating func stemBuffer() {
    if specification.language == .english { dropPossessive() }
    stemmer?.stem(&buffer)
  }

  /// "needle's" is "needle": Porter's algorithm leaves it to others.
  private mutating func dropPossessive() {
    if buffer.count > 2, buffer.last == 0x73, buffer[buffer.count - 2] == 0x27 { buffer.removeLast(2) }
  }

  private mutating func foldBuffer() {
    guard buffer.contains(where: { $0 >= 0x80 }) else { return }
    let bytes = buffer
    let span = bytes.span
    buffer.removeAll(keepingCapacity: true)
    var position = 0
    while position < span.count {
      let (scalar, length) = Scalars.decode(span, at: position)
      position += length
      for part in characters.decomposed(scalar) where !characters.classes(of: part).contains(.accent) {
        Scalars.append(part, to: &buffer)
      }
    }
    // A word of nothing but marks stays as it is.
    if buffer.isEmpty { buffer = bytes }
  }
}
