/// The steps that cut a normalised text into the pieces that a model sees one by one.
struct PreTokenizer: Hashable, Sendable {
  var steps: [Step] = []

  /// One step, named as in `tokenizer.json`.
  enum Step: Hashable, Sendable {
    /// At white space, which goes, and at punctuation, which stays as pieces of one scalar.
    case bert
    /// At white space, which goes.
    case whiteSpaceSplit
    /// Runs of `\w`, and of what is neither that nor white space.
    case whiteSpace
    /// At numbers, or at each of their digits.
    case digits(individually: Bool)
    case punctuation(DelimiterBehavior)
    /// At a string.
    case delimiter([UInt8], DelimiterBehavior)
    case pattern(WordPattern)
    case metaspace(Metaspace)
    /// The words of a byte-level model.
    case byteLevel(prefixesBlank: Bool, pattern: WordPattern?)
  }

  /// Whether a text may be cut between an ASCII character and a blank, and the parts split one by one.
  var worksInParts: Bool {
    !steps.isEmpty && steps.allSatisfy { step in
      switch step {
      case .metaspace(let metaspace): metaspace.splits
      case .delimiter(let delimiter, _): !delimiter.contains(0x20)
      case .byteLevel(_, let pattern): pattern != nil || steps.count > 1
      default: true
      }
    }
  }

  /// Whether the model gets bytes to which it gives names of their own.
  var isByteLevel: Bool {
    if case .byteLevel = steps.last { true } else { false }
  }

  /// Whether a prefix depends on whether something before a piece was dropped.
  var asksForOrigins: Bool {
    steps.contains { if case .metaspace(let metaspace) = $0 { metaspace.prefix == .first } else { false } }
  }

  /// Cuts the text of the scratch into its pieces.
  ///
  /// - Parameter isStart: whether the text begins where the input begins.
  func split(_ scratch: inout TokenScratch, isStart: Bool) {
    scratch.pieces.removeAll(keepingCapacity: true)
    if !scratch.text.bytes.isEmpty { scratch.pieces.append(scratch.text.bytes.indices) }
    for step in steps {
      scratch.sparePieces.removeAll(keepingCapacity: true)
      step.split(&scratch, isStart: isStart)
      swap(&scratch.pieces, &scratch.sparePieces)
    }
  }
}

extension PreTokenizer.Step {
  /// Writes what becomes of the pieces to the spare ones.
  fileprivate func split(_ scratch: inout TokenScratch, isStart: Bool) {
    switch self {
    case .metaspace(let metaspace):
      scratch.spare.removeAll()
      metaspace.write(scratch.pieces, of: scratch.text, isStart: isStart, to: &scratch.spare, &scratch.sparePieces)
      swap(&scratch.text, &scratch.spare)
    case .byteLevel(let prefixesBlank, let pattern):
      if prefixesBlank { prefixBlanks(&scratch) }
      guard let pattern else { return scratch.sparePieces = scratch.pieces }
      let text = scratch.text.bytes
      for piece in scratch.pieces { pattern.append(piece, of: text.span, to: &scratch.sparePieces) }
    default:
      let text = scratch.text.bytes
      for piece in scratch.pieces { append(piece, of: text.span, to: &scratch.sparePieces) }
    }
  }

  /// Puts a blank in front of each piece that does not begin with one.
  private func prefixBlanks(_ scratch: inout TokenScratch) {
    guard scratch.pieces.contains(where: { scratch.text.bytes[$0.lowerBound] != 0x20 }) else { return }
    scratch.spare.removeAll()
    for (index, piece) in scratch.pieces.enumerated() {
      let start = scratch.spare.bytes.count
      if scratch.text.bytes[piece.lowerBound] != 0x20 {
        let origin = scratch.text.start(of: piece)
        scratch.spare.append(CollectionOfOne(0x20), at: origin..<origin)
      }
      scratch.spare.append(copying: scratch.text, piece)
      scratch.pieces[index] = start..<scratch.spare.bytes.count
    }
    swap(&scratch.text, &scratch.spare)
  }

