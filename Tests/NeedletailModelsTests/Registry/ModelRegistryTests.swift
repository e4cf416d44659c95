import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import Testing

@Suite struct ModelRegistryTests {
  private let folder: TemporaryFolder
  private let registry: ModelRegistry

  init() throws {
    folder = try TemporaryFolder()
    registry = ModelRegistry(directory: folder.path + "/models")
  }

  private var files: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: registry.directory)) ?? []).filter { $0 != ".lock" }.sorted()
  }

  @Test func anAbsentFolderHoldsNoModels() throws {
    #expect(registry.models().isEmpty)
    #expect(throws: ModelError.notFetched(name: "all-MiniLM-L6-v2")) { try registry.directory(named: ModelRegistry.defaultModelName) }
    #expect(throws: ModelError.unknownModel(name: "x", known: [])) { try registry.directory(named: "x") }
    #expect(throws: ModelError.unknownModel(name: "x", known: [])) { try registry.remove(name: "x") }
  }

  @Test func addedModelsAreListedOpenedAndRemoved() throws {
    let model = try ModelOnDisk()
    let original = try ModelDirectory(path: model.path)
    let added = try registry.add(path: model.path, name: "tiny")
    #expect(added.profile == original.profile(named: "tiny"))
    #expect(registry.models() == [added])
    #expect(try registry.directory(named: "tiny").digest == original.digest)
    #expect(throws: ModelError.nameTaken(name: "tiny")) { try registry.add(path: model.path, name: "tiny") }
    try model.remove("config.json")
    #expect(registry.models() == [added], "the copy does not need the original")
    try registry.remove(name: "tiny")
    #expect(registry.models().isEmpty && files.isEmpty)
  }

  @Test func theNameOfTheFolderIsTheDefault() throws {
    let model = try ModelOnDisk()
    #expect(try registry.add(path: model.path + "/").name == URL(fileURLWithPath: model.path).lastPathComponent)
  }

  @Test func anExplicitPoolingIsWrittenDown() throws {
    let model = try ModelOnDisk()
    for name in ["modules.json", "1_Pooling", "sentence_bert_config.json", "config_sentence_transformers.json"] { try model.remove(name) }
    #expect(throws: ModelError.self) { try registry.add(path: model.path, name: "plain") }
    let modules = SentenceModules(
      pooling: .max, normalises: false, maximumTokens: 7, lowercases: true, prompts: Prompts(named: ["query": "q \"x\": "]), similarity: .euclidean)
    let added = try registry.add(path: model.path, name: "plain", modules: modules)
    #expect(try registry.directory(named: "plain").modules == modules)
    #expect(try ModelDirectory(path: model.path, modules: modules).digest == added.profile?.digest)
    #expect(try !FileManager.default.contentsOfDirectory(atPath: model.path).contains("modules.json"))
  }

  @Test func symbolicLinksAreFollowed() throws {
    let model = try ModelOnDisk()
    let blob = folder.path + "/blob"
    try FileManager.default.moveItem(atPath: model.path + "/model.safetensors", toPath: blob)
    try FileManager.default.createSymbolicLink(atPath: model.path + "/model.safetensors", withDestinationPath: blob)
    try registry.add(path: model.path, name: "linked")
    try FileManager.default.removeItem(atPath: blob)
    #expect(throws: Never.self) { try registry.directory(named: "linked") }
  }

  @Test func aDamagedModelIsListedAsSuch() throws {
    let model = try ModelOnDisk()
    let added = try registry.add(path: model.path, name: "tiny")
    try FileManager.default.removeItem(atPath: added.path + "/config.json")
    guard case .unusable(.missingFile(let path, _)) = registry.models().first?.state else {
      Issue.record("\(registry.models())")
      return
    }
    #expect(path == added.path + "/config.json")
  }

  @Test(arguments: ["", ".", "..", ".hidden", "a/b", "../x", "a b", "ä", String(repeating: "x", count: 101)])
  func namesAreNotPaths(name: String) throws {
    let model = try ModelOnDisk()
    for call in [
      { try registry.add(path: model.path, name: name) } as () throws -> Any, { try registry.remove(name: name) }, { try registry.directory(named: name) },
    ] {
      let error = #expect(throws: ModelError.self) { _ = try call() }
      guard case .invalidRequest = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test func changesExcludeEachOtherAndLeftoversAreSwept() throws {
    let model = try ModelOnDisk()
    let leftover = registry.directory + "/.partial-old"
    try FileManager.default.createDirectory(atPath: leftover, withIntermediateDirectories: true)
    #expect(registry.models().isEmpty)
    if let lock = try FileLock(path: registry.directory + "/.lock") {
      #expect(throws: ModelError.busy(directory: registry.directory)) { try registry.add(path: model.path, name: "tiny") }
      #expect(FileManager.default.fileExists(atPath: leftover))
      lock.release()
    }
    try registry.add(path: model.path, name: "tiny")
    #expect(files == ["tiny"])
  }
}

/// A folder that disappears with the object.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
