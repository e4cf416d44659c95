import Foundation
import NeedletailCore
import NeedletailEvaluation
import Synchronization
import Testing

/// Embeds a text as its length and its first byte, and counts what it was asked for.
private final class CountingEmbedder: Embedder {
  let profile: EmbedderProfile
  let asked = Mutex<[String]>([])

  init(digest: String = "a") {
    profile = EmbedderProfile(name: "counting", digest: digest, dimension: 2, maximumTokens: 8, similarity: .cosine)
  }

  func encode(_ inputs: [String], as role: Role) async throws -> DenseVectors {
    asked.withLock { $0 += inputs }
    return DenseVectors(dimension: 2, values: inputs.flatMap(Self.vector))
  }

  static func vector(_ text: String) -> [Float] { [Float(text.utf8.count) + 0.1, -Float(text.utf8.first ?? 0)] }

  /// What was asked for since the last time.
  func taken() -> [String] { asked.withLock { asked in defer { asked = [] }; return asked } }
}

@Suite struct EmbeddingCacheTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cache-\(UUID().uuidString)").path

  private func vectors(_ texts: [String], _ embedder: CountingEmbedder, role: Role = .document, variant: String = "x", cache: EmbeddingCache? = nil) async throws {
    let cache = cache ?? EmbeddingCache(folder: folder)
    let vectors = try await cache.vectors(of: texts, as: role, with: embedder, variant: variant)
    #expect(vectors.dimension == 2 && vectors.values == texts.flatMap(CountingEmbedder.vector))
  }

  private func files() -> [String] {
    (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".vectors") }.sorted()
  }

  @Test func embedsATextOnceWhateverItStandsBeside() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let embedder = CountingEmbedder()
    try await vectors(["one", "three", "one", ""], embedder)
    #expect(embedder.taken() == ["one", "three", ""])
    // another process, another order, other texts
    try await vectors(["", "seven", "three"], embedder)
    #expect(embedder.taken() == ["seven"])
    try await vectors([], embedder)
    #expect(embedder.taken().isEmpty)
  }

  @Test func findsInTheSameProcessWhatItHasJustKept() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (embedder, cache) = (CountingEmbedder(), EmbeddingCache(folder: folder))
    let texts = (0..<1300).map { "text \($0)" }
    try await vectors(texts, embedder, cache: cache)
    #expect(embedder.taken() == texts && files().count == 3)
    try await vectors(texts.reversed(), embedder, cache: cache)
    #expect(embedder.taken().isEmpty)
  }

  @Test func keepsModelsRolesAndPrecisionsApart() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let first = CountingEmbedder()
    try await vectors(["one"], first)
    for (embedder, role, variant) in [(CountingEmbedder(digest: "b"), Role.document, "x"), (first, .query, "x"), (first, .document, "y")] {
      _ = embedder.taken()
      try await vectors(["one"], embedder, role: role, variant: variant)
      #expect(embedder.taken() == ["one"], "\(role) \(variant)")
    }
  }

  /// Whatever happens to a file, vectors stay right: what cannot be trusted is embedded anew, and then is there again.
  @Test func embedsAnewWhatIsDamaged() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let embedder = CountingEmbedder()
    let texts = (0..<20).map { "text \($0)" }
    try await vectors(texts, embedder)
    let path = folder + "/" + (try #require(files().first))
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    var generator = SystemRandomNumberGenerator()
    for round in 0..<200 {
      var bytes = whole
      if round.isMultiple(of: 2) {
        bytes = bytes.prefix(Int.random(in: 0..<whole.count, using: &generator))
      } else {
        bytes[Int.random(in: 0..<whole.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
      try bytes.write(to: URL(fileURLWithPath: path))
      _ = embedder.taken()
      try await vectors(texts, embedder)
      #expect(!embedder.taken().isEmpty)
      try? FileManager.default.removeItem(atPath: folder)
      try FileManager.default.createDirectory(at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
      try whole.write(to: URL(fileURLWithPath: path))
    }
    try Data((0..<500).map { _ in UInt8.random(in: 0...255) }).write(to: URL(fileURLWithPath: path))
    try await vectors(texts, embedder)
    _ = embedder.taken()
    try await vectors(texts, embedder)
    #expect(embedder.taken().isEmpty)
  }

  @Test func worksWithoutAFolderThatCanBeWritten() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data().write(to: URL(fileURLWithPath: folder))
    let embedder = CountingEmbedder()
    try await vectors(["one"], embedder)
    try await vectors(["one"], embedder)
    #expect(embedder.taken() == ["one", "one"])
  }

  @Test func takesDocumentsFromTheCacheAndEmbedsQuestions() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let embedder = CountingEmbedder()
    let cached = CachedEmbedder(embedder, cache: EmbeddingCache(folder: folder), variant: "x")
    for _ in 0..<2 {
      for role in [Role.document, .query] { _ = try await cached.encode(["one"], as: role) }
    }
    #expect(embedder.taken() == ["one", "one", "one"] && cached.profile == embedder.profile)
  }
}
