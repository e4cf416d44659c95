import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import NeedletailText
import Testing

/// Tiny models of many architectures against transformers and sentence-transformers, which made the files with
/// `Tests/Fixtures/scripts/make_architectures.py`.
@Suite struct ArchitectureTests {
  static let names = ["roberta", "xlm-roberta", "mpnet", "modernbert", "nomic-bert", "llama", "mistral", "qwen2", "qwen3"]

  struct Reference: Decodable {
    let texts: [String]
    let ids: [[Int32]]
    let vectors: [[Float]]
    let states: [[[Float]]]
  }

  static func path(_ name: String) throws -> String {
    try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)).appending(path: "architectures/\(name)").path
  }

  static func reference(_ name: String) throws -> Reference {
    try JSONDecoder().decode(Reference.self, from: Data(contentsOf: URL(fileURLWithPath: path(name) + "/expected.json")))
  }

  private func cosine(_ a: some Collection<Float>, _ b: some Collection<Float>) -> Float {
    let dot = zip(a, b).reduce(Float(0)) { $0 + $1.0 * $1.1 }
    return dot / (a.reduce(Float(0)) { $0 + $1 * $1 } * b.reduce(Float(0)) { $0 + $1 * $1 }).squareRoot()
  }

  @Test(arguments: names)
  func tokensAreThoseOfTheReference(name: String) throws {
    let reference = try Self.reference(name)
    let embedder = try TransformerEmbedder(directory: ModelDirectory(path: Self.path(name)))
    for (text, ids) in zip(reference.texts, reference.ids) {
      #expect(embedder.tokenizer.encode(text, maximumTokens: embedder.profile.maximumTokens).ids == ids, "\(text.prefix(40))")
    }
  }

  @Test(arguments: names)
  func vectorsAreThoseOfSentenceTransformers(name: String) throws {
    let reference = try Self.reference(name)
    for threads in [1, 3] {
      let embedder = try TransformerEmbedder(directory: ModelDirectory(path: Self.path(name)), pool: WorkerPool(threadCount: threads))
      let vectors = try embedder.encodeNow(reference.texts, as: .document)
      #expect(vectors.count == reference.texts.count)
      for (row, expected) in reference.vectors.enumerated() {
        let worst = zip(vectors[row], expected).map { abs($0 - $1) }.max() ?? 1
        #expect(worst < 1e-4 && cosine(vectors[row], expected) > 0.9999, "text \(row) with \(threads) threads: \(worst)")
      }
    }
  }

  @Test(arguments: names, [EmbedderPrecision.bfloat16, .int8])
  func narrowVectorsAreNearThem(name: String, precision: EmbedderPrecision) throws {
    let reference = try Self.reference(name)
    let embedder = try TransformerEmbedder(directory: ModelDirectory(path: Self.path(name)), precision: precision)
    let vectors = try embedder.encodeNow(reference.texts, as: .document)
    for (row, expected) in reference.vectors.enumerated() {
      #expect(cosine(vectors[row], expected) > (precision == .int8 ? 0.98 : 0.998), "text \(row)")
    }
  }

  @Test(arguments: names)
  func aTextAloneHasTheVectorItHasInCompany(name: String) throws {
    let embedder = try TransformerEmbedder(directory: ModelDirectory(path: Self.path(name)), pool: WorkerPool(threadCount: 2))
    let texts = (0..<40).map { String(repeating: "needle \($0) ", count: $0 * 7 % 23) }
    let together = try embedder.encodeNow(texts, as: .document)
    for (row, text) in texts.enumerated() {
      let alone = try embedder.encodeNow([text], as: .document)
      let worst = zip(together[row], alone.values).map { abs($0 - $1) }.max() ?? 1
      #expect(worst < 1e-5, "text \(row)")
    }
  }
}
