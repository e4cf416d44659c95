extension TokenizerFile {
  /// The settings of the model.
  enum Model: Decodable {
    case wordPiece(WordPieceSettings)
    case bytePairs(BytePairSettings)
    case unigram(UnigramSettings)

    struct WordPieceSettings {
      var unknownToken: String
      var continuationPrefix: String
      var maximumWordLength: Int
    }

    struct BytePairSettings {
      var unknownToken: String?
      var fusesUnknown: Bool
      var fallsBackToBytes: Bool
      var ignoresMerges: Bool
    }

    struct UnigramSettings {
      var unknownID: Int32?
      var fallsBackToBytes: Bool
    }

    private enum Keys: String, CodingKey {
      case type, vocab, merges, dropout
      case unknownToken = "unk_token"
      case unknownID = "unk_id"
      case continuationPrefix = "continuing_subword_prefix"
      case endSuffix = "end_of_word_suffix"
      case maximumWordLength = "max_input_chars_per_word"
      case fusesUnknown = "fuse_unk"
      case fallsBackToBytes = "byte_fallback"
      case ignoresMerges = "ignore_merges"
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Keys.self)
      switch try Self.type(values) {
      case "WordPiece": self = .wordPiece(try Self.wordPiece(values))
      case "BPE": self = .bytePairs(try Self.bytePairs(values))
      default:
        self = .unigram(
          UnigramSettings(
            unknownID: try values.decodeIfPresent(Int32.self, forKey: .unknownID),
            fallsBackToBytes: try values.decodeIfPresent(Bool.self, forKey: .fallsBackToBytes) ?? false))
      }
      guard values.contains(.vocab) else { throw DecodingError.keyNotFound(Keys.vocab, .init(codingPath: values.codingPath, debugDescription: "")) }
    }

    /// The first releases of the format wrote no type; the fields tell.
    private static func type(_ values: KeyedDecodingContainer<Keys>) throws -> String {
      if values.contains(.type) { return try values.requireType(["WordPiece", "BPE", "Unigram"], forKey: .type) }
      if values.contains(.merges) { return "BPE" }
      if values.contains(.maximumWordLength) { return "WordPiece" }
      if values.contains(.unknownID) { return "Unigram" }
      return try values.requireType(["WordPiece", "BPE", "Unigram"], forKey: .type)
    }

    private static func wordPiece(_ values: KeyedDecodingContainer<Keys>) throws -> WordPieceSettings {
      WordPieceSettings(
        unknownToken: try values.decode(String.self, forKey: .unknownToken),
        continuationPrefix: try values.decode(String.self, forKey: .continuationPrefix),
        maximumWordLength: try values.decode(Int.self, forKey: .maximumWordLength))
    }

    private static func bytePairs(_ values: KeyedDecodingContainer<Keys>) throws -> BytePairSettings {
      if let dropout = try values.decodeIfPresent(Double.self, forKey: .dropout), dropout != 0 {
        throw values.unsupported("\(dropout)", ["null, since ids would be left to chance"], forKey: .dropout)
      }
      for key in [Keys.continuationPrefix, .endSuffix] {
        if let affix = try values.decodeIfPresent(String.self, forKey: key), !affix.isEmpty {
          throw values.unsupported("\"\(affix)\"", ["none"], forKey: key)
        }
      }
      guard values.contains(.merges) else {
        throw DecodingError.keyNotFound(Keys.merges, .init(codingPath: values.codingPath, debugDescription: ""))
      }
      return BytePairSettings(
        unknownToken: try values.decodeIfPresent(String.self, forKey: .unknownToken),
        fusesUnknown: try values.decodeIfPresent(Bool.self, forKey: .fusesUnknown) ?? false,
        fallsBackToBytes: try values.decodeIfPresent(Bool.self, forKey: .fallsBackToBytes) ?? false,
        ignoresMerges: try values.decodeIfPresent(Bool.self, forKey: .ignoresMerges) ?? false)
    }
  }
}
