import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import Testing

/// Models with heads against sentence-transformers, which made the files with `Tests/Fixtures/scripts/make_heads.py`.
@Suite struct HeadTests {
  static let names = ["bert", "distilbert", "roberta"]

  private func path(_ name: String) throws -> String {
    try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)).appending(path: name).path
  }

  private func expected<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: path(name) + "/expected.json")))
  }

  private struct Scores: Decodable {
    let pairs: [[String]]
    let scores: [Float]
  }

  private struct Weights: Decodable {
    let texts: [String]
    let vectors: [[Float]]
  }

  @Test(arguments: names)
  func crossEncodersScoreAsTheReference(name: String) throws {
    let reference = try expected(Scores.self, "rerankers/\(name)")
    for (precision, tolerance) in [(EmbedderPrecision.float32, Float(1e-4)), (.bfloat16, 0.02), (.int8, 0.1)] {
      let encoder = try CrossEncoder(path: path("rerankers/\(name)"), precision: precision)
      #expect(encoder.activation == .sigmoid)
      for (pair, score) in zip(reference.pairs, reference.scores) {
        let found = try encoder.scores(of: [pair[1]], for: pair[0])[0]
        #expect(abs(found - score) < tolerance, "\(pair[0].prefix(20)) | \(pair[1].prefix(20)) in \(precision)")
      }
    }
  }

  @Test func aQueryScoresItsPassagesTogetherAsOneByOne() throws {
    let encoder = try CrossEncoder(path: path("rerankers/bert"), pool: WorkerPool(threadCount: 3))
    let passages = (0..<70).map { String(repeating: "needle \($0) hay ", count: $0 % 9) }
    let together = try encoder.scores(of: passages, for: "the needle")
    for (passage, score) in zip(passages, together) {
      let alone = try encoder.scores(of: [passage], for: "the needle")[0]
      #expect(abs(alone - score) < 1e-5)
    }
    #expect(try encoder.scores(of: [], for: "the needle").isEmpty)
  }

  @Test func reranksByScore() async throws {
    let encoder = try CrossEncoder(path: path("rerankers/distilbert"), name: "tiny")
    let texts = ["hay", "a needle in the hay", "the quick brown fox", "hello"]
    let candidates = texts.enumerated().map { index, text in
      Candidate(hit: Hit(passage: Int64(index), document: text, score: 1), text: text)
    }
    let hits = try await encoder.rerank(Query("find the needle"), candidates)
    #expect(hits.map(\.score) == hits.map(\.score).sorted(by: >))
    #expect(Set(hits.map(\.document)) == Set(texts))
    for (rank, hit) in hits.enumerated() {
      #expect(hit.contributions == [.init(source: "tiny", rank: rank + 1, score: hit.score)])
      let alone = try encoder.scores(of: [hit.document], for: "find the needle")[0]
      #expect(abs(Float(hit.score) - alone) < 1e-5)
    }
  }

  @Test(arguments: names)
  func sparseVectorsAreThoseOfTheReference(name: String) async throws {
    let reference = try expected(Weights.self, "sparse/\(name)")
    let embedder = try SparseEmbedder(path: path("sparse/\(name)"))
    let vectors = try await embedder.encode(reference.texts, as: .document)
    #expect(vectors.count == reference.texts.count)
    for (row, expected) in reference.vectors.enumerated() {
      #expect(vectors.dimension == expected.count)
      var dense = [Float](repeating: 0, count: vectors.dimension)
      for (term, weight) in zip(vectors[row].terms, vectors[row].weights) { dense[Int(term)] = weight }
      let worst = zip(dense, expected).map { abs($0 - $1) }.max() ?? 1
      #expect(worst < 1e-4, "text \(row)")
    }
  }

  /// The same network with the other pooling of sentence-transformers.
  @Test func summedWeightsAreThoseOfTheReference() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-summed-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(atPath: path("sparse/bert"), toPath: folder.path)
    func pool(_ strategy: String) throws {
      try Data(#"{"pooling_strategy": "\#(strategy)", "activation_function": "relu"}"#.utf8)
        .write(to: folder.appendingPathComponent("1_SpladePooling/config.json"))
    }
    try pool("sum")
    let reference = try JSONDecoder().decode(Weights.self, from: Data(contentsOf: folder.appendingPathComponent("summed.json")))
    let vectors = try SparseEmbedder(path: folder.path).encodeNow(reference.texts, as: .document)
    for (row, expected) in reference.vectors.enumerated() {
      var dense = [Float](repeating: 0, count: vectors.dimension)
      for (term, weight) in zip(vectors[row].terms, vectors[row].weights) { dense[Int(term)] = weight }
      let worst = zip(dense, expected).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 1
      #expect(worst < 1e-4, "text \(row)")
    }
    try pool("mean")
    #expect(throws: ModelError.self) { try SparseEmbedder(path: folder.path) }
  }

  /// Saved as a model of sparse vectors, a network in a folder of its own moves to where the modules say it is.
  @Test func aNetworkInAFolderIsSavedWhereTheModulesLead() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-folder-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: path("sparse/bert"), toPath: folder.path + "/0_Transformer")
    func write(_ text: String, _ name: String) throws {
      let file = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    try write(
      #"[{"type": "x.Transformer", "path": "0_Transformer"}, {"type": "x.Pooling", "path": "1_Pooling"}]"#, "modules.json")
    try write(#"{"pooling_mode": "mean"}"#, "1_Pooling/config.json")
    try write(#"{"max_seq_length": 64}"#, "0_Transformer/sentence_bert_config.json")
    try write("{}", "config_sentence_transformers.json")
    let saved = folder.path + "/saved"
    try ModelDirectory(path: folder.path).save(to: saved, replacing: [:], as: .sparse)
    let texts = ["find the needle", "hay"]
    let found = try SparseEmbedder(path: saved).encodeNow(texts, as: .document)
    let expected = try SparseEmbedder(path: path("sparse/bert")).encodeNow(texts, as: .document)
    for row in texts.indices {
      #expect(found[row].terms == expected[row].terms && found[row].weights == expected[row].weights)
    }
  }

  /// A causal network reads a text twice; the folder of its dense sibling, without what says how that pools.
  @Test(arguments: ["llama", "mistral", "qwen3"])
  func causalNetworksReadTwiceAsTheReference(name: String) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-echo-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(at: URL(fileURLWithPath: path("architectures/\(name)")), to: folder)
    #expect(throws: ModelError.self) { try SparseEmbedder(path: folder.path) }
    try FileManager.default.removeItem(at: folder.appendingPathComponent("modules.json"))
    let reference = try JSONDecoder().decode(Weights.self, from: Data(contentsOf: folder.appendingPathComponent("echo.json")))
    let embedder = try SparseEmbedder(path: folder.path)
    let vectors = try await embedder.encode(reference.texts, as: .document)
    for (row, expected) in reference.vectors.enumerated() {
      var dense = [Float](repeating: 0, count: vectors.dimension)
      for (term, weight) in zip(vectors[row].terms, vectors[row].weights) { dense[Int(term)] = weight }
      let worst = zip(dense, expected).map { abs($0 - $1) }.max() ?? 1
      #expect(vectors.dimension == expected.count && worst < 1e-4, "text \(row): \(worst)")
    }
  }

  @Test func termsHaveTheirSpelling() throws {
    let embedder = try SparseEmbedder(path: path("sparse/bert"))
    let vector = try embedder.encodeNow(["needle"], as: .query)
    #expect(vector.count == 1 && embedder.profile.similarity == .dot)
    #expect(embedder.term(2) == "[CLS]")
    #expect(embedder.term(.max) == nil)
  }

  @Test func modelsWithoutTheHeadAreRefused() throws {
    let plain = try path("architectures/roberta")
    #expect(throws: ModelError.self) { try CrossEncoder(path: plain) }
    #expect(throws: ModelError.self) { try SparseEmbedder(path: plain) }
    #expect(throws: ModelError.self) { try CrossEncoder(path: path("architectures/modernbert")) }
    #expect(throws: ModelError.self) { try SparseEmbedder(path: path("rerankers/bert")) }
    #expect(throws: ModelError.self) { try CrossEncoder(path: "/nowhere") }
  }
}
