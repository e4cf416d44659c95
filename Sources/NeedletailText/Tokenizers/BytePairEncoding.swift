/// The byte-pair model: a word's characters, joined pair by pair in the order in which training found them.
///
/// R. Sennrich, B. Haddow and A. Birch, "Neural machine translation of rare words with subword units", ACL 2016, section 3.2; over
/// bytes as in A. Radford et al., "Language models are unsupervised multitask learners", 2019, section 2.2. A token of the
/// vocabulary that its own merges lead to is found by one look, without merging.
struct BytePairEncoding: Sendable {
  /// Tokens by the text they stand for.
  let tokens: TokenTable
  let merges: MergeTable
  /// For each id whether merging the token's own text gives the token.
  private var isReached: [Bool] = []
  /// For each byte the token that a byte-level model, or falling back to bytes, has for it; or -1.
  private let byteIDs: [Int32]
  private let isByteLevel: Bool
  private let fallsBackToBytes: Bool
  /// What stands for a character that has no token; nil leaves it out.
  private let unknownID: Int32?
  private let fusesUnknown: Bool
  /// The mark of a word's beginning, where no token reaches across one: then words are looked up one by one, as long as texts are.
  private var wordMark: [UInt8] = []

  /// How characters without merges are treated.
  struct Options {
    /// Words are bytes, and tokens are spelled as such.
    var isByteLevel = false
    /// Whether characters without a token become the tokens of their bytes; those are in `byteIDs`.
    var fallsBackToBytes = false
    var byteIDs: [Int32] = []
    var unknownID: Int32?
    var fusesUnknown = false
    /// Words that are tokens need no merges.
    var ignoresMerges = false
  }

  init(tokens: TokenTable, merges: MergeTable, options: Options) {
    self.tokens = tokens
    self.merges = merges
    isByteLevel = options.isByteLevel
    fallsBackToBytes = options.fallsBackToBytes
    byteIDs = options.byteIDs
    unknownID = options.unknownID
    fusesUnknown = options.fusesUnknown
    guard !options.ignoresMerges else {
      isReached = Array(repeating: true, count: tokens.idLimit)
      return
    }
    isReached = reachedTokens()
    if !isByteLevel, marksOnlyBeginnings(Self.sentencePieceMark) { wordMark = Self.sentencePieceMark }
  }

  private static let sentencePieceMark = Array("\u{2581}".utf8)

  /// Whether the mark is a token, and stands in tokens only at the beginning.
  private func marksOnlyBeginnings(_ mark: [UInt8]) -> Bool {
    tokens.id(of: mark) != nil && (0..<Int32(tokens.idLimit)).allSatisfy { id in
      let spelling = Array(tokens.spelling(of: id))
      return endOfMarkedWord(spelling.indices, spelling.span, mark) == spelling.count
    }
  }

  /// Where the word that begins with any number of marks ends: before the next mark, or with the range.
  private func endOfMarkedWord(_ range: Range<Int>, _ text: Span<UInt8>, _ mark: [UInt8]) -> Int {
    func isMark(_ position: Int) -> Bool {
      guard text[position] == mark[0], position + mark.count <= range.upperBound else { return false }
      return mark.indices.allSatisfy { text[position + $0] == mark[$0] }
    }
    var position = range.lowerBound
    while position < range.upperBound, isMark(position) { position += mark.count }
    while position < range.upperBound, !isMark(position) { position += 1 }
    return position
  }

  private func reachedTokens() -> [Bool] {
    var room = MergeRoom()
    var pieces: [TokenPiece] = []
    return (0..<Int32(tokens.idLimit)).map { id in
      let spelling = Array(tokens.spelling(of: id))
      guard !spelling.isEmpty else { return false }
      pieces.removeAll(keepingCapacity: true)
      merge(spelling.indices, of: spelling.span, to: &pieces, &room)
      return pieces.count == 1 && pieces[0].id == id
    }
  }

  /// Appends the tokens of one word.
  func append(_ word: Range<Int>, of text: Span<UInt8>, to pieces: inout [TokenPiece], _ room: inout MergeRoom) {
    guard !wordMark.isEmpty else { return append(unmarked: word, of: text, to: &pieces, &room) }
    var start = word.lowerBound
    while start < word.upperBound {
      let end = endOfMarkedWord(start..<word.upperBound, text, wordMark)
      append(unmarked: start..<end, of: text, to: &pieces, &room)
      start = end
    }
  }

  private func append(unmarked word: Range<Int>, of text: Span<UInt8>, to pieces: inout [TokenPiece], _ room: inout MergeRoom) {
    let whole = tokens.id(of: text, word)
    if whole >= 0, isReached[Int(whole)] { return pieces.append(TokenPiece(id: whole, end: word.upperBound)) }
    merge(word, of: text, to: &pieces, &room)
  }

  private func merge(_ word: Range<Int>, of text: Span<UInt8>, to pieces: inout [TokenPiece], _ room: inout MergeRoom) {
    room.symbols.removeAll(keepingCapacity: true)
    if isByteLevel {
      for position in word where byteIDs[Int(text[position])] >= 0 {
        room.symbols.append(TokenPiece(id: byteIDs[Int(text[position])], end: position + 1))
      }
    } else {
      appendCharacters(word, of: text, to: &room.symbols)
    }
    room.merge(by: merges)
    pieces.append(contentsOf: room.symbols)
  }

  private func appendCharacters(_ word: Range<Int>, of text: Span<UInt8>, to symbols: inout [TokenPiece]) {
    var unknown: TokenPiece?
    var position = word.lowerBound
    while position < word.upperBound {
      let end = min(word.upperBound, position + Scalars.decode(text, at: position).length)
      let id = tokens.id(of: text, position..<end)
      if id >= 0 {
        if let pending = unknown { symbols.append(pending) }
        unknown = nil
        symbols.append(TokenPiece(id: id, end: end))
      } else if fallsBackToBytes, (position..<end).allSatisfy({ byteIDs[Int(text[$0])] >= 0 }) {
        for place in position..<end { symbols.append(TokenPiece(id: byteIDs[Int(text[place])], end: place + 1)) }
      } else if let unknownID {
        if let pending = unknown, !fusesUnknown { symbols.append(pending) }
        unknown = TokenPiece(id: unknownID, end: end)
      }
      position = end
    }
    if let unknown { symbols.append(unknown) }
  }
}

/// A token of a word; it begins where the one before ends.
struct TokenPiece: Hashable, Sendable {
  var id: Int32
  var end: Int
}
