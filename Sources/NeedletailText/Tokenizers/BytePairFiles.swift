internal import Foundation

/// `vocab.json`, `merges.txt` and `tokenizer_config.json`: how byte-level models were published before `tokenizer.json`.
///
/// What the classes of the Python package transformers do with them is written down as the `tokenizer.json` that they would save, which
/// is then read as any other: one way to every tokenizer.
struct BytePairFiles {
  /// The text of that `tokenizer.json`.
  let tokenizerFile: Data

  /// What follows from the class of the tokenizer.
  private enum Family: String, CaseIterable {
    case gpt2 = "GPT2Tokenizer"
    case roberta = "RobertaTokenizer"
    case qwen2 = "Qwen2Tokenizer"
  }

  private struct Configuration: Decodable {
    var tokenizer_class: String?
    var add_prefix_space: Bool?
    var bos_token: Name?
    var eos_token: Name?
    var unk_token: Name?
    var sep_token: Name?
    var cls_token: Name?
    var pad_token: Name?
    var mask_token: Name?
    var added_tokens_decoder: [String: Added]?
  }

  /// A token is written as a string or as an object with its `content`.
  private struct Name: Decodable {
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

  private struct Added: Codable {
    var id: Int32?
    var content: String
    var single_word: Bool? = false
    var lstrip: Bool? = false
    var rstrip: Bool? = false
    var normalized: Bool? = false
    var special: Bool? = true
  }

  /// What failed in which of the files.
  struct Flaw: Error {
    enum File { case vocabulary, merges, configuration }
    var file: File
    var key: String
    var reason: String
    /// The value, and what could stand there instead, where it is not impossible but unknown.
    var unsupported: (value: String, supported: String)?
  }

  init(vocabulary: Data, merges: Data, configuration: Data) throws(Flaw) {
    guard let ids = try? JSONDecoder().decode([String: Int32].self, from: vocabulary) else {
      throw Flaw(file: .vocabulary, key: "", reason: "is not a JSON object of tokens and their numbers")
    }
    guard let settings = try? JSONDecoder().decode(Configuration.self, from: configuration) else {
      throw Flaw(file: .configuration, key: "", reason: "is not JSON, or a field has the wrong type")
    }
    let name = settings.tokenizer_class ?? ""
    guard let family = Family(rawValue: name.hasSuffix("Fast") ? String(name.dropLast(4)) : name) else {
      throw Flaw(
        file: .configuration, key: "tokenizer_class", reason: "",
        unsupported: (name.isEmpty ? "none" : name, Family.allCases.map(\.rawValue).joined(separator: ", ")))
    }
    let standard = Self.standardNames(family)
    func token(_ found: Name?, _ key: String) -> String? { found?.content ?? standard[key] }
    func required(_ found: Name?, _ key: String) throws(Flaw) -> [Any] {
      guard let name = token(found, key), let id = ids[name] else {
        throw Flaw(file: .configuration, key: key, reason: "is not in the vocabulary")
      }
      return [name, Int(id)]
    }
    let pairs = try Self.pairs(merges)
    let addsBlank = settings.add_prefix_space ?? false
    let bytes: [String: Any] = ["type": "ByteLevel", "add_prefix_space": addsBlank, "trim_offsets": true, "use_regex": family != .qwen2]
    var file: [String: Any] = ["version": "1.0", "pre_tokenizer": bytes]
    switch family {
    case .gpt2: break
    case .roberta:
      file["post_processor"] = [
        "type": "RobertaProcessing", "sep": try required(settings.sep_token, "sep_token"), "cls": try required(settings.cls_token, "cls_token"),
        "trim_offsets": true, "add_prefix_space": addsBlank,
      ] as [String: Any]
    case .qwen2:
      let split: [String: Any] = ["type": "Split", "pattern": ["Regex": Self.qwenExpression], "behavior": "Isolated", "invert": false]
      file["normalizer"] = ["type": "NFC"]
      file["pre_tokenizer"] = ["type": "Sequence", "pretokenizers": [split, bytes]] as [String: Any]
    }
    var added = settings.added_tokens_decoder.map(Self.listed) ?? []
    let special = [
      token(settings.bos_token, "bos_token"), token(settings.eos_token, "eos_token"), token(settings.unk_token, "unk_token"),
      token(settings.sep_token, "sep_token"), token(settings.cls_token, "cls_token"), token(settings.pad_token, "pad_token"),
      token(settings.mask_token, "mask_token"),
    ]
    for name in special.compactMap(\.self) where !added.contains(where: { $0.content == name }) {
      guard let id = ids[name] else { continue }
      // RoBERTa's mask takes the blank before it with it.
      added.append(Added(id: id, content: name, lstrip: family == .roberta && name == token(settings.mask_token, "mask_token")))
    }
    added.sort { ($0.id ?? 0) < ($1.id ?? 0) }
    do {
      let list = try JSONSerialization.jsonObject(with: JSONEncoder().encode(added))
      file["added_tokens"] = list
      file["model"] = ["type": "BPE", "vocab": ids.mapValues { Int($0) }, "merges": pairs] as [String: Any]
      tokenizerFile = try JSONSerialization.data(withJSONObject: file)
    } catch {
      throw Flaw(file: .configuration, key: "", reason: "cannot be combined with the vocabulary")
    }
  }

  /// The words of text in Qwen's tokenizers, as their `tokenizer.json` files have it.
  private static let qwenExpression =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  /// What the classes take for special tokens that a configuration does not name.
  private static func standardNames(_ family: Family) -> [String: String] {
    switch family {
    case .roberta:
      [
        "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "sep_token": "</s>", "cls_token": "<s>", "pad_token": "<pad>",
        "mask_token": "<mask>",
      ]
    case .gpt2, .qwen2: ["unk_token": "<|endoftext|>", "eos_token": "<|endoftext|>"]
    }
  }

  private static func listed(_ entries: [String: Added]) -> [Added] {
    entries.compactMap { key, entry in
      guard let id = Int32(key) else { return nil }
      return Added(
        id: id, content: entry.content, single_word: entry.single_word ?? false, lstrip: entry.lstrip ?? false,
        rstrip: entry.rstrip ?? false, normalized: entry.normalized ?? false, special: entry.special ?? false)
    }
  }

  /// Two pieces a line, with one blank between them; the first line may tell the version.
  private static func pairs(_ merges: Data) throws(Flaw) -> [[String]] {
    guard let text = String(data: merges, encoding: .utf8) else { throw Flaw(file: .merges, key: "", reason: "is not UTF-8") }
    var pairs: [[String]] = []
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      if line.isEmpty || (number == 0 && line.hasPrefix("#version")) { continue }
      let pieces = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      guard pieces.count == 2, !pieces[0].isEmpty, !pieces[1].isEmpty else {
        throw Flaw(file: .merges, key: "line \(number + 1)", reason: "is not two pieces with a blank between them")
      }
      pairs.append(pieces)
    }
    return pairs
  }
}
