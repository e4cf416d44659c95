internal import Foundation

extension WordPieceTokenizer {
  /// Reads `tokenizer.json` in a model's directory, or `vocab.txt` with `tokenizer_config.json` where there is none.
  ///
  /// - Throws: ``TextError`` that names the file and the key in it: a file is missing or damaged, or it asks for another
  ///   model than WordPiece.
  public init(directory: String) throws(TextError) {
    let file = Self.path("tokenizer.json", in: directory)
    if FileManager.default.fileExists(atPath: file) {
      try self.init(tokenizerFile: file)
    } else if FileManager.default.fileExists(atPath: Self.path("vocab.txt", in: directory)) {
      try self.init(
        vocabularyFile: Self.path("vocab.txt", in: directory),
        configurationFile: Self.path("tokenizer_config.json", in: directory))
    } else {
      throw .unreadable(file: file, reason: "the directory has neither it nor vocab.txt")
    }
  }

  /// Reads a `tokenizer.json`.
  public init(tokenizerFile path: String) throws(TextError) {
    let file = try Self.decode(TokenizerFile.self, from: path)
    let unchanged = BertNormalizer(cleansText: false, separatesIdeographs: false, stripsAccents: false, lowercases: false)
    try self.init(
      parts: Parts(
        file: path, vocabularyKey: "model.vocab", vocabulary: file.model.vocabulary, unknownToken: file.model.unknownToken,
        continuationPrefix: file.model.continuationPrefix, maximumWordLength: file.model.maximumWordLength,
        normalizer: file.normalizer?.bert ?? unchanged, added: file.addedTokens, frame: file.frame,
        declaredMaximumTokens: file.truncation?.maximumLength))
  }

  /// Reads a `vocab.txt` and the `tokenizer_config.json` that belongs to it.
  public init(vocabularyFile path: String, configurationFile: String) throws(TextError) {
    let configuration = try Self.decode(TokenizerConfiguration.self, from: configurationFile)
    let vocabulary = VocabularyFile.read(Array(try Self.contents(of: path)))
    func id(_ token: String, _ key: String) throws(TextError) -> Int32 {
      guard let id = vocabulary[token] else {
        throw .malformed(file: configurationFile, key: key, reason: "is \"\(token)\", which \(path) does not have")
      }
      return id
    }
    var frame = TokenizerFile.Frame()
    frame.prefix = [try id(configuration.classification, "cls_token")]
    frame.suffix = [try id(configuration.separator, "sep_token")]
    var added = configuration.added
    for token in [configuration.unknown, configuration.separator, configuration.classification, configuration.padding, configuration.mask]
    where !added.contains(where: { $0.content == token }) {
      guard let id = vocabulary[token] else { continue }
      added.append(
        TokenizerFile.Token(id: id, content: token, isSingleWord: false, stripsLeft: false, stripsRight: false, isNormalized: false))
    }
    try self.init(
      parts: Parts(
        file: path, vocabularyKey: "", vocabulary: vocabulary, unknownToken: configuration.unknown, continuationPrefix: "##",
        maximumWordLength: 100,
        normalizer: BertNormalizer(
          cleansText: true, separatesIdeographs: configuration.separatesIdeographs,
          stripsAccents: configuration.stripsAccents ?? configuration.lowercases, lowercases: configuration.lowercases),
        added: added, frame: frame, declaredMaximumTokens: configuration.maximumLength))
  }

  /// What both kinds of files come down to.
  private struct Parts {
    var file: String
    var vocabularyKey: String
    var vocabulary: [String: Int32]
    var unknownToken: String
    var continuationPrefix: String
    var maximumWordLength: Int
    var normalizer: BertNormalizer
    var added: [TokenizerFile.Token]
    var frame: TokenizerFile.Frame
    var declaredMaximumTokens: Int?
  }

  private init(parts: Parts) throws(TextError) {
    try Self.check(parts)
    guard let unknownID = parts.vocabulary[parts.unknownToken] else {
      throw .malformed(file: parts.file, key: "model.unk_token", reason: "is \"\(parts.unknownToken)\", which the vocabulary does not have")
    }
    normalizer = parts.normalizer
    model = WordPiece(
      vocabulary: parts.vocabulary.filter { !$0.key.isEmpty }.map { (token: $0.key, id: $0.value) }, unknownID: unknownID,
      continuationPrefix: parts.continuationPrefix, maximumWordLength: parts.maximumWordLength)
    verbatimTokens = AddedTokens(Self.addedTokens(parts.added.filter { !$0.isNormalized }))
    normalizedTokens = AddedTokens(
      Self.addedTokens(parts.added.filter(\.isNormalized)) { Self.normalized($0, by: parts.normalizer) })
    prefix = parts.frame.prefix
    suffix = parts.frame.suffix
    vocabularySize = Set(parts.vocabulary.values).union(parts.added.map(\.id)).count
    declaredMaximumTokens = parts.declaredMaximumTokens
  }