  private func append(_ piece: Range<Int>, of text: Span<UInt8>, to pieces: inout [Range<Int>]) {
    switch self {
    case .bert: appendBertWords(piece, of: text, to: &pieces)
    case .pattern(let pattern): pattern.append(piece, of: text, to: &pieces)
    case .delimiter(let delimiter, let behavior): behavior.append(parts(of: piece, text, at: delimiter), to: &pieces)
    case .punctuation(let behavior):
      let characters = BertCharacters.shared
      behavior.append(parts(of: piece, text, joined: false) { characters.classes(of: $0).contains(.punctuation) ? 1 : 0 }, to: &pieces)
    case .digits(let individually):
      let characters = SubwordCharacters.shared
      let parts = parts(of: piece, text, joined: !individually) { characters.classes(of: $0).contains(.numeric) ? 1 : 0 }
      (individually ? DelimiterBehavior.isolated : .contiguous).append(parts, to: &pieces)
    case .whiteSpaceSplit:
      let characters = SubwordCharacters.shared
      DelimiterBehavior.removed.append(
        parts(of: piece, text, joined: true) { characters.classes(of: $0).contains(.whiteSpace) ? 1 : 0 }, to: &pieces)
    case .whiteSpace:
      let characters = SubwordCharacters.shared
      let kind = { (scalar: UInt32) in
        let classes = characters.classes(of: scalar)
        return classes.contains(.whiteSpace) ? 1 : classes.contains(.word) ? 0 : 2
      }
      forEachRun(of: piece, text, kind) { range, kind in if kind != 1 { pieces.append(range) } }
    case .metaspace, .byteLevel: preconditionFailure("this step rewrites the text")
    }
  }

  private func appendBertWords(_ range: Range<Int>, of text: Span<UInt8>, to pieces: inout [Range<Int>]) {
    let characters = BertCharacters.shared
    let ascii = characters.ascii
    var wordStart = range.lowerBound
    var position = range.lowerBound
    while position < range.upperBound {
      let byte = text[position]
      var length = 1
      var classes = BertCharacters.Class(rawValue: 0)
      if byte < 0x80 {
        classes = BertCharacters.Class(rawValue: UInt16(ascii[Int(byte)]))
      } else {
        let decoded = Scalars.decode(text, at: position)
        length = min(decoded.length, range.upperBound - position)
        classes = characters.classes(of: decoded.scalar)
      }
      if !classes.isDisjoint(with: [.whiteSpace, .punctuation]) {
        if wordStart < position { pieces.append(wordStart..<position) }
        if classes.contains(.punctuation) { pieces.append(position..<position + length) }
        wordStart = position + length
      }
      position += length
    }
    if wordStart < range.upperBound { pieces.append(wordStart..<range.upperBound) }
  }

  /// The separators, which are scalars of kind 1, and what lies between.
  ///
  /// - Parameter joined: whether neighbouring separators are one.
  private func parts(
    of range: Range<Int>, _ text: Span<UInt8>, joined: Bool, _ kind: (UInt32) -> Int
  ) -> [DelimiterBehavior.Part] {
    var parts: [DelimiterBehavior.Part] = []
    forEachRun(of: range, text, kind) { run, kind in
      guard kind == 1, !joined else { return parts.append(.init(range: run, isDelimiter: kind == 1)) }
      var position = run.lowerBound
      while position < run.upperBound {
        let end = min(run.upperBound, position + Scalars.decode(text, at: position).length)
        parts.append(.init(range: position..<end, isDelimiter: true))
        position = end
      }
    }
    return parts
  }

  private func parts(of range: Range<Int>, _ text: Span<UInt8>, at delimiter: [UInt8]) -> [DelimiterBehavior.Part] {
    var parts: [DelimiterBehavior.Part] = []
    var start = range.lowerBound
    var position = start
    while position + delimiter.count <= range.upperBound {
      guard delimiter.indices.allSatisfy({ text[position + $0] == delimiter[$0] }) else {
        position += 1
        continue
      }
      if start < position { parts.append(.init(range: start..<position, isDelimiter: false)) }
      parts.append(.init(range: position..<position + delimiter.count, isDelimiter: true))
      position += delimiter.count
      start = position
    }
    if start < range.upperBound { parts.append(.init(range: start..<range.upperBound, isDelimiter: false)) }
    return parts
  }

  private func forEachRun(
    of range: Range<Int>, _ text: Span<UInt8>, _ kind: (UInt32) -> Int, _ body: (Range<Int>, Int) -> Void
  ) {
    var start = range.lowerBound
    var position = start
    var current: Int?
    while position < range.upperBound {
      let (scalar, length) = Scalars.decode(text, at: position)
      let found = kind(scalar)
      if let current, current != found {
        body(start..<position, current)
        start = position
      }
      current = found
      position = min(range.upperBound, position + length)
    }
    if let current { body(start..<range.upperBound, current) }
  }
}
