import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import NeedletailText
import Testing

/// A tiny encoder with what the Python reference computes, made by `Tests/Fixtures/scripts/make_transformers.py`.
private struct Reference: Decodable {
  let texts: [String]
  let ids: [[Int32]]
  let vectors: [[Float]]

  static func directory(_ name: String) throws -> String {
    try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)).appending(path: "transformers/\(name)").path
  }

  init(_ name: String) throws {
    let tiny = URL(fileURLWithPath: try Self.directory(name)).appending(path: "expected.json")
    let url = FileManager.default.fileExists(atPath: tiny.path) ? tiny : URL(fileURLWithPath: try Self.directory(name) + ".json")
    self = try JSONDecoder().decode(Reference.self, from: Data(contentsOf: url))
  }
}

private func cosine(_ a: some Collection<Float>, _ b: some Collection<Float>) -> Float {
  let dot = zip(a, b).reduce(Float(0)) { $0 + $1.0 * $1.1 }
  let lengths = a.reduce(Float(0)) { $0 + $1 * $1 } * b.reduce(Float(0)) { $0 + $1 * $1 }
  return dot / lengths.squareRoot()
}

/// The default model, where somebody has fetched it.
private let fetchedModel: String = {
  let environment = ProcessInfo.processInfo.environment
  let home = FileManager.default.homeDirectoryForCurrentUser.path
  #if os(macOS)
    let standard = home + "/Library/Application Support/Needletail"
  #else
    let standard = (environment["XDG_DATA_HOME"] ?? home + "/.local/share") + "/needletail"
  #endif
  return (environment["NEEDLETAIL_DATA"] ?? standard) + "/models/all-MiniLM-L6-v2"
}()

@Suite(.enabled(if: FileManager.default.fileExists(atPath: fetchedModel + "/config.json"), "run `needletail model fetch` first"))
struct FetchedEmbedderTests {
  @Test(arguments: [(EmbedderPrecision.float32, Float(0.99999)), (.bfloat16, 0.9999), (.int8, 0.99)])
  func vectorsAreThoseOfTheReference(precision: EmbedderPrecision, leastCosine: Float) throws {
    let reference = try Reference("all-MiniLM-L6-v2")
    let embedder = try TransformerEmbedder(directory: ModelDirectory(path: fetchedModel), precision: precision)
    let vectors = try embedder.encodeNow(reference.texts, as: .document)
    for (row, expected) in reference.vectors.enumerated() {
      #expect(cosine(vectors[row], expected) > leastCosine, "\(reference.texts[row].prefix(40))")
    }
  }
}

@Suite struct TransformerEmbedderTests {
  private func embedder(
    _ name: String, _ precision: EmbedderPrecision = .float32, threads: Int = 2
  ) throws -> TransformerEmbedder {
    let directory = try ModelDirectory(path: Reference.directory(name))
    let pool = WorkerPool(threadCount: threads)
    if name == "tiny-roberta" {
      return TransformerEmbedder(directory: directory, tokenizer: NumberTokenizer(), precision: precision, pool: pool)
    }
    return try TransformerEmbedder(directory: directory, precision: precision, pool: pool)
  }

  @Test(arguments: ["tiny-bert", "tiny-distilbert", "tiny-roberta"])
  func floatVectorsAreThoseOfTheReference(name: String) throws {
    let reference = try Reference(name)
    let vectors = try embedder(name).encodeNow(reference.texts, as: .document)
    #expect(vectors.count == reference.texts.count)
    for (row, expected) in reference.vectors.enumerated() {
      #expect(cosine(vectors[row], expected) > 0.99999, "\(name), text \(row)")
      let worst = zip(vectors[row], expected).map { abs($0 - $1) }.max() ?? 1
      #expect(worst < 2e-5, "\(name), text \(row)")
    }
  }

  @Test(arguments: ["tiny-bert", "tiny-distilbert", "tiny-roberta"], [EmbedderPrecision.bfloat16, .int8])
  func narrowVectorsAreNearThoseOfTheReference(name: String, precision: EmbedderPrecision) throws {
    let reference = try Reference(name)
    let embedder = try embedder(name, precision)
    #expect(embedder.precision == precision.effective)
    let vectors = try embedder.encodeNow(reference.texts, as: .document)
    for (row, expected) in reference.vectors.enumerated() {
      #expect(cosine(vectors[row], expected) > (precision == .int8 ? 0.99 : 0.999), "\(name), text \(row)")
    }
  }

