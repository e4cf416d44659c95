/// The steps that bring a text into the form a model was trained on; none for models that take it as it is.
struct Normalizer: Hashable, Sendable {
  var steps: [Step] = []

  /// One step, named as in `tokenizer.json`.
  enum Step: Hashable, Sendable {
    case bert(BertNormalizer)
    case form(UnicodeForm)
    case lowercase
    case stripAccents
    /// Removes white space at the ends.
    case strip(left: Bool, right: Bool)
    /// Puts a string in front of a text that is not empty.
    case prepend(String)
    case replace(String, with: String)
    /// Replaces each run of so many blanks or more.
    case replaceBlanks(atLeast: Int, with: String)
    case map(CharacterMap)
  }

  /// Whether a text may be cut between an ASCII character and a blank, and the parts normalised one by one.
  var worksInParts: Bool {
    steps.allSatisfy { step in
      switch step {
      case .strip, .prepend: false
      case .replace(let pattern, _): !pattern.utf8.dropFirst().contains(0x20)
      case .bert, .form, .lowercase, .stripAccents, .replaceBlanks, .map: true
      }
    }
  }

  /// Makes the normal form of `source[range]` the whole of `text`; `spare` is room to work in.
  func write(_ source: Span<UInt8>, _ range: Range<Int>, to text: inout NormalizedText, spare: inout NormalizedText) {
    text.removeAll()
    guard let first = steps.first else { return text.append(verbatim: source, range) }
    first.append(source, range, to: &text)
    for step in steps.dropFirst() {
      swap(&text, &spare)
      text.removeAll()
      step.append(spare.bytes.span, spare.bytes.indices, to: &text)
      text.rebase(onto: spare)
    }
  }

  /// The normal form of a string.
  func normalized(_ string: String) -> String {
    var (text, spare) = (NormalizedText(keepsOrigins: false), NormalizedText(keepsOrigins: false))
    let bytes = Array(string.utf8)
    write(bytes.span, bytes.indices, to: &text, spare: &spare)
    return String(decoding: text.bytes, as: UTF8.self)
  }
}

extension Normalizer.Step {
  /// Appends what becomes of `source[range]`, with origins in `source`.
  func append(_ source: Span<UInt8>, _ range: Range<Int>, to text: inout NormalizedText) {
    switch self {
    case .bert(let normalizer): normalizer.append(source, range, to: &text)
    case .form(let form): form.append(source, range, to: &text)
    case .map(let map): map.append(source, range, to: &text)
    case .lowercase: appendScalars(source, range, to: &text) { BertCharacters.shared.lowercased($0) }
    case .stripAccents:
      appendScalars(source, range, to: &text) { SubwordCharacters.shared.classes(of: $0).contains(.mark) ? [] : [$0] }
    case .strip(let left, let right): text.append(verbatim: source, stripped(range, of: source, left, right))
    case .prepend(let prefix):
      guard !range.isEmpty else { return }
      text.append(prefix.utf8, at: range.lowerBound..<range.lowerBound)
      text.append(verbatim: source, range)
    case .replace(let pattern, let replacement):
      let pattern = Array(pattern.utf8)
      append(source, range, to: &text, replacement: replacement) { position in
        matches(pattern, source, position..<range.upperBound) ? pattern.count : 0
      }
    case .replaceBlanks(let count, let replacement):
      append(source, range, to: &text, replacement: replacement) { position in
        var end = position
        while end < range.upperBound, source[end] == 0x20 { end += 1 }
        return end - position >= count ? end - position : 0
      }
    }
  }

  private func appendScalars(
    _ source: Span<UInt8>, _ range: Range<Int>, to text: inout NormalizedText, _ form: (UInt32) -> [UInt32]
  ) {
    var position = range.lowerBound
    while position < range.upperBound {
      let (scalar, length) = Scalars.decode(source, at: position)
      for part in form(scalar) { text.append(scalar: part, origin: Int32(position)..<Int32(position + length)) }
      position += length
    }
  }

  /// Copies bytes, except where `matchLength` finds something to replace.
  private func append(
    _ source: Span<UInt8>, _ range: Range<Int>, to text: inout NormalizedText, replacement: String, matchLength: (Int) -> Int
  ) {
    let replacement = Array(replacement.utf8)
    var position = range.lowerBound
    var copied = position
    while position < range.upperBound {
      let length = matchLength(position)
      guard length > 0 else {
        position += 1
        continue
      }
      text.append(verbatim: source, copied..<position)
      text.append(replacement, at: position..<position + length)
      position += length
      copied = position
    }
    text.append(verbatim: source, copied..<range.upperBound)
  }

  private func matches(_ pattern: [UInt8], _ source: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard pattern.count <= range.count else { return false }
    for (offset, byte) in pattern.enumerated() where source[range.lowerBound + offset] != byte { return false }
    return true
  }

  private func stripped(_ range: Range<Int>, of source: Span<UInt8>, _ left: Bool, _ right: Bool) -> Range<Int> {
    func isWhiteSpace(_ position: Int) -> Bool {
      SubwordCharacters.shared.classes(of: Scalars.decode(source, at: position).scalar).contains(.whiteSpace)
    }
    var (start, end) = (range.lowerBound, range.upperBound)
    while left, start < end, isWhiteSpace(start) { start += Scalars.decode(source, at: start).length }
    while right, end > start {
      var last = end - 1
      while last > start, Scalars.isContinuation(source[last]) { last -= 1 }
      guard isWhiteSpace(last) else { break }
      end = last
    }
    return start..<max(start, end)
  }
}