  /// Ids are numbers of rows in a table of embeddings: each stands for one token.
  private static func check(_ parts: Parts) throws(TextError) {
    guard !parts.vocabulary.isEmpty else { throw .malformed(file: parts.file, key: parts.vocabularyKey, reason: "is empty") }
    var tokens: [Int32: String] = [:]
    for (token, id) in parts.vocabulary {
      guard id >= 0 else { throw .malformed(file: parts.file, key: parts.vocabularyKey, reason: "gives \"\(token)\" the negative id \(id)") }
      if let other = tokens.updateValue(token, forKey: id) {
        let pair = [token, other].sorted()
        throw .malformed(file: parts.file, key: parts.vocabularyKey, reason: "gives \"\(pair[0])\" and \"\(pair[1])\" the same id \(id)")
      }
    }
    for token in parts.added {
      let known = parts.vocabulary[token.content] ?? token.id
      guard token.id >= 0, known == token.id, tokens[token.id, default: token.content] == token.content else {
        throw .malformed(file: parts.file, key: "added_tokens", reason: "gives \"\(token.content)\" the id \(token.id), which contradicts the vocabulary")
      }
      tokens[token.id] = token.content
    }
    for id in parts.frame.prefix + parts.frame.suffix where tokens[id] == nil {
      throw .malformed(file: parts.file, key: "post_processor", reason: "uses the id \(id), which stands for no token")
    }
    guard parts.maximumWordLength > 0 else {
      throw .malformed(file: parts.file, key: "model.max_input_chars_per_word", reason: "is not positive")
    }
  }

  private static func addedTokens(_ entries: [TokenizerFile.Token], form: (String) -> String = { $0 }) -> [AddedToken] {
    var seen: Set<String> = []
    return entries.compactMap { entry in
      let content = form(entry.content)
      guard !content.isEmpty, seen.insert(content).inserted else { return nil }
      return AddedToken(
        content: content, id: entry.id, isSingleWord: entry.isSingleWord, stripsLeft: entry.stripsLeft, stripsRight: entry.stripsRight,
        isNormalized: entry.isNormalized)
    }
  }

  private static func normalized(_ text: String, by normalizer: BertNormalizer) -> String {
    let bytes = Array(text.utf8)
    var result = NormalizedText(keepsOrigins: false)
    normalizer.append(bytes.span, bytes.indices, to: &result)
    return String(decoding: result.bytes, as: UTF8.self)
  }

  // MARK: Files

  private static func path(_ name: String, in directory: String) -> String {
    directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
  }

  private static func contents(of path: String) throws(TextError) -> Data {
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw .unreadable(file: path, reason: error.localizedDescription)
    }
  }

  private static func decode<Value: Decodable>(_ type: Value.Type, from path: String) throws(TextError) -> Value {
    let data = try contents(of: path)
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch let error as UnsupportedMethod {
      throw .unsupported(file: path, key: error.key, value: error.value, supported: error.supported.joined(separator: ", "))
    } catch let error as DecodingError {
      throw .malformed(decoding: error, in: path)
    } catch {
      throw .malformed(file: path, key: "", reason: "is not JSON")
    }
  }
}

extension TextError {
  /// Says in words what a decoder found wrong.
  fileprivate static func malformed(decoding error: DecodingError, in file: String) -> TextError {
    switch error {
    case .keyNotFound(let key, let context):
      .malformed(file: file, key: (context.codingPath + [key]).joinedPath, reason: "is missing")
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      .malformed(file: file, key: context.codingPath.joinedPath, reason: "has the wrong type")
    case .dataCorrupted(let context):
      .malformed(
        file: file, key: context.codingPath.joinedPath,
        reason: context.codingPath.isEmpty ? "is not JSON that can be read" : context.debugDescription)
    @unknown default:
      .malformed(file: file, key: "", reason: "cannot be decoded")
    }
  }
}
