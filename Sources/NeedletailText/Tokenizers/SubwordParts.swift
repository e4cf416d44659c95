/// What all kinds of files come down to, before it is known to make sense.
struct SubwordParts {
  var file: String
  var vocabularyKey: String
  /// Tokens with their ids; with scores, the id of a token is its place.
  var tokens: [(token: [UInt8], id: Int32)]
  var scores: [Double]?
  var merges: [(left: [UInt8], right: [UInt8])]
  var model: TokenizerFile.Model
  var normalizer: Normalizer
  var preTokenizer: PreTokenizer
  var added: [TokenizerFile.Token]
  var frame: TokenizerFile.Frame
  var declaredMaximumTokens: Int?

  /// Ids are numbers of rows in a table of embeddings: each stands for one token.
  func check() throws(TextError) {
    guard !tokens.isEmpty else { throw flaw(vocabularyKey, "is empty") }
    var spellings: [Int32: [UInt8]] = [:]
    var ids: [[UInt8]: Int32] = [:]
    for (token, id) in tokens {
      guard id >= 0 else { throw flaw(vocabularyKey, "gives \(quoted(token)) the negative id \(id)") }
      guard id < 1 << 28 else { throw flaw(vocabularyKey, "gives \(quoted(token)) the id \(id), which no model has room for") }
      if let other = spellings.updateValue(token, forKey: id), other != token {
        let pair = [quoted(token), quoted(other)].sorted()
        throw flaw(vocabularyKey, "gives \(pair[0]) and \(pair[1]) the same id \(id)")
      }
      ids[token] = id
    }
    for token in added {
      let content = Array(token.content.utf8)
      guard token.id >= 0, token.id < 1 << 28, ids[content] ?? token.id == token.id, spellings[token.id, default: content] == content else {
        throw flaw("added_tokens", "gives \"\(token.content)\" the id \(token.id), which contradicts the vocabulary")
      }
      spellings[token.id] = content
    }
    for id in frame.specialIDs where spellings[id] == nil {
      throw flaw("post_processor", "uses the id \(id), which stands for no token")
    }
  }

  func makeModel() throws(TextError) -> (model: SubwordModel, unknownID: Int32?) {
    switch model {
    case .wordPiece(let settings): try wordPiece(settings)
    case .bytePairs(let settings): try bytePairs(settings)
    case .unigram(let settings): try unigram(settings)
    }
  }

  private func wordPiece(_ settings: TokenizerFile.Model.WordPieceSettings) throws(TextError) -> (SubwordModel, Int32?) {
    guard settings.maximumWordLength > 0 else { throw flaw("model.max_input_chars_per_word", "is not positive") }
    guard scores == nil else { throw flaw(vocabularyKey, "has to be an object of tokens and ids") }
    try refuseByteLevel(with: "WordPiece")
    guard let unknown = try unknownID(settings.unknownToken, TokenTable(tokens)) else { throw flaw("model.unk_token", "is missing") }
    let model = WordPiece(
      vocabulary: tokens.filter { !$0.token.isEmpty }, unknownID: unknown, continuationPrefix: settings.continuationPrefix,
      maximumWordLength: settings.maximumWordLength)
    return (.wordPiece(model), unknown)
  }

  private func bytePairs(_ settings: TokenizerFile.Model.BytePairSettings) throws(TextError) -> (SubwordModel, Int32?) {
    guard scores == nil else { throw flaw(vocabularyKey, "has to be an object of tokens and ids") }
    let spelled = TokenTable(tokens)
    let unknown = try unknownID(settings.unknownToken, spelled)
    var joined: [(left: Int32, right: Int32, joined: Int32)] = []
    joined.reserveCapacity(merges.count)
    for (index, merge) in merges.enumerated() {
      guard let left = spelled.id(of: merge.left), let right = spelled.id(of: merge.right),
        let whole = spelled.id(of: merge.left + merge.right)
      else { throw flaw("model.merges[\(index)]", "joins \(quoted(merge.left)) and \(quoted(merge.right)), not all of which are in the vocabulary") }
      joined.append((left, right, whole))
    }
    var options = BytePairEncoding.Options()
    options.isByteLevel = preTokenizer.isByteLevel
    options.fallsBackToBytes = settings.fallsBackToBytes
    options.unknownID = unknown
    options.fusesUnknown = settings.fusesUnknown
    options.ignoresMerges = settings.ignoresMerges
    options.byteIDs = options.isByteLevel ? alphabetIDs(spelled) : byteIDs(spelled)
    let table = options.isByteLevel ? TokenTable(tokens.compactMap { entry in
      ByteAlphabet.bytes(spelledBy: entry.token).map { ($0, entry.id) }
    }) : spelled
    return (.bytePairs(BytePairEncoding(tokens: table, merges: MergeTable(joined), options: options)), unknown)
  }

  private func unigram(_ settings: TokenizerFile.Model.UnigramSettings) throws(TextError) -> (SubwordModel, Int32?) {
    guard let scores else { throw flaw(vocabularyKey, "has to be a list of tokens and scores") }
    try refuseByteLevel(with: "Unigram")
    let table = TokenTable(tokens)
    let bytes = byteIDs(table)
    if let id = settings.unknownID {
      guard id >= 0, Int(id) < tokens.count else { throw flaw("model.unk_id", "is \(id), which stands for no token") }
    } else {
      guard settings.fallsBackToBytes, bytes.allSatisfy({ $0 >= 0 }) else {
        throw flaw("model.unk_id", "is missing, and there are no tokens for single bytes")
      }
    }
    // Of a piece that occurs twice the last one counts.
    let pieces = tokens.filter { !$0.token.isEmpty && table.id(of: $0.token) == $0.id }
    let model = Unigram(
      pieces: pieces, scores: scores, unknownID: settings.unknownID, byteIDs: settings.fallsBackToBytes ? bytes : nil)
    return (.unigram(model), settings.unknownID)
  }

  private func refuseByteLevel(with model: String) throws(TextError) {
    guard preTokenizer.isByteLevel else { return }
    throw .unsupported(file: file, key: "pre_tokenizer.type", value: "ByteLevel with \(model)", supported: "ByteLevel with BPE")
  }

  private func unknownID(_ token: String?, _ table: TokenTable) throws(TextError) -> Int32? {
    guard let token else { return nil }
    guard let id = table.id(of: token.utf8) else {
      throw flaw("model.unk_token", "is \"\(token)\", which the vocabulary does not have")
    }
    return id
  }

  /// The tokens `<0x00>` to `<0xFF>`.
  private func byteIDs(_ table: TokenTable) -> [Int32] {
    (0..<256).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return table.id(of: "<0x\(byte < 16 ? "0" : "")\(digits)>".utf8) ?? -1
    }
  }

  /// The tokens of single bytes in a byte-level vocabulary.
  private func alphabetIDs(_ table: TokenTable) -> [Int32] {
    ByteAlphabet.characters.map { character in
      var spelling: [UInt8] = []
      Scalars.append(character, to: &spelling)
      return table.id(of: spelling) ?? -1
    }
  }

  private func flaw(_ key: String, _ reason: String) -> TextError { .malformed(file: file, key: key, reason: reason) }

  private func quoted(_ token: [UInt8]) -> String { "\"\(String(decoding: token, as: UTF8.self))\"" }
}
