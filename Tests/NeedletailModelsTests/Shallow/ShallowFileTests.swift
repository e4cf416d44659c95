import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import Testing

@Suite struct ShallowFileTests {
  private static func models() throws -> [ShallowModel] {
    let corpus = WordCorpus(PlantedTexts(count: 60).texts)
    var training = ParagraphVectorsTests.training
    training.epochs = 3
    var hierarchical = training
    hierarchical.usesHierarchicalSoftmax = true
    var codes = BinaryCodeOptions()
    codes.bits = 20
    codes.usesContext = true
    codes.realDimension = 12
    return [
      .wordVectors(try WordVectors.learn(from: corpus, training: training)),
      .paragraphVectors(try ParagraphVectors.learn(from: corpus, training: hierarchical)),
      .binaryCodes(try BinaryParagraphVectors.learn(from: corpus, options: codes, training: training)),
      .wordSenses(try WordSenses.learn(from: corpus, training: training)),
    ]
  }

  private static func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("shallow-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
  }

  @Test func whatIsSavedComesBackAsItWas() async throws {
    for model in try Self.models() {
      try await Self.withFolder { folder in
        #expect(!ShallowModel.isModel(at: folder))
        try model.save(to: folder)
        let loaded = try ShallowModel.open(path: folder, name: model.profile.name)
        #expect(loaded.profile == model.profile)
        #expect(loaded.kind == model.kind && loaded.vocabulary == model.vocabulary)
        let texts = ["guitar melody people", "orbit rocket today place", "zzz"]
        #expect(try await loaded.embedder.encode(texts, as: .query) == model.embedder.encode(texts, as: .query))
      }
    }
  }

  @Test func aRegistryKeepsShallowModelsBesideOthers() async throws {
    try await Self.withFolder { folder in
      let registry = ModelRegistry(directory: folder + "/models")
      let model = try Self.models()[1]
      #expect(try registry.add(model, name: "mine").profile?.digest == model.profile.digest)
      #expect(throws: ModelError.nameTaken(name: "mine")) { try registry.add(model, name: "mine") }
      #expect(registry.models().map(\.profile?.name) == ["mine"])
      #expect(try registry.shallowModel(named: "mine").profile.digest == model.profile.digest)
      #expect(throws: ModelError.self) { try registry.shallowModel(named: "other") }
      try registry.remove(name: "mine")
      #expect(registry.models().isEmpty)
    }
  }

  @Test func damagedFilesGiveAnErrorAndNeverACrash() async throws {
    var generator = SeededGenerator(seed: 11)
    for model in try Self.models() {
      try await Self.withFolder { folder in
        try model.save(to: folder)
        for name in ["shallow.json", "vocabulary.tsv", "model.safetensors"] {
          let path = folder + "/" + name
          let whole = try Data(contentsOf: URL(fileURLWithPath: path))
          for round in 0..<60 {
            var damaged = whole
            if round.isMultiple(of: 2) {
              damaged = damaged.prefix(Int.random(in: 0..<whole.count, using: &generator))
            } else {
              for _ in 0..<Int.random(in: 1...4, using: &generator) {
                damaged[Int.random(in: 0..<whole.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
              }
            }
            try damaged.write(to: URL(fileURLWithPath: path))
            // A change may leave the meaning as it was, such as one of a space in JSON or of a setting that only training reads.
            if let opened = try? ShallowModel.open(path: folder, name: model.profile.name), name != "shallow.json" {
              #expect(opened.profile == model.profile)
            }
          }
          try FileManager.default.removeItem(atPath: path)
          #expect(throws: ModelError.self) { try ShallowModel.open(path: folder) }
          try whole.write(to: URL(fileURLWithPath: path))
        }
        #expect(try ShallowModel.open(path: folder, name: model.profile.name).profile == model.profile)
      }
    }
  }
}
