internal import Foundation

/// `tokenizer.json` as the `tokenizers` package writes it, as far as WordPiece needs it.
struct TokenizerFile: Decodable {
  var truncation: Truncation?
  var addedTokens: [Token]
  var normalizer: Normalizer?
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
    normalizer = try values.decodeIfPresent(Normalizer.self, forKey: .normalizer)
    preTokenizer = try values.decode(PreTokenizer.self, forKey: .preTokenizer)
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

    private enum CodingKeys: String, CodingKey {
      case id, content
      case isSingleWord = "single_word"
      case stripsLeft = "lstrip"
      case stripsRight = "rstrip"
      case isNormalized = "normalized"
    }
  }

  struct Normalizer: Decodable {
    var bert: BertNormalizer

    private enum Keys: String, CodingKey {
      case type, lowercase
      case cleanText = "clean_text"
      case handleChineseCharacters = "handle_chinese_chars"
      case stripAccents = "strip_accents"
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Keys.self)
      try values.requireType(["BertNormalizer"], forKey: .type)
      let lowercases = try values.decode(Bool.self, forKey: .lowercase)
      bert = BertNormalizer(
        cleansText: try values.decode(Bool.self, forKey: .cleanText),
        separatesIdeographs: try values.decode(Bool.self, forKey: .handleChineseCharacters),
        stripsAccents: try values.decodeIfPresent(Bool.self, forKey: .stripAccents) ?? lowercases,
        lowercases: lowercases)
    }
  }

  struct PreTokenizer: Decodable {
    private enum Keys: String, CodingKey { case type }

    init(from decoder: any Decoder) throws {
      try decoder.container(keyedBy: Keys.self).requireType(["BertPreTokenizer"], forKey: .type)
    }
  }

  struct Model: Decodable {
    var vocabulary: [String: Int32]
    var unknownToken: String
    var continuationPrefix: String
    var maximumWordLength: Int

    private enum Keys: String, CodingKey {
      case type, vocab
      case unknownToken = "unk_token"
      case continuationPrefix = "continuing_subword_prefix"
      case maximumWordLength = "max_input_chars_per_word"
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Keys.self)
      // The first releases of the format wrote no type; only WordPiece has a limit on the length of words.
      if values.contains(.type) || !values.contains(.maximumWordLength) {
        try values.requireType(["WordPiece"], forKey: .type)
      }
      unknownToken = try values.decode(String.self, forKey: .unknownToken)
      continuationPrefix = try values.decode(String.self, forKey: .continuationPrefix)
      maximumWordLength = try values.decode(Int.self, forKey: .maximumWordLength)
      vocabulary = try values.decode([String: Int32].self, forKey: .vocab)
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
