import Foundation
import NeedletailCore
import NeedletailText
import Testing

@Suite struct WordPieceLoadingTests {
  /// The error that a changed tokenizer.json gives.
  private func error(replacing changes: [(String, String)]) throws -> TextError? {
    var text = String(decoding: try Fixture.contents("wordpiece/uncased/tokenizer.json"), as: UTF8.self)
    for (old, new) in changes {
      #expect(text.contains(old))
      text = text.replacingOccurrences(of: old, with: new)
    }
    let directory = try TemporaryDirectory()
    try directory.write(Data(text.utf8), to: "tokenizer.json")
    do throws(TextError) {
      _ = try SubwordTokenizer(directory: directory.path)
      return nil
    } catch {
      return error
    }
  }

  private func expectMalformed(_ key: String, replacing old: String, by new: String) throws {
    guard case .malformed(let file, let found, _) = try error(replacing: [(old, new)]) else {
      Issue.record("\(old) replaced by \(new) was accepted")
      return
    }
    #expect(file.hasSuffix("/tokenizer.json"))
    #expect(found == key)
  }

  @Test func namesTheKeyThatIsWrong() throws {
    try expectMalformed("model.vocab.[PAD]", replacing: "\"vocab\":{\"[PAD]\":0", by: "\"vocab\":{\"[PAD]\":\"zero\"")
    try expectMalformed("model.vocab", replacing: "\"vocab\":{\"[PAD]\":0", by: "\"vocab\":{\"[PAD]\":1")
    try expectMalformed("model.vocab", replacing: "\"vocab\":{\"[PAD]\":0", by: "\"vocab\":{\"[PAD]\":-4")
    try expectMalformed("model.unk_token", replacing: "\"unk_token\":\"[UNK]\"", by: "\"unk_token\":\"<unk>\"")
    try expectMalformed("model.unk_token", replacing: "\"unk_token\":\"[UNK]\",", by: "")
    try expectMalformed("model.max_input_chars_per_word", replacing: "word\":100", by: "word\":0")
    try expectMalformed("normalizer.lowercase", replacing: "\"lowercase\":true", by: "\"lowercase\":1")
    try expectMalformed("added_tokens", replacing: "\"added_tokens\":[{\"id\":0", by: "\"added_tokens\":[{\"id\":9")
    try expectMalformed("added_tokens[0].id", replacing: "\"added_tokens\":[{\"id\":0", by: "\"added_tokens\":[{\"id\":null")
    try expectMalformed("post_processor.single", replacing: "{\"SpecialToken\":{\"id\":\"[CLS]\"", by: "{\"SpecialToken\":{\"id\":\"[X]\"")
    try expectMalformed("post_processor", replacing: "\"ids\":[2]", by: "\"ids\":[99999]")
    try expectMalformed("", replacing: "\"version\"", by: "version")
  }

  @Test func namesTheMethodThatIsNotSupported() throws {
    for (old, new, key) in [
      ("\"type\":\"WordPiece\",\"unk", "\"type\":\"WordLevel\",\"unk", "model.type"), ("BertNormalizer", "Nmt", "normalizer.type"),
      ("BertPreTokenizer", "UnicodeScripts", "pre_tokenizer.type"), ("TemplateProcessing", "Template", "post_processor.type"),
    ] {
      guard case .unsupported(_, let found, _, _) = try error(replacing: [(old, new)]) else {
        Issue.record("\(new) was accepted")
        continue
      }
      #expect(found == key)
    }
  }

  @Test func missingFilesAreNamed() throws {
    let directory = try TemporaryDirectory()
    #expect(throws: TextError.self) { _ = try SubwordTokenizer(directory: directory.path) }
    try directory.write(Fixture.contents("wordpiece/vocabulary/vocab.txt"), to: "vocab.txt")
    do {
      _ = try SubwordTokenizer(directory: directory.path)
      Issue.record("a vocabulary without configuration was accepted")
    } catch {
      #expect("\(error)".contains("tokenizer_config.json"))
      #expect(error.category == .notFound)
    }
  }

  /// Whatever becomes of the file, it loads or fails with an error; nothing else.
  @Test func survivesDamagedFiles() throws {
    let original = Array(try Fixture.contents("wordpiece/added/tokenizer.json"))
    let directory = try TemporaryDirectory()
    var random = SplitMix(state: 11)
    var refused = 0
    for _ in 0..<150 {
      var bytes = original
      for _ in 0..<1 + random.below(3) {
        let place = random.below(min(bytes.count, 3000))
        switch random.below(4) {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.remove(at: place)
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + random.below(60)))
        default: bytes.insert(contentsOf: Array("[{\"0-1e999".utf8.shuffled(using: &random)), at: place)
        }
      }
      let file = try directory.write(Data(bytes), to: "tokenizer.json")
      do throws(TextError) {
        _ = try SubwordTokenizer(tokenizerFile: file).encode("abc [SEP] éa fad", maximumTokens: 8)
      } catch {
        refused += 1
        #expect(error.description.contains(file))
      }
    }
    #expect(refused > 50)
  }
}
