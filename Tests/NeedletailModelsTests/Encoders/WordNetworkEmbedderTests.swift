import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import Testing

/// Models over words against sentence-transformers, which made the files with `Tests/Fixtures/scripts/make_word_networks.py`.
@Suite struct WordNetworkEmbedderTests {
  static let names = ["weighted", "recurrent", "forward", "convolved"]

  private func path(_ name: String) throws -> String {
    try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)).appending(path: "words/\(name)").path
  }

  /// Copies a model without the digests beside it, which other tests may be writing.
  private func copy(_ name: String, to folder: URL) throws {
    let source = URL(fileURLWithPath: try path(name))
    for file in try FileManager.default.subpathsOfDirectory(atPath: source.path) where !file.hasPrefix(".") {
      let place = folder.appending(path: file)
      try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      if file.contains(".") { try FileManager.default.copyItem(at: source.appending(path: file), to: place) }
    }
  }

  private struct Expected: Decodable {
    let texts: [String]
    let vectors: [[Float]]
  }

  @Test(arguments: names)
  func vectorsAreThoseOfTheReference(name: String) async throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: path(name) + "/expected.json"))
    let expected = try JSONDecoder().decode(Expected.self, from: data)
    let embedder = try WordNetworkEmbedder(path: path(name), pool: WorkerPool(threadCount: 2))
    // All at once: what stands beside a text does not change its vector.
    let vectors = try await embedder.encode(expected.texts, as: .document)
    #expect(vectors.count == expected.texts.count && vectors.dimension == expected.vectors[0].count)
    for (row, wanted) in expected.vectors.enumerated() {
      let worst = zip(vectors[row], wanted).map { abs($0 - $1) }.max() ?? 1
      #expect(worst < 1e-5, "\(expected.texts[row])")
    }
  }

  @Test func aRegistryOpensThemByName() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let registry = ModelRegistry(directory: folder.path)
    let registered = try registry.add(path: path("recurrent"), name: "tiny-words")
    #expect(registered.kind == .embedder && registered.profile?.dimension == 8)
    // A list needs no numbers, only what they are known by, which is kept.
    #expect(FileManager.default.fileExists(atPath: registered.path + "/.needletail-digests.json"))
    #expect(registry.models().map(\.profile) == [registered.profile])
    let embedder = try registry.embedder(named: "tiny-words")
    let original = try WordNetworkEmbedder(path: path("recurrent"))
    #expect(embedder.profile.digest == original.profile.digest)
    let texts = ["needle in hay", "fox"]
    let (found, expected) = (try await embedder.encode(texts, as: .query), try await original.encode(texts, as: .query))
    #expect(found.values == expected.values)
  }

  @Test func aCopyFollowsLinksAndTakesPiecesAndRemarks() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let (model, piece) = (folder.appending(path: "model"), "model-00001-of-00001.safetensors")
    try copy("forward", to: model)
    try FileManager.default.moveItem(at: model.appending(path: "model.safetensors"), to: folder.appending(path: "blob"))
    try FileManager.default.createSymbolicLink(
      at: model.appending(path: piece), withDestinationURL: folder.appending(path: "blob"))
    let index = ["weight_map": ["emb_layer.weight": piece]]
    try JSONSerialization.data(withJSONObject: index).write(to: model.appending(path: "model.safetensors.index.json"))
    try Data("of whom it is".utf8).write(to: model.appending(path: "README.md"))
    let registry = ModelRegistry(directory: folder.appending(path: "registry").path)
    let registered = try registry.add(path: model.path, name: "pieces")
    // Numbers in pieces are numbers of the model.
    var bytes = try Data(contentsOf: folder.appending(path: "blob"))
    bytes[bytes.count - 1] ^= 1
    try FileManager.default.removeItem(at: folder.appending(path: "blob"))
    try bytes.write(to: folder.appending(path: "blob"))
    #expect(try WordNetworkEmbedder(path: model.path).profile.digest != registered.profile?.digest)
    try FileManager.default.removeItem(at: model)
    try FileManager.default.removeItem(at: folder.appending(path: "blob"))
    let (embedder, original) = (try registry.embedder(named: "pieces"), try WordNetworkEmbedder(path: path("forward")))
    let (found, expected) = (try await embedder.encode(["needle in hay"], as: .query), try await original.encode(["needle in hay"], as: .query))
    #expect(found.values == expected.values)
    #expect(try String(contentsOfFile: registered.path + "/README.md", encoding: .utf8) == "of whom it is")
  }

  @Test func eachNumberAndSettingCounts() throws {
    let digests = try Self.names.map { try WordNetworkEmbedder(path: path($0)).profile.digest }
    #expect(Set(digests).count == Self.names.count)
  }

  /// Cut and altered files give an error or a model, never a crash.
  @Test func damagedDirectoriesAreRefusedOrOpened() async throws {
    var generator = SeededGenerator(seed: 12)
    var refused = 0
    for name in Self.names {
      let source = try path(name)
      let files = try FileManager.default.subpathsOfDirectory(atPath: source)
        .filter { $0.hasSuffix(".json") || $0.hasSuffix(".safetensors") }.filter { !$0.hasPrefix("expected") && !$0.hasPrefix(".") }.sorted()
      for file in files {
        for isCut in [true, false] {
          let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
          defer { try? FileManager.default.removeItem(at: folder) }
          try copy(name, to: folder)
          let place = folder.appending(path: file)
          var bytes = try Data(contentsOf: place)
          guard !bytes.isEmpty else { continue }
          if isCut {
            bytes = bytes.prefix(Int.random(in: 0..<bytes.count, using: &generator))
          } else {
            for _ in 0..<3 { bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= UInt8(1 << Int.random(in: 0..<8, using: &generator)) }
          }
          try bytes.write(to: place)
          do throws(ModelError) {
            let embedder = try WordNetworkEmbedder(path: folder.path)
            _ = try? await embedder.encode(["needle hay fox"], as: .document)
          } catch {
            refused += 1
            #expect(!"\(error)".isEmpty)
          }
        }
      }
    }
    #expect(refused > 20)
  }

  /// Of equal words the last one counts, and the number of the last needs a vector as well.
  @Test func repeatedWordsHaveTheNumberOfTheLast() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try copy("weighted", to: folder)
    let file = folder.appending(path: "whitespacetokenizer_config.json")
    func write(_ words: [String]) throws { try JSONSerialization.data(withJSONObject: ["vocab": words]).write(to: file) }
    let words = ["needle", "hay", "stack", "fox", "Quick", "quick", "jumps", "über", "don't", "dog", "(odd)"]
    try write(words + ["lazy"])
    let expected = try await WordNetworkEmbedder(path: folder.path).encode(["lazy"], as: .document)
    try write(words + ["needle"])
    let found = try await WordNetworkEmbedder(path: folder.path).encode(["needle"], as: .document)
    #expect(found.values == expected.values)
    try write(words + ["needle", "needle"])
    #expect {
      try WordNetworkEmbedder(path: folder.path)
    } throws: { "\($0)".contains("13 words, and vectors of 12") }
  }

  @Test func whatIsNotSupportedIsNamed() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try copy("convolved", to: folder)
    let file = folder.appending(path: "1_CNN/cnn_config.json")
    let text = try String(contentsOf: file, encoding: .utf8).replacingOccurrences(of: "5", with: "4")
    try Data(text.utf8).write(to: file)
    #expect {
      try WordNetworkEmbedder(path: folder.path)
    } throws: { "\($0)".contains("odd sizes") }
  }
}
