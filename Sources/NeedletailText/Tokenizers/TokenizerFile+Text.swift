extension TokenizerFile {
  /// A step of `normalizer`, or several in sequence.
  struct NormalizerEntry: Decodable {
    var normalizer = Normalizer()

    private enum Keys: String, CodingKey {
      case type, lowercase, normalizers, prepend, pattern, content
      case cleanText = "clean_text"
      case handleChineseCharacters = "handle_chinese_chars"
      case stripAccents = "strip_accents"
      case stripLeft = "strip_left"
      case stripRight = "strip_right"
      case map = "precompiled_charsmap"
    }

    private static let supported = [
      "BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Precompiled", "Prepend", "Replace", "Sequence", "Strip", "StripAccents",
    ]

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Keys.self)
      let type = try values.requireType(Self.supported, forKey: .type)
      if type == "Sequence" {
        normalizer.steps = try values.decode([NormalizerEntry].self, forKey: .normalizers).flatMap(\.normalizer.steps)
      } else if let step = try Self.step(type, values) {
        normalizer.steps = [step]
      }
    }

    private static func step(_ type: String, _ values: KeyedDecodingContainer<Keys>) throws -> Normalizer.Step? {
      switch type {
      case "NFC": .form(.nfc)
      case "NFD": .form(.nfd)
      case "NFKC": .form(.nfkc)
      case "NFKD": .form(.nfkd)
      case "Lowercase": .lowercase
      case "StripAccents": .stripAccents
      case "Strip":
        .strip(left: try values.decode(Bool.self, forKey: .stripLeft), right: try values.decode(Bool.self, forKey: .stripRight))
      case "Prepend": .prepend(try values.decode(String.self, forKey: .prepend))
      case "Replace": try replacement(values)
      case "Precompiled": try map(values)
      default: .bert(try bert(values))
      }
    }

    private static func bert(_ values: KeyedDecodingContainer<Keys>) throws -> BertNormalizer {
      let lowercases = try values.decode(Bool.self, forKey: .lowercase)
      return BertNormalizer(
        cleansText: try values.decode(Bool.self, forKey: .cleanText),
        separatesIdeographs: try values.decode(Bool.self, forKey: .handleChineseCharacters),
        stripsAccents: try values.decodeIfPresent(Bool.self, forKey: .stripAccents) ?? lowercases,
        lowercases: lowercases)
    }

    private static func replacement(_ values: KeyedDecodingContainer<Keys>) throws -> Normalizer.Step {
      let content = try values.decode(String.self, forKey: .content)
      switch try values.decode(PatternEntry.self, forKey: .pattern) {
      case .string(let string):
        guard !string.isEmpty else { throw values.impossible("is empty", forKey: .pattern) }
        return .replace(string, with: content)
      case .regularExpression(" {2,}"): return .replaceBlanks(atLeast: 2, with: content)
      case .regularExpression(" +"): return .replaceBlanks(atLeast: 1, with: content)
      case .regularExpression(let expression):
        throw values.unsupported("the regular expression \(expression)", ["strings", "\" {2,}\"", "\" +\""], forKey: .pattern)
      }
    }

    /// An empty map stands for none.
    private static func map(_ values: KeyedDecodingContainer<Keys>) throws -> Normalizer.Step? {
      guard let text = try values.decodeIfPresent(String.self, forKey: .map), !text.isEmpty else { return nil }
      guard let map = CharacterMap(base64: text) else { throw values.impossible("is not a map of characters", forKey: .map) }
      return .map(map)
    }
  }

  /// A step of `pre_tokenizer`, or several in sequence.
  struct PreTokenizerEntry: Decodable {
    var preTokenizer = PreTokenizer()

    private enum Keys: String, CodingKey {
      case type, pattern, behavior, invert, replacement, split
      case preTokenizers = "pretokenizers"
      case prefixesBlank = "add_prefix_space"
      case usesPattern = "use_regex"
      case individualDigits = "individual_digits"
      case prefix = "prepend_scheme"
    }

    private static let supported = [
      "BertPreTokenizer", "ByteLevel", "Digits", "Metaspace", "Punctuation", "Sequence", "Split", "Whitespace", "WhitespaceSplit",
    ]

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Keys.self)
      let type = try values.requireType(Self.supported, forKey: .type)
      if type == "Sequence" {
        preTokenizer.steps = try values.decode([PreTokenizerEntry].self, forKey: .preTokenizers).flatMap(\.preTokenizer.steps)
      } else {
        preTokenizer.steps = [try Self.step(type, values)]
      }
      for step in preTokenizer.steps.dropLast() {
        guard case .byteLevel = step else { continue }
        throw values.unsupported("ByteLevel before another step", ["ByteLevel as the last step"], forKey: .type)
      }
    }

    private static func step(_ type: String, _ values: KeyedDecodingContainer<Keys>) throws -> PreTokenizer.Step {
      switch type {
      case "ByteLevel":
        .byteLevel(
          prefixesBlank: try values.decode(Bool.self, forKey: .prefixesBlank),
          pattern: try values.decodeIfPresent(Bool.self, forKey: .usesPattern) ?? true ? .gpt2 : nil)
      case "Digits": .digits(individually: try values.decode(Bool.self, forKey: .individualDigits))
      case "Metaspace": .metaspace(try metaspace(values))
      case "Punctuation": .punctuation(try behavior(values) ?? .isolated)
      case "Split": try split(values)
      case "Whitespace": .whiteSpace
      case "WhitespaceSplit": .whiteSpaceSplit
      default: .bert
      }
    }

    private static func behavior(_ values: KeyedDecodingContainer<Keys>) throws -> DelimiterBehavior? {
      guard let name = try values.decodeIfPresent(String.self, forKey: .behavior) else { return nil }
      guard let behavior = DelimiterBehavior(rawValue: name) else {
        throw values.unsupported(name, DelimiterBehavior.allCases.map(\.rawValue), forKey: .behavior)
      }
      return behavior
    }

    private static func split(_ values: KeyedDecodingContainer<Keys>) throws -> PreTokenizer.Step {
      guard let behavior = try behavior(values) else { throw values.impossible("is missing", forKey: .behavior) }
      let isInverted = try values.decodeIfPresent(Bool.self, forKey: .invert) ?? false
      switch try values.decode(PatternEntry.self, forKey: .pattern) {
      case .string(let string):
        guard !string.isEmpty else { throw values.impossible("is empty", forKey: .pattern) }
        guard !isInverted else { throw values.unsupported("true", ["false for strings"], forKey: .invert) }
        return .delimiter(Array(string.utf8), behavior)
      case .regularExpression(let expression):
        guard let pattern = WordPattern(regularExpression: expression) else {
          throw values.unsupported("the regular expression \(expression)", WordPattern.supported + ["strings"], forKey: .pattern)
        }
        // The patterns leave nothing between their matches: only dropping the matches themselves would differ.
        guard behavior == .isolated || (behavior == .removed && isInverted) else {
          throw values.unsupported(behavior.rawValue, ["Isolated", "Removed with \"invert\""], forKey: .behavior)
        }
        return .pattern(pattern)
      }
    }

    private static func metaspace(_ values: KeyedDecodingContainer<Keys>) throws -> Metaspace {
      let replacement = try values.decode(String.self, forKey: .replacement)
      guard !replacement.isEmpty, !replacement.utf8.contains(0x20) else { throw values.impossible("is no replacement for a blank", forKey: .replacement) }
      var prefix = Metaspace.Prefix.always
      if let name = try values.decodeIfPresent(String.self, forKey: .prefix) {
        guard let known = Metaspace.Prefix(rawValue: name) else {
          throw values.unsupported(name, ["always", "first", "never"], forKey: .prefix)
        }
        prefix = known
      } else if try values.decodeIfPresent(Bool.self, forKey: .prefixesBlank) == false {
        prefix = .never
      }
      return Metaspace(
        replacement: Array(replacement.utf8), prefix: prefix, splits: try values.decodeIfPresent(Bool.self, forKey: .split) ?? true)
    }
  }

  /// `{"String": " "}` or `{"Regex": "…"}`
  private enum PatternEntry: Decodable {
    case string(String)
    case regularExpression(String)

    private enum Keys: String, CodingKey {
      case string = "String"
      case regularExpression = "Regex"
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Keys.self)
      if let string = try values.decodeIfPresent(String.self, forKey: .string) {
        self = .string(string)
      } else {
        self = .regularExpression(try values.decode(String.self, forKey: .regularExpression))
      }
    }
  }
}