  @Test(arguments: EmbedderPrecision.allCases)
  func vectorsDoNotDependOnCompanyOrThreads(precision: EmbedderPrecision) throws {
    let texts = (0..<300).map { String(repeating: "needle \($0) ", count: $0 * 7 % 23) }
    let alone = try embedder("tiny-bert", precision, threads: 1)
    let expected = try texts.map { try alone.encodeNow([$0], as: .document).values }
    for threads in [1, 2, 3] {
      let together = try embedder("tiny-bert", precision, threads: threads).encodeNow(texts, as: .document)
      #expect(together.count == texts.count)
      for row in texts.indices {
        let worst = zip(together[row], expected[row]).map { abs($0 - $1) }.max() ?? 1
        #expect(worst < 1e-5, "\(threads) threads, text \(row)")
      }
    }
  }

  @Test func tokensGiveTheVectorsOfTheirText() throws {
    let embedder = try embedder("tiny-bert")
    let tokenizer = try #require(embedder.tokenizer as? SubwordTokenizer)
    let texts = ["find the needle", "", "hay", String(repeating: "needle and hay ", count: 400)]
    let framed = texts.map { tokenizer.encode($0, maximumTokens: nil).ids }
    let bare = framed.map { Array($0.dropFirst(tokenizer.specialTokens.before.count).dropLast(tokenizer.specialTokens.after.count)) }
    let expected = try embedder.encodeNow(texts, as: .document)
    for tokens in [framed, bare] {
      let vectors = try embedder.encodeNow(tokens: tokens)
      #expect(vectors.count == texts.count)
      for row in texts.indices { #expect(cosine(vectors[row], Array(expected[row])) > 0.99999, "\(texts[row].prefix(20))") }
    }
    #expect(throws: ModelError.self) { try embedder.encodeNow(tokens: [[1], [2_000_000]]) }
    #expect(throws: ModelError.self) { try embedder.encodeNow(tokens: [[-1]]) }
  }

  @Test func noTextsGiveNoVectors() async throws {
    let embedder = try embedder("tiny-bert")
    #expect(try embedder.encodeNow([], as: .query).count == 0)
    #expect(try await embedder.encode([], as: .query).count == 0)
  }

  @Test func emptyTextsGiveUnitVectors() throws {
    let vector = try embedder("tiny-bert").encodeNow([""], as: .query)
    #expect(abs(vector.values.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
  }

  @Test func longTextsAreCut() throws {
    let embedder = try embedder("tiny-bert")
    let long = String(repeating: "hay ", count: 5000), longer = long + "needle"
    #expect(try embedder.encodeNow([long], as: .query) == embedder.encodeNow([longer], as: .query))
  }

  @Test func manyMayEncodeAtTheSameTime() async throws {
    let embedder = try embedder("tiny-bert", threads: 3)
    let texts = (0..<40).map { "needle \($0) in the hay of \($0 * 3)" }
    let expected = try embedder.encodeNow(texts, as: .document)
    await withTaskGroup(of: Bool.self) { group in
      for caller in 0..<12 {
        group.addTask {
          for _ in 0..<5 {
            let found = caller % 2 == 0 ? try? await embedder.encode(texts, as: .document) : try? embedder.encodeNow(texts, as: .document)
            guard let found, cosine(found.values, expected.values) > 0.99999 else { return false }
          }
          return true
        }
      }
      for await isEqual in group { #expect(isEqual) }
    }
  }

  @Test func cancellationEndsTheWork() async throws {
    let embedder = try embedder("tiny-bert", threads: 1)
    let texts = [String](repeating: String(repeating: "hay ", count: 30), count: 50_000)
    let work = Task { try await embedder.encode(texts, as: .document) }
    try await Task.sleep(for: .milliseconds(20))
    work.cancel()
    await #expect(throws: CancellationError.self) { try await work.value }
  }

  @Test func tokensOutsideTheVocabularyAreAnError() throws {
    #expect(throws: ModelError.self) { try embedder("tiny-roberta").encodeNow(["5 64"], as: .query) }
  }

  @Test func profileTellsWhatTheDirectorySays() throws {
    let profile = try embedder("tiny-bert").profile
    #expect(profile.name == "tiny-bert" && profile.dimension == 48 && profile.maximumTokens == 40)
    #expect(!profile.digest.isEmpty)
  }
}
