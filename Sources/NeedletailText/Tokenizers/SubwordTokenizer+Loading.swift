internal import Foundation

extension SubwordTokenizer {
  /// Reads `tokenizer.json` in a model's directory; where there is none, `vocab.json` with `merges.txt`, or `vocab.txt`, each with
  /// `tokenizer_config.json`.
  ///
  /// - Throws: ``TextError`` that names the file and the key in it: a file is missing or damaged, or it asks for a method that is
  ///   not implemented.
  public init(directory: String) throws(TextError) {
    let file = Self.path("tokenizer.json", in: directory)
    if FileManager.default.fileExists(atPath: file) {
      try self.init(tokenizerFile: file)
    } else if ["vocab.json", "merges.txt"].allSatisfy({ FileManager.default.fileExists(atPath: Self.path($0, in: directory)) }) {
      try self.init(bytePairsIn: directory)
    } else if FileManager.default.fileExists(atPath: Self.path("vocab.txt", in: directory)) {
      try self.init(
        vocabularyFile: Self.path("vocab.txt", in: directory),
        configurationFile: Self.path("tokenizer_config.json", in: directory))
    } else {
      throw .unreadable(file: file, reason: "the directory has neither it nor vocab.json with merges.txt, nor vocab.txt")
    }
  }

  /// Reads a `tokenizer.json`.
  public init(tokenizerFile path: String) throws(TextError) {
    try self.init(tokenizer: Self.contents(of: path), at: path)
  }

  /// Reads the three files of a byte-level model.
  private init(bytePairsIn directory: String) throws(TextError) {
    let paths = ["vocab.json", "merges.txt", "tokenizer_config.json"].map { Self.path($0, in: directory) }
    let vocabulary = try Self.contents(of: paths[0])
    let merges = try Self.contents(of: paths[1])
    let configuration = try Self.contents(of: paths[2])
    let files: BytePairFiles
    do throws(BytePairFiles.Flaw) {
      files = try BytePairFiles(vocabulary: vocabulary, merges: merges, configuration: configuration)
    } catch {
      let place = switch error.file {
      case .vocabulary: paths[0]
      case .merges: paths[1]
      case .configuration: paths[2]
      }
      if let unsupported = error.unsupported {
        throw .unsupported(file: place, key: error.key, value: unsupported.value, supported: unsupported.supported)
      }
      throw .malformed(file: place, key: error.key, reason: error.reason)
    }
    try self.init(tokenizer: files.tokenizerFile, at: paths[0])
  }

  /// - Parameters:
  ///   - data: the text of a `tokenizer.json`.
  ///   - path: what complaints name.
  private init(tokenizer data: Data, at path: String) throws(TextError) {
    let bytes = Array(data)
    let parts: VocabularyScanner.Parts
    do throws(VocabularyScanner.Flaw) {
      var scanner = VocabularyScanner(bytes)
      parts = try scanner.parts()
    } catch {
      throw .malformed(file: path, key: error.key, reason: error.reason)
    }
    let file = try Self.decode(TokenizerFile.self, from: Data(parts.rest), at: path)
    try self.init(
      SubwordParts(
        file: path, vocabularyKey: "model.vocab", tokens: parts.tokens, scores: parts.scores, merges: parts.merges ?? [],
        model: file.model, normalizer: file.normalizer, preTokenizer: file.preTokenizer, added: file.addedTokens, frame: file.frame,
        declaredMaximumTokens: file.truncation?.maximumLength))
  }

  /// Reads a `vocab.txt` of WordPiece and the `tokenizer_config.json` that belongs to it.
  public init(vocabularyFile path: String, configurationFile: String) throws(TextError) {
    let configuration = try Self.decode(TokenizerConfiguration.self, from: Self.contents(of: configurationFile), at: configurationFile)
    let tokens = VocabularyFile.read(Array(try Self.contents(of: path)))
    let table = TokenTable(tokens)
    func id(_ token: String, _ key: String) throws(TextError) -> Int32 {
      guard let id = table.id(of: token.utf8) else {
        throw .malformed(file: configurationFile, key: key, reason: "is \"\(token)\", which \(path) does not have")
      }
      return id
    }
    let frame = TokenizerFile.Frame(
      prefix: try id(configuration.classification, "cls_token"), suffix: try id(configuration.separator, "sep_token"))
    var added = configuration.added
    for token in [configuration.unknown, configuration.separator, configuration.classification, configuration.padding, configuration.mask]
    where !added.contains(where: { $0.content == token }) {
      guard let id = table.id(of: token.utf8) else { continue }
      added.append(
        TokenizerFile.Token(id: id, content: token, isSingleWord: false, stripsLeft: false, stripsRight: false, isNormalized: false))
    }
    let bert = BertNormalizer(
      cleansText: true, separatesIdeographs: configuration.separatesIdeographs,
      stripsAccents: configuration.stripsAccents ?? configuration.lowercases, lowercases: configuration.lowercases)
    try self.init(
      SubwordParts(
        file: path, vocabularyKey: "", tokens: tokens, scores: nil, merges: [],
        model: .wordPiece(.init(unknownToken: configuration.unknown, continuationPrefix: "##", maximumWordLength: 100)),
        normalizer: Normalizer(steps: [.bert(bert)]), preTokenizer: PreTokenizer(steps: [.bert]), added: added, frame: frame.asBert,
        declaredMaximumTokens: configuration.maximumLength))
  }

  init(_ parts: SubwordParts) throws(TextError) {
    try parts.check()
    normalizer = parts.normalizer
    preTokenizer = parts.preTokenizer
    (model, unknownID) = try parts.makeModel()
    let added = parts.added.map { (token: Array($0.content.utf8), id: $0.id) }
    vocabulary = TokenTable(parts.tokens + added)
    verbatimTokens = AddedTokens(Self.addedTokens(parts.added.filter { !$0.isNormalized }))
    normalizedTokens = AddedTokens(Self.addedTokens(parts.added.filter(\.isNormalized), form: parts.normalizer.normalized))
    specialIDs = Set(parts.added.filter { $0.isSpecial ?? true }.map(\.id))
    frame = parts.frame
    prefix = parts.frame.prefix
    suffix = parts.frame.suffix
    worksInStretches = normalizedTokens.isEmpty && normalizer.worksInParts && preTokenizer.worksInParts
    vocabularySize = Set(parts.tokens.map(\.id)).union(parts.added.map(\.id)).count
    declaredMaximumTokens = parts.declaredMaximumTokens
  }

  private static func addedTokens(_ entries: [TokenizerFile.Token], form: (String) -> String = { $0 }) -> [AddedToken] {
    var seen: Set<[UInt8]> = []
    return entries.compactMap { entry in
      let content = form(entry.content)
      guard !content.isEmpty, seen.insert(Array(content.utf8)).inserted else { return nil }
      return AddedToken(
        content: content, id: entry.id, isSingleWord: entry.isSingleWord, stripsLeft: entry.stripsLeft, stripsRight: entry.stripsRight,
        isNormalized: entry.isNormalized)
    }
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

  private static func decode<Value: Decodable>(_ type: Value.Type, from data: Data, at path: String) throws(TextError) -> Value {
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

extension TokenizerFile.Frame {
  /// With pairs put together as BERT does.
  fileprivate var asBert: Self {
    var frame = self
    frame.pair = single + [.text(isSecond: true, type: 1), single[2].with(type: 1)]
    return frame
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
