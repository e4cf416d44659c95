internal import Foundation

/// `tokenizer_config.json`, which says how `vocab.txt` is to be used where there is no `tokenizer.json`.
struct TokenizerConfiguration: Decodable {
  var lowercases: Bool
  var separatesIdeographs: Bool
  var stripsAccents: Bool?
  var unknown: String
  var separator: String
  var classification: String
  var padding: String
  var mask: String
  var maximumLength: Int?
  var added: [TokenizerFile.Token]

  private enum Keys: String, CodingKey {
    case lowercases = "do_lower_case"
    case separatesIdeographs = "tokenize_chinese_chars"
    case stripsAccents = "strip_accents"
    case unknown = "unk_token"
    case separator = "sep_token"
    case classification = "cls_token"
    case padding = "pad_token"
    case mask = "mask_token"
    case maximumLength = "model_max_length"
    case added = "added_tokens_decoder"
    case tokenizerClass = "tokenizer_class"
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Keys.self)
    if values.contains(.tokenizerClass) {
      try values.requireType(
        ["BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer", "DistilBertTokenizerFast"], forKey: .tokenizerClass)
    }
    lowercases = try values.decode(Bool.self, forKey: .lowercases)
    separatesIdeographs = try values.decodeIfPresent(Bool.self, forKey: .separatesIdeographs) ?? true
    stripsAccents = try values.decodeIfPresent(Bool.self, forKey: .stripsAccents)
    func token(_ key: Keys, _ standard: String) throws -> String {
      try values.decodeIfPresent(TokenName.self, forKey: key)?.content ?? standard
    }
    unknown = try token(.unknown, "[UNK]")
    separator = try token(.separator, "[SEP]")
    classification = try token(.classification, "[CLS]")
    padding = try token(.padding, "[PAD]")
    mask = try token(.mask, "[MASK]")
    // "No limit" is written as 10^30.
    maximumLength = try values.decodeIfPresent(Double.self, forKey: .maximumLength).flatMap { $0 >= 1 && $0 < 1e9 ? Int($0) : nil }
    added = try values.decodeIfPresent([String: AddedEntry].self, forKey: .added).map { entries in
      try entries.map { key, entry in
        guard let id = Int32(key) else {
          throw DecodingError.dataCorrupted(.init(codingPath: [Keys.added], debugDescription: "has the id \(key), which is not a number"))
        }
        return entry.token(id: id)
      }
    } ?? []
  }

  /// A token is written as a string or as an object with its `content`.
  private struct TokenName: Decodable {
    var content: String

    private enum Keys: CodingKey { case content }

    init(from decoder: any Decoder) throws {
      if let values = try? decoder.container(keyedBy: Keys.self) {
        content = try values.decode(String.self, forKey: .content)
      } else {
        content = try decoder.singleValueContainer().decode(String.self)
      }
    }
  }

  private struct AddedEntry: Decodable {
    var content: String
    var single_word: Bool?
    var lstrip: Bool?
    var rstrip: Bool?
    var normalized: Bool?

    func token(id: Int32) -> TokenizerFile.Token {
      TokenizerFile.Token(
        id: id, content: content, isSingleWord: single_word ?? false, stripsLeft: lstrip ?? false, stripsRight: rstrip ?? false,
        isNormalized: normalized ?? false)
    }
  }
}

/// Reads the tokens of `vocab.txt`: one a line, the line's number is the id; of a token that occurs twice the last counts.
enum VocabularyFile {
  static func read(_ bytes: [UInt8]) -> [(token: [UInt8], id: Int32)] {
    var vocabulary: [[UInt8]: Int32] = [:]
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    for (number, line) in lines.enumerated() {
      let token = line.last == 0x0D ? line.dropLast() : line
      vocabulary[Array(token)] = Int32(number)
    }
    return vocabulary.map { (token: $0.key, id: $0.value) }.sorted { $0.id < $1.id }
  }
}
