internal import Foundation
internal import NeedletailNumerics

extension WordNetwork {
  /// Reads a directory and checks that its numbers fit together.
  init(directory: String) throws(ModelError) {
    settings = try WordNetworkSettings(directory: directory)
    let (folder, count) = (settings.embeddingFolder, settings.embeddingCount)
    words = try SplitWords(folder: folder)
    guard words.count <= count else {
      throw .malformedFile(path: folder, reason: "there are \(words.count) words, and vectors of \(count)")
    }
    embeddings = try ModuleNumbers(folder: folder).values("emb_layer.weight", shape: [count, settings.embeddingWidth])
    layers = try settings.layers.map { module throws(ModelError) in try WordLayer(module, wordCount: count) }
    heads = try settings.heads.map { module throws(ModelError) in try WordHead(module) }
  }

  /// Copies the files of a model, and what its authors say of it, into an empty folder, and opens what was copied.
  static func copy(_ directory: String, to folder: String) throws(ModelError) {
    for name in try WordNetworkSettings.files(of: directory) {
      try ModelDirectory.place(directory + "/" + name, at: folder + "/" + name, linking: !name.hasSuffix(".json"))
    }
    for name in ModelDirectory.remarks where FileManager.default.fileExists(atPath: directory + "/" + name) {
      try ModelDirectory.place(directory + "/" + name, at: folder + "/" + name, linking: false)
    }
    _ = try WordNetwork(directory: folder)
  }
}
