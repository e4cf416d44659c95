import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import Testing

@Suite struct WeightFilesTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let source = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)).appending(path: "architectures/roberta").path
    try FileManager.default.copyItem(atPath: source, toPath: model)
  }

  private var model: String { folder.path + "/model" }

  /// Cuts the weights into pieces, and returns which tensor went where.
  @discardableResult
  private func cut(into count: Int) throws -> [String: String] {
    let file = try SafetensorsFile(path: model + "/model.safetensors")
    var map: [String: String] = [:]
    for piece in 0..<count {
      let name = "model-0000\(piece + 1)-of-0000\(count).safetensors"
      let tensors = file.tensors.enumerated().filter { $0.offset % count == piece }.map(\.element)
      for tensor in tensors { map[tensor.name] = name }
      try SafetensorsWriter.write(
        tensors.map { tensor in .init(name: tensor.name, shape: tensor.shape) { file.floats(tensor) } }, metadata: ["format": "pt"],
        to: model + "/" + name)
    }
    try FileManager.default.removeItem(atPath: model + "/model.safetensors")
    try write(map)
    return map
  }

  private func write(_ map: [String: String]) throws {
    let index: [String: Any] = ["metadata": ["total_size": 1], "weight_map": map]
    try JSONSerialization.data(withJSONObject: index).write(to: URL(fileURLWithPath: model + "/model.safetensors.index.json"))
  }

  private func vectors() throws -> DenseVectors {
    try TransformerEmbedder(directory: ModelDirectory(path: model)).encodeNow(["find the needle", "", "hay"], as: .query)
  }

  @Test func aModelInPiecesIsTheModelInOne() throws {
    let whole = try vectors()
    let digest = try ModelDirectory(path: model).digest
    try cut(into: 3)
    #expect(try vectors() == whole)
    let directory = try ModelDirectory(path: model)
    let again = try ModelDirectory(path: model)
    #expect(directory.digest != digest && directory.digest == again.digest)
    // registered, the copy has all pieces; saved, there is one file
    let registry = ModelRegistry(directory: folder.path + "/models")
    let added = try registry.add(path: model, name: "pieces")
    #expect(added.kind == .embedder)
    try FileManager.default.removeItem(atPath: model)
    let copy = try registry.directory(named: "pieces")
    #expect(copy.digest == directory.digest)
    #expect(try TransformerEmbedder(directory: copy).encodeNow(["find the needle", "", "hay"], as: .query) == whole)
    try copy.save(to: model, replacing: [:])
    #expect(try FileManager.default.contentsOfDirectory(atPath: model).filter { $0.contains("safetensors") } == ["model.safetensors"])
    #expect(try vectors() == whole)
  }

  @Test func whatDoesNotFitTogetherIsNamed() throws {
    let map = try cut(into: 2)
    let (name, piece) = try #require(map.sorted { $0.key < $1.key }.first)
    let other = try #require(map.values.first { $0 != piece })
    for (change, named) in [([name: other], name), ([name: "../\(piece)"], "not one of its folder"), ([name: "third.safetensors"], "third")] {
      try write(map.merging(change) { $1 })
      #expect { try ModelDirectory(path: model) } throws: { "\($0)".contains(named) }
    }
    try write(["nothing": piece])
    #expect(throws: ModelError.self) { try ModelDirectory(path: model) }
    try write(map)
    try FileManager.default.copyItem(atPath: model + "/" + piece, toPath: model + "/copy.safetensors")
    try write(map.merging(["more": "copy.safetensors"]) { $1 })
    #expect { try ModelDirectory(path: model) } throws: { "\($0)".contains("two files") }
    try write(map)
    try FileManager.default.removeItem(atPath: model + "/" + piece)
    #expect { try ModelDirectory(path: model) } throws: { "\($0)".contains(piece) }
    try Data("{}".utf8).write(to: URL(fileURLWithPath: model + "/model.safetensors.index.json"))
    #expect(throws: ModelError.self) { try ModelDirectory(path: model) }
  }
}
