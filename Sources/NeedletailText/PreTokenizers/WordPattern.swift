/// The regular expressions by which byte-level models cut text into words, as scanners.
///
/// They are those that the models were published with; each covers every text, so that nothing lies between matches.
///
/// - GPT-2 (Radford et al., 2019): `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
/// - cl100k, also of Llama 3: `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
/// - Qwen 2 and 3: the same with `\p{N}`.
enum WordPattern: Hashable, Sendable {
  case gpt2
  /// With at most so many digits to a word.
  case lineAware(digits: Int)

  /// The pattern that a regular expression of `tokenizer.json` stands for, if it is known.
  init?(regularExpression: String) {
    let contractions = "'s|'t|'re|'ve|'m|'ll|'d"
    func lineAware(_ numbers: String) -> String {
      "(?i:\(contractions))|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\(numbers)| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
    }
    switch regularExpression {
    case "\(contractions)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+": self = .gpt2
    case lineAware("\\p{N}{1,3}"): self = .lineAware(digits: 3)
    case lineAware("\\p{N}"): self = .lineAware(digits: 1)
    default: return nil
    }
  }

  static let supported = ["the regular expressions of GPT-2, cl100k (Llama 3) and Qwen 2"]

  /// Appends the words of `text[range]`.
  func append(_ range: Range<Int>, of text: Span<UInt8>, to words: inout [Range<Int>]) {
    let scanner = WordScanner(end: range.upperBound)
    var position = range.lowerBound
    while position < range.upperBound {
      let end =
        self == .gpt2
        ? scanner.blankAwareWord(in: text, at: position)
        : scanner.lineAwareWord(in: text, at: position, digits: maximumDigits)
      words.append(position..<end)
      position = end
    }
  }

  private var maximumDigits: Int {
    if case .lineAware(let digits) = self { digits } else { .max }
  }
}

/// Finds where words end.
private struct WordScanner {
  typealias Class = SubwordCharacters.Class

  let end: Int
  private let characters = SubwordCharacters.shared

  init(end: Int) { self.end = end }

  @inline(__always)
  private func look(_ text: Span<UInt8>, _ position: Int) -> (classes: Class, length: Int) {
    let byte = text[position]
    if byte < 0x80 { return (characters.ascii[Int(byte)], 1) }
    let (scalar, length) = Scalars.decode(text, at: position)
    return (characters.classes(of: scalar), min(length, end - position))
  }

  /// The end of the run of scalars with `wanted`, of which at most `count`.
  @inline(__always)
  private func run(_ text: Span<UInt8>, of wanted: Class, from position: Int, atMost count: Int = .max) -> Int {
    var position = position
    var left = count
    while position < end, left > 0 {
      let (classes, length) = look(text, position)
      guard classes.contains(wanted) else { break }
      position += length
      left -= 1
    }
    return position
  }

  /// The end of the run of what is neither letter nor number nor white space.
  @inline(__always)
  private func runOfSymbols(_ text: Span<UInt8>, from position: Int) -> Int {
    var position = position
    while position < end {
      let (classes, length) = look(text, position)
      guard classes.isDisjoint(with: [.letter, .number, .whiteSpace]) else { break }
      position += length
    }
    return position
  }

  private func runOfLineEnds(_ text: Span<UInt8>, from position: Int) -> Int {
    var position = position
    while position < end, isLineEnd(text[position]) { position += 1 }
    return position
  }

  private func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  func blankAwareWord(in text: Span<UInt8>, at position: Int) -> Int {
    if let contraction = contraction(text, at: position, ignoringCase: false) { return contraction }
    let start = text[position] == 0x20 && position + 1 < end ? position + 1 : position
    let classes = look(text, start).classes
    if classes.contains(.letter) { return run(text, of: .letter, from: start) }
    if classes.contains(.number) { return run(text, of: .number, from: start) }
    if !classes.contains(.whiteSpace) { return runOfSymbols(text, from: start) }
    return whiteSpace(text, at: position)
  }

  func lineAwareWord(in text: Span<UInt8>, at position: Int, digits: Int) -> Int {
    if let contraction = contraction(text, at: position, ignoringCase: true) { return contraction }
    let (classes, length) = look(text, position)
    if classes.contains(.letter) { return run(text, of: .letter, from: position) }
    let next = position + length
    if !classes.contains(.number), !isLineEnd(text[position]), next < end, look(text, next).classes.contains(.letter) {
      return run(text, of: .letter, from: next)
    }
    if classes.contains(.number) { return run(text, of: .number, from: position, atMost: digits) }
    if !classes.contains(.whiteSpace) { return runOfLineEnds(text, from: runOfSymbols(text, from: position)) }
    if text[position] == 0x20, next < end, look(text, next).classes.isDisjoint(with: [.letter, .number, .whiteSpace]) {
      return runOfLineEnds(text, from: runOfSymbols(text, from: next))
    }
    let last = run(text, of: .whiteSpace, from: position)
    for place in stride(from: last - 1, through: position, by: -1) where isLineEnd(text[place]) { return place + 1 }
    return whiteSpace(text, at: position)
  }

  /// `\s+(?!\S)|\s+`: white space before a word leaves it the last scalar.
  private func whiteSpace(_ text: Span<UInt8>, at position: Int) -> Int {
    let last = run(text, of: .whiteSpace, from: position)
    guard last < end else { return last }
    var shorter = last - 1
    while shorter > position, Scalars.isContinuation(text[shorter]) { shorter -= 1 }
    return shorter > position ? shorter : last
  }

  /// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d`.
  private func contraction(_ text: Span<UInt8>, at position: Int, ignoringCase: Bool) -> Int? {
    guard text[position] == 0x27, position + 1 < end else { return nil }
    func letter(_ place: Int) -> UInt8 {
      guard place < end else { return 0 }
      let byte = text[place]
      return ignoringCase && (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
    switch (letter(position + 1), letter(position + 2)) {
    case (UInt8(ascii: "s"), _), (UInt8(ascii: "t"), _), (UInt8(ascii: "m"), _), (UInt8(ascii: "d"), _): return position + 2
    case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")), (UInt8(ascii: "l"), UInt8(ascii: "l")):
      return position + 3
    // U+017F, the long s, is an s without regard to case.
    case (0xC5, 0xBF) where ignoringCase: return position + 3
    default: return nil
    }
  }
}
