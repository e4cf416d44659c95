import Foundation
import NeedletailCore
import NeedletailText
import Testing

/// `vocab.json` with `merges.txt`, made of the `tokenizer.json` files that `tokenizers` wrote, against the ids that it gave.
@Suite struct BytePairFilesTests {
  private struct Source: Decodable {
    struct Model: Decodable {
      let vocab: [String: Int32]
      let merges: [[String]]
    }
    struct Added: Codable {
      let id: Int32
      let content: String
      let lstrip, rstrip, normalized, single_word, special: Bool
    }
    let model: Model
    let added_tokens: [Added]
  }

  /// A directory of the three files, with some of the configuration's fields replaced.
  private func directory(_ name: String, _ tokenizerClass: String, listsAdded: Bool = true) throws -> TemporaryDirectory {
    let source = try JSONDecoder().decode(Source.self, from: Fixture.contents("subword/\(name)/tokenizer.json"))
    let directory = try TemporaryDirectory()
    try directory.write(JSONEncoder().encode(source.model.vocab), to: "vocab.json")
    let merges = "#version: 0.2\n" + source.model.merges.map { $0.joined(separator: " ") + "\n" }.joined()
    try directory.write(Data(merges.utf8), to: "merges.txt")
    var configuration: [String: Any] = ["tokenizer_class": tokenizerClass, "add_prefix_space": name.hasSuffix("prefix")]
    if listsAdded {
      let list = try source.added_tokens.map { ("\($0.id)", try JSONSerialization.jsonObject(with: JSONEncoder().encode($0))) }
      configuration["added_tokens_decoder"] = Dictionary(uniqueKeysWithValues: list)
    }
    try directory.write(JSONSerialization.data(withJSONObject: configuration), to: "tokenizer_config.json")
    return directory
  }

  @Test(arguments: [("byte-level", "RobertaTokenizer"), ("byte-level", "RobertaTokenizerFast"), ("qwen2", "Qwen2TokenizerFast")])
  func givesTheIdsOfTheReference(name: String, tokenizerClass: String) throws {
    let golden = try JSONDecoder().decode(SubwordTokenizerTests.Golden.self, from: Fixture.contents("subword/\(name)/golden.json"))
    let lines = try JSONDecoder().decode([String].self, from: Fixture.contents("subword/lines.json"))
    let directory = try directory(name, tokenizerClass)
    let tokenizer = try SubwordTokenizer(directory: directory.path)
    #expect(lines.count == golden.ids.count && lines.count > 200)
    for (line, ids) in zip(lines, golden.ids) {
      #expect(tokenizer.encode(line, maximumTokens: nil).ids == ids, "\(line.debugDescription)")
    }
    for (index, pair) in (golden.pairs ?? []).enumerated() {
      let found = tokenizer.encodePair(lines[10 + index], lines[40 + index], maximumTokens: nil)
      #expect(found == TokenPair(ids: pair.ids, types: pair.types))
    }
  }

  @Test func specialTokensThatAreNotListedAreThoseOfTheClass() throws {
    let listed = try SubwordTokenizer(directory: directory("byte-level", "RobertaTokenizer").path)
    let folder = try directory("byte-level", "RobertaTokenizer", listsAdded: false)
    let plain = try SubwordTokenizer(directory: folder.path)
    for text in ["a</s>b", "<s>", "needle <pad>"] {
      #expect(plain.encode(text, maximumTokens: nil).ids == listed.encode(text, maximumTokens: nil).ids)
    }
    // the mask takes the blank before it with it
    #expect(plain.encode("a <mask>", maximumTokens: nil).ids == plain.encode("a<mask>", maximumTokens: nil).ids)
  }

  @Test(arguments: [
    ("tokenizer_config.json", "RobertaTokenizer", "LlamaTokenizer", "tokenizer_class"), ("tokenizer_config.json", "{", "[", "JSON"),
    ("merges.txt", "i n\n", "i n x\n", "line 2"), ("merges.txt", "i n\n", "in\n", "line 2"), ("vocab.json", "{", "[", "vocab.json"),
    ("vocab.json", "\"<\\/s>\"", "\"<x>\"", "sep_token"),
  ]) func namesWhatIsWrong(file: String, old: String, new: String, named: String) throws {
    let directory = try directory("byte-level", "RobertaTokenizer", listsAdded: false)
    let path = directory.path + "/" + file
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains(old))
    try directory.write(Data(text.replacingOccurrences(of: old, with: new).utf8), to: file)
    #expect { try SubwordTokenizer(directory: directory.path) } throws: { "\($0)".contains(named) }
  }
}
