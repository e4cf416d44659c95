/// `tokenizer.json` as the `tokenizers` package writes it; vocabulary and merges are read apart, by `VocabularyScanner`.
struct TokenizerFile: Decodable {
  var truncation: Truncation?
  var addedTokens: [Token]
  var normalizer: Normalizer
  var preTokenizer: PreTokenizer
  var frame: Frame
  var model: Model

  private enum Keys: String, CodingKey {
    case truncation, normalizer, model
    case addedTokens = "added_tokens"
    case preTokenizer = "pre_tokenizer"
    case postProcessor = "post_processor"
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Keys.self)
    model = try values.decode(Model.self, forKey: .model)
    truncation = try values.decodeIfPresent(Truncation.self, forKey: .truncation)
    addedTokens = try values.decodeIfPresent([Token].self, forKey: .addedTokens) ?? []
    normalizer = try values.decodeIfPresent(NormalizerEntry.self, forKey: .normalizer)?.normalizer ?? Normalizer()
    preTokenizer = try values.decodeIfPresent(PreTokenizerEntry.self, forKey: .preTokenizer)?.preTokenizer ?? PreTokenizer()
    frame = try values.decodeIfPresent(Frame.self, forKey: .postProcessor) ?? Frame()
  }

  struct Truncation: Decodable {
    var maximumLength: Int

    private enum CodingKeys: String, CodingKey { case maximumLength = "max_length" }
  }

  struct Token: Decodable {
    var id: Int32
    var content: String
    var isSingleWord: Bool
    var stripsLeft: Bool
    var stripsRight: Bool
    var isNormalized: Bool
    var isSpecial: Bool?

    private enum CodingKeys: String, CodingKey {
      case id, content
      case isSingleWord = "single_word"
      case stripsLeft = "lstrip"
      case stripsRight = "rstrip"
      case isNormalized = "normalized"
      case isSpecial = "special"
    }
  }
}

/// A part of the file asks for something that is not implemented.
struct UnsupportedMethod: Error {
  var key: String
  var value: String
  var supported: [String]
}

extension KeyedDecodingContainer {
  /// Fails unless the value of `key` is one of the names.
  @discardableResult
  func requireType(_ supported: [String], forKey key: Key) throws -> String {
    let type = try decode(String.self, forKey: key)
    guard supported.contains(type) else {
      throw UnsupportedMethod(key: (codingPath + [key]).joinedPath, value: type, supported: supported)
    }
    return type
  }

  /// The complaint that a value asks for something that is not implemented.
  func unsupported(_ value: String, _ supported: [String], forKey key: Key) -> UnsupportedMethod {
    UnsupportedMethod(key: (codingPath + [key]).joinedPath, value: value, supported: supported)
  }

  /// The complaint that a value is impossible.
  func impossible(_ reason: String, forKey key: Key) -> DecodingError {
    DecodingError.dataCorrupted(.init(codingPath: codingPath + [key], debugDescription: reason))
  }
}

extension [any CodingKey] {
  /// "model.vocab.the", or "added_tokens[3].id".
  var joinedPath: String {
    reduce(into: "") { path, key in
      if let index = key.intValue {
        path += "[\(index)]"
      } else {
        path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
  }
}
