import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import Testing

/// Against what sentence-transformers computes; see Fixtures/scripts/make_multivector.py.
@Suite struct MultiVectorEmbedderTests {
  private struct Expected: Decodable {
    let texts: [String]
    let query, document: [[[Float]]]
  }

  private static let names = ["fixed", "least", "plain", "older", "inline"]

  private func path(_ name: String) throws -> String {
    try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)).appending(path: "multivector/" + name).path
  }

  @Test(arguments: names) func vectorsOfTokensAreThoseOfTheReference(name: String) throws {
    let path = try path(name)
    let expected = try JSONDecoder().decode(Expected.self, from: Data(contentsOf: URL(fileURLWithPath: path + "/expected.json")))
    for threads in [1, 3] {
      let embedder = try MultiVectorEmbedder(path: path, pool: WorkerPool(threadCount: threads))
      for (role, wanted) in [(Role.query, expected.query), (.document, expected.document)] {
        let found = try embedder.encodeNow(expected.texts, as: role)
        #expect(found.count == wanted.count && found.dimension == 6)
        for (row, vectors) in wanted.enumerated() {
          let own = Array(found[row])
          #expect(own.count == 6 * vectors.count, "\(role) \(row)")
          for (a, b) in zip(own, vectors.joined()) { #expect(abs(a - b) < 2e-5, "\(role) \(row)") }
        }
      }
    }
  }

  @Test func aTextDoesNotDependOnItsNeighbours() throws {
    let embedder = try MultiVectorEmbedder(path: path("fixed"))
    let texts = ["hay", "find the quick fox in the hay", ""]
    let together = try embedder.encodeNow(texts, as: .query)
    for (row, text) in texts.enumerated() { #expect(try Array(embedder.encodeNow([text], as: .query)[0]) == Array(together[row])) }
  }

  private func copy(_ name: String, changing file: String, _ change: (String) -> String) throws -> String {
    let folder = NSTemporaryDirectory() + "needletail-multivector-" + UUID().uuidString
    try FileManager.default.copyItem(atPath: path(name), toPath: folder)
    let changed = change(try String(contentsOfFile: folder + "/" + file, encoding: .utf8))
    try changed.write(toFile: folder + "/" + file, atomically: true, encoding: .utf8)
    return folder
  }

  @Test(arguments: [
    ("1_Dense/config.json", "linear.Identity", "activation.Tanh", "Tanh"), ("modules.json", "2_MultiVectorMask", "../elsewhere", "leads out"),
    ("modules.json", "dense.Dense", "pool.Pooling", "Pooling"), ("sentence_bert_config.json", "fixed", "clever", "clever"),
    ("sentence_bert_config.json", "12", "4000", "positions"), ("2_MultiVectorMask/config.json", "null", "[3]", "keep_only_token_ids"),
  ]) func whatIsNotUnderstoodIsNamed(file: String, old: String, new: String, named: String) throws {
    let changed = try copy("fixed", changing: file) { $0.replacingOccurrences(of: old, with: new) }
    defer { try? FileManager.default.removeItem(atPath: changed) }
    #expect { try MultiVectorEmbedder(path: changed) } throws: { "\($0)".contains(named) }
  }

  @Test func settingsChangeTheDigest() throws {
    let changed = try copy("fixed", changing: "sentence_bert_config.json") { $0.replacingOccurrences(of: "12", with: "11") }
    defer { try? FileManager.default.removeItem(atPath: changed) }
    let digests = try Set([path("fixed"), changed].map { try MultiVectorEmbedder(path: $0).profile.digest })
    #expect(digests.count == 2)
  }

  /// Truncated and altered files give an error or a model, never a crash.
  @Test func damagedFilesAreNoCrash() throws {
    var generator = SeededGenerator(seed: 5)
    let files = ["config_sentence_transformers.json", "modules.json", "sentence_bert_config.json", "1_Dense/config.json", "1_Dense/model.safetensors", "2_MultiVectorMask/config.json"]
    let folder = try copy("fixed", changing: "modules.json") { $0 }
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for round in 0..<120 {
      let url = URL(fileURLWithPath: folder + "/" + files[round % files.count])
      let whole = try Data(contentsOf: url)
      var bytes = whole
      if round.isMultiple(of: 2) {
        bytes = bytes.prefix(Int.random(in: 0..<bytes.count, using: &generator))
      } else {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
      try bytes.write(to: url)
      if let embedder = try? MultiVectorEmbedder(path: folder) { _ = try? embedder.encodeNow(["hay"], as: .query) }
      try whole.write(to: url)
    }
    #expect(try MultiVectorEmbedder(path: folder).encodeNow(["hay"], as: .query).count == 1)
  }
}
