import Foundation
import NeedletailCore
import NeedletailText
import Testing

@Suite struct SubwordLoadingTests {
  private func error(_ name: String, replacing old: String, by new: String) throws -> TextError? {
    let text = String(decoding: try Fixture.contents("subword/\(name)/tokenizer.json"), as: UTF8.self)
    #expect(text.contains(old), "\(old)")
    let directory = try TemporaryDirectory()
    try directory.write(Data(text.replacingOccurrences(of: old, with: new).utf8), to: "tokenizer.json")
    do throws(TextError) {
      _ = try SubwordTokenizer(directory: directory.path)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    ("byte-level", "\"type\":\"ByteLevel\",\"add_prefix_space\":false", "\"type\":\"CharDelimiterSplit\",\"delimiter\":\"x\"", "pre_tokenizer.type"),
    ("byte-level", "\"type\":\"BPE\"", "\"type\":\"WordLevel\"", "model.type"),
    ("byte-level", "\"dropout\":null", "\"dropout\":0.1", "model.dropout"),
    ("byte-level", "\"end_of_word_suffix\":null", "\"end_of_word_suffix\":\"</w>\"", "model.end_of_word_suffix"),
    ("byte-level-prefix", "\"type\":\"NFC\"", "\"type\":\"Nmt\"", "normalizer.type"),
    ("llama3", "{1,3}", "{1,4}", "pre_tokenizer.pretokenizers[0].pattern"),
    ("llama3", "\"behavior\":\"Isolated\"", "\"behavior\":\"MergedWithNext\"", "pre_tokenizer.pretokenizers[0].behavior"),
    ("unigram-plain", "\"prepend_scheme\":\"always\"", "\"prepend_scheme\":\"last\"", "pre_tokenizer.prepend_scheme"),
    ("unigram-plain", "\"type\":\"Metaspace\"", "\"use_regex\":true,\"add_prefix_space\":true,\"type\":\"ByteLevel\"", "pre_tokenizer.type"),
    ("unigram-plain", "\"type\":\"TemplateProcessing\"", "\"type\":\"Template\"", "post_processor.type"),
  ])
  func namesTheMethodThatIsNotSupported(name: String, old: String, new: String, key: String) throws {
    guard case .unsupported(_, let found, _, let supported) = try error(name, replacing: old, by: new) else {
      Issue.record("\(new) was accepted")
      return
    }
    #expect(found == key)
    #expect(!supported.isEmpty)
  }

  @Test(arguments: [
    ("byte-level", "\"merges\":[[", "\"merges\":[[\"qqq\",\"b\"],[", "model.merges[0]"),
    ("byte-level", "\"merges\":[[", "\"merges\":[\"a b c\",[", "model.merges[0]"),
    ("byte-level", "\"merges\":", "\"merge\":", "model.merges"),
    ("byte-level", "\"vocab\":", "\"vocabulary\":", "model.vocab"),
    ("byte-level", "\"unk_token\":null", "\"unk_token\":\"[UNK]\"", "model.unk_token"),
    ("byte-level", "\"!\":5", "\"!\":5.5", "model.vocab.!"),
    ("byte-level", "\"!\":5", "\"!\":99999999999", "model.vocab.!"),
    ("byte-level", "\"!\":5", "\"!\":2147483647", "model.vocab"),
    ("unigram-plain", "\"unk_id\":3", "\"unk_id\":3000", "model.unk_id"),
    ("unigram-plain", "\"unk_id\":3", "\"unk_id\":null", "model.unk_id"),
    ("unigram-plain", "[\"<s>\",0.0]", "[\"<s>\",1e999]", "model.vocab[0]"),
    ("unigram-plain", "[\"<s>\",0.0]", "[\"<s>\"]", "model.vocab[0]"),
    ("unigram-map", "\"precompiled_charsmap\":\"", "\"precompiled_charsmap\":\"AAAA", "normalizer.normalizers[0].precompiled_charsmap"),
  ])
  func namesTheKeyThatIsWrong(name: String, old: String, new: String, key: String) throws {
    guard case .malformed(let file, let found, _) = try error(name, replacing: old, by: new) else {
      Issue.record("\(old) replaced by \(new) was accepted")
      return
    }
    #expect(file.hasSuffix("/tokenizer.json"))
    #expect(found == key)
  }

  /// Two spellings of one letter are two tokens, although they are the same string.
  @Test func keepsApartWhatIsCanonicallyEquivalent() throws {
    let directory = try TemporaryDirectory()
    let json = """
      {"added_tokens":[],"normalizer":null,"pre_tokenizer":null,"post_processor":null,
       "model":{"type":"BPE","unk_token":null,"vocab":{"e":0,"\\u0301":1,"e\\u0301":2,"\\u00e9":3},"merges":["e \\u0301"]}}
      """
    try directory.write(Data(json.utf8), to: "tokenizer.json")
    let tokenizer = try SubwordTokenizer(directory: directory.path)
    #expect(tokenizer.encode("e\u{301}\u{E9}", maximumTokens: nil).ids == [2, 3])
    #expect(tokenizer.id(of: "\u{E9}") == 3 && tokenizer.id(of: "e\u{301}") == 2)
    #expect(tokenizer.vocabularySize == 4)
  }

  /// Whatever becomes of the file, it loads or fails with an error; nothing else.
  @Test(arguments: ["byte-level-prefix", "llama3", "llama2", "unigram-map", "unigram-bytes"])
  func survivesDamagedFiles(name: String) throws {
    let original = Array(try Fixture.contents("subword/\(name)/tokenizer.json"))
    let directory = try TemporaryDirectory()
    var random = SplitMix(state: 12)
    var refused = 0
    for round in 0..<200 {
      var bytes = original
      for _ in 0..<1 + random.below(3) {
        let place = random.below(round % 2 == 0 ? min(bytes.count, 1500) : bytes.count)
        switch random.below(5) {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes[place] ^= 1 << UInt8(random.below(8))
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + random.below(60)))
        case 3: bytes.removeSubrange(place...)
        default: bytes.insert(contentsOf: Array("[{\"0-1e999\\u".utf8.shuffled(using: &random)), at: place)
        }
        if bytes.isEmpty { bytes = original }
      }
      let file = try directory.write(Data(bytes), to: "tokenizer.json")
      do throws(TextError) {
        let tokenizer = try SubwordTokenizer(tokenizerFile: file)
        _ = tokenizer.encode("ba <s> Ｅe\u{301} \u{FB01}ko's 12\n\nmu", maximumTokens: 12)
      } catch {
        refused += 1
        #expect(error.description.contains(file))
      }
    }
    #expect(refused > 40)
  }
}
