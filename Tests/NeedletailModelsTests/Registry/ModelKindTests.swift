import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import Testing

@Suite struct ModelKindTests {
  private let folder: TemporaryFolder
  private let registry: ModelRegistry

  init() throws {
    folder = try TemporaryFolder()
    registry = ModelRegistry(directory: folder.path + "/models")
  }

  /// A copy of a fixture, without some of its files.
  private func copy(_ name: String, without files: [String] = []) throws -> String {
    let source = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)).appending(path: name).path
    let path = folder.path + "/" + UUID().uuidString
    try FileManager.default.copyItem(atPath: source, toPath: path)
    for file in files { try FileManager.default.removeItem(atPath: path + "/" + file) }
    return path
  }

  private static let moduleFiles = ["modules.json", "config_sentence_transformers.json", "sentence_bert_config.json"]

  @Test(arguments: [
    ("rerankers/bert", [], ModelKind.crossEncoder, 1), ("rerankers/distilbert", moduleFiles, .crossEncoder, 1),
    ("sparse/distilbert", [], .sparse, nil), ("sparse/roberta", moduleFiles, .sparse, nil), ("architectures/qwen2", moduleFiles, .languageModel, 32),
    ("architectures/roberta", [], .embedder, 32), ("multivector/fixed", [], .multiVector, 6), ("multivector/older", [], .multiVector, 6),
    ("multivector/inline", [], .multiVector, 6),
  ] as [(String, [String], ModelKind, Int?)])
  func modelsOfEveryKindAreRegistered(name: String, without: [String], kind: ModelKind, dimension: Int?) throws {
    let path = try copy(name, without: without)
    let added = try registry.add(path: path, name: "tiny")
    #expect(added.kind == kind)
    #expect(dimension == nil || added.profile?.dimension == dimension)
    #expect(registry.models() == [added])
    let found = try registry.path(named: "tiny", as: kind)
    try FileManager.default.removeItem(atPath: path)
    // what was copied is all that the model needs
    switch kind {
    case .embedder: _ = try registry.embedder(named: "tiny")
    case .crossEncoder: #expect(try CrossEncoder(path: found).scores(of: ["hay"], for: "needle").count == 1)
    case .sparse: #expect(try SparseEmbedder(path: found).profile.dimension == added.profile?.dimension)
    case .multiVector: #expect(try MultiVectorEmbedder(path: found).profile == added.profile.map { profile in
      var renamed = profile
      renamed.name = "tiny"
      return renamed
    })
    case .languageModel: #expect(try !LanguageModel(path: found).tokens(of: "needle").isEmpty)
    }
    if kind != .embedder {
      #expect { try registry.directory(named: "tiny") } throws: { "\($0)".contains(kind.rawValue) && "\($0)".contains("needletail") }
    }
    #expect(throws: ModelError.self) { try registry.path(named: "tiny", as: kind == .sparse ? .crossEncoder : .sparse) }
  }

  @Test func aHeadThatIsMissingIsNoticedWhenTheModelIsAdded() throws {
    let path = try copy("sparse/bert")
    let file = try SafetensorsFile(path: path + "/model.safetensors")
    let kept = file.tensors.filter { !$0.name.contains("transform.dense.weight") }
    #expect(kept.count == file.tensors.count - 1)
    let entries = kept.map { tensor in (tensor.name, tensor.shape, file.floats(tensor)) }
    try SafetensorsWriter.write(
      entries.map { entry in .init(name: entry.0, shape: entry.1) { entry.2 } }, metadata: [:], to: path + "/model.safetensors")
    #expect { try registry.add(path: path, name: "tiny") } throws: { "\($0)".contains("transform.dense") }
    #expect(registry.models().isEmpty)
  }

  @Test func filesOfTextsBecomeFilesOfWeights() throws {
    struct Line: Decodable {
      let _id: String
      let vector: [String: Float]
    }
    let model = try SparseEmbedder(path: copy("sparse/bert"))
    let texts = (0..<300).map { "needle \($0) in the hay " + String(repeating: "fox ", count: $0 % 5) }
    let lines = texts.enumerated().map { "{\"_id\": \"t\($0)\", \"title\": \"\($0 % 2 == 0 ? "" : "find")\", \"text\": \"\($1)\"}\n" }.joined()
    try lines.write(toFile: folder.path + "/texts.jsonl", atomically: true, encoding: .utf8)
    var progress: [Int] = []
    let report = try model.encode(linesOf: folder.path + "/texts.jsonl", to: folder.path + "/out.jsonl", as: .document) { progress.append($0) }
    let found = try String(contentsOfFile: folder.path + "/out.jsonl", encoding: .utf8).split(separator: "\n")
      .map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    #expect(report.texts == 300 && found.map(\._id) == (0..<300).map { "t\($0)" } && progress.last == 300)
    let expected = try model.encodeNow(texts.enumerated().map { $0 % 2 == 0 ? $1 : "find\n" + $1 }, as: .document)
    for (row, line) in found.enumerated() {
      let wanted = Dictionary(uniqueKeysWithValues: zip(expected[row].terms.map { model.term($0) ?? "" }, expected[row].weights))
      #expect(line.vector == wanted)
    }
    _ = try model.encode(linesOf: folder.path + "/texts.jsonl", to: folder.path + "/few.jsonl", as: .document, terms: 3)
    for line in try String(contentsOfFile: folder.path + "/few.jsonl", encoding: .utf8).split(separator: "\n") {
      let few = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
      let all = try #require(found.first { $0._id == few._id })
      let heaviest = Array(all.vector.values.sorted().suffix(3))
      #expect(few.vector.values.sorted() == heaviest)
    }
    try "{\"_id\": 7}\n".write(toFile: folder.path + "/bad.jsonl", atomically: true, encoding: .utf8)
    #expect { try model.encode(linesOf: folder.path + "/bad.jsonl", to: folder.path + "/no.jsonl", as: .query) } throws: {
      "\($0)".contains("line 1")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/no.jsonl"))
  }

  @Test func filesOfTextsBecomeFilesOfVectors() async throws {
    let path = try copy("architectures/roberta")
    _ = try registry.add(path: path, name: "tiny")
    let model = try registry.embedder(named: "tiny")
    let texts = (0..<21).map { "needle \($0) in the hay " + String(repeating: "fox ", count: $0 % 5) }
    let lines = texts.enumerated().map { "{\"_id\": \"t\($0)\", \"title\": \"\($0 % 2 == 0 ? "" : "find")\", \"text\": \"\($1)\"}\n" }.joined()
    try ("\n" + lines).write(toFile: folder.path + "/texts.jsonl", atomically: true, encoding: .utf8)
    let expected = try await model.encode(texts.enumerated().map { $0 % 2 == 0 ? $1 : "find\n" + $1 }, as: .document)
    for ending in ["fvecs", "fbin", "npy"] {
      let target = folder.path + "/out." + ending
      let report = try await model.encode(linesOf: folder.path + "/texts.jsonl", to: target, as: .document, textsAtATime: 4)
      #expect(report.texts == 21 && report.dimension == 32)
      let found = try VectorFile(path: target)
      #expect(found.count == 21 && found.dimension == 32)
      for (value, wanted) in zip(found.floats(), expected.values) { #expect(abs(value - wanted) < 1e-5) }
    }
    for (name, content, message) in [("bad.jsonl", "{\"_id\": 7}\n", "line 1"), ("none.jsonl", "\n", "no text")] {
      try content.write(toFile: folder.path + "/" + name, atomically: true, encoding: .utf8)
      await #expect { try await model.encode(linesOf: folder.path + "/" + name, to: folder.path + "/no.npy", as: .query) } throws: {
        "\($0)".contains(message)
      }
    }
    await #expect { try await model.encode(linesOf: folder.path + "/texts.jsonl", to: folder.path + "/no.txt", as: .query) } throws: {
      "\($0)".contains(".npy")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/no.npy"))
  }
}
