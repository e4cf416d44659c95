import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import NeedletailText
import Testing

@Suite struct LowRankAdapterTests {
  /// What PEFT computes; see Fixtures/scripts/make_adapters.py.
  private struct Expected: Decodable {
    let base: String
    let sequences: [[Int32]]
    /// The means of the states of each sequence.
    let means: [[Float]]
  }

  private func path(_ name: String) throws -> String {
    try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)).appending(path: name).path
  }

  private func folder() throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "needletail-adapter-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  private func means(_ directory: ModelDirectory, _ sequences: [[Int32]]) throws -> DenseVectors {
    let texts = sequences.map { $0.map(String.init).joined(separator: " ") }
    let embedder = TransformerEmbedder(directory: directory, tokenizer: NumberTokenizer())
    return try embedder.encodeNow(texts, as: .document)
  }

  /// The direction of a vector: the tiny models scale theirs to unit length.
  private func unit(_ vector: some Sequence<Float>) -> [Float] {
    let values = Array(vector)
    let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return values.map { $0 / length }
  }

  @Test(arguments: ["tiny-bert", "tiny-bert-dense", "tiny-distilbert"]) func networksWithAdaptersAgreeWithPEFT(name: String) throws {
    let adapterPath = try path("adapters/\(name)")
    let expected = try JSONDecoder().decode(Expected.self, from: Data(contentsOf: URL(fileURLWithPath: adapterPath + "/expected.json")))
    let base = try ModelDirectory(path: path("transformers/\(expected.base)"))
    #expect(LowRankAdapter.isAdapter(at: adapterPath) && !LowRankAdapter.isAdapter(at: base.path))
    #expect(try LowRankAdapter.base(ofAdapter: adapterPath) == expected.base)
    let adapter = try LowRankAdapter(path: adapterPath, for: base)
    let adapted = try base.applying(adapter)
    #expect(adapted.digest != base.digest)

    let found = try means(adapted, expected.sequences)
    let plain = try means(base, expected.sequences)
    for (row, mean) in expected.means.enumerated() {
      let wanted = unit(mean)
      for (a, b) in zip(unit(found[row]), wanted) { #expect(abs(a - b) < 1e-4) }
      #expect(zip(unit(plain[row]), wanted).contains { abs($0 - $1) > 1e-2 }, "the adapter changes nothing")
    }

    // merged: a directory of its own, whose vectors are those of the two together
    let place = try folder()
    defer { try? FileManager.default.removeItem(atPath: place) }
    try adapted.save(to: place + "/merged", replacing: [:])
    #expect(try means(ModelDirectory(path: place + "/merged"), expected.sequences) == found)
    // and written again, it is the same adapter
    try adapter.write(to: place + "/adapter", for: base)
    let copy = try LowRankAdapter(path: place + "/adapter", for: base)
    #expect(copy == adapter)
  }

  @Test func adaptersThatDoNotFitAreRefused() throws {
    let base = try ModelDirectory(path: path("transformers/tiny-bert"))
    let other = try ModelDirectory(path: path("transformers/tiny-distilbert"))
    #expect { try LowRankAdapter(path: path("adapters/tiny-distilbert"), for: base) } throws: { "\($0)".contains("lin") }
    #expect { try LowRankAdapter(path: path("adapters/tiny-bert"), for: other) } throws: { "\($0)".contains("attention.self") }
    #expect { try LowRankAdapter(path: base.path, for: base) } throws: { "\($0)".contains("adapter_config.json") }
    let short = LowRankAdapter(rank: 1, alpha: 1, additions: [.query(layer: 0): .init(down: [1, 2], up: [1])])
    #expect { try base.applying(short) } throws: { "\($0)".contains("another shape") }
    let beyond = LowRankAdapter(rank: 1, alpha: 1, additions: [.query(layer: 99): .init(down: [1], up: [1])])
    #expect(throws: ModelError.self) { try base.applying(beyond) }
  }

  @Test(arguments: [
    ("\"peft_type\": \"LORA\"", "\"peft_type\": \"IA3\"", "IA3"), ("\"bias\": \"none\"", "\"bias\": \"all\"", "all"),
    ("\"use_dora\": false", "\"use_dora\": true", "use_dora"), ("\"r\": 3", "\"r\": 4", "lora_"), ("\"r\": 3", "\"r\": 0", "field r"),
    ("\"rank_pattern\": {}", "\"rank_pattern\": {\"query\": 2}", "rank_pattern"),
    ("\"lora_alpha\": 5", "\"lora_alpha\": \"much\"", "lora_alpha"), ("{", "[", "JSON"),
  ]) func whatIsNotSupportedIsNamed(old: String, new: String, named: String) throws {
    let place = try folder()
    defer { try? FileManager.default.removeItem(atPath: place) }
    let source = try path("adapters/tiny-bert")
    let text = try String(contentsOfFile: source + "/adapter_config.json", encoding: .utf8)
    #expect(text.contains(old))
    try text.replacing(old, with: new, maxReplacements: 1).write(toFile: place + "/adapter_config.json", atomically: true, encoding: .utf8)
    try FileManager.default.copyItem(atPath: source + "/adapter_model.safetensors", toPath: place + "/adapter_model.safetensors")
    let base = try ModelDirectory(path: path("transformers/tiny-bert"))
    #expect { try LowRankAdapter(path: place, for: base) } throws: { "\($0)".contains(named) }
  }

  @Test func damagedFilesNeverCrash() throws {
    let place = try folder()
    defer { try? FileManager.default.removeItem(atPath: place) }
    let source = try path("adapters/tiny-bert")
    let base = try ModelDirectory(path: path("transformers/tiny-bert"))
    var generator = SeededGenerator(seed: 4)
    var refused = 0
    for round in 0..<200 {
      for name in ["adapter_config.json", "adapter_model.safetensors"] {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: source + "/" + name))
        if (name == "adapter_config.json") == round.isMultiple(of: 2) {
          if round % 4 < 2 { bytes = bytes.prefix(Int.random(in: 0..<bytes.count, using: &generator)) } else {
            // the header's end of the weights; anywhere in the configuration
            let place = Int.random(in: 0..<min(bytes.count, 1500), using: &generator)
            bytes[place] ^= UInt8(1 << Int.random(in: 0..<8, using: &generator))
          }
        }
        try bytes.write(to: URL(fileURLWithPath: place + "/" + name))
      }
      do {
        _ = try base.applying(LowRankAdapter(path: place, for: base))
      } catch {
        refused += 1
      }
    }
    #expect(refused > 80, "\(refused) of 200")
  }
}
