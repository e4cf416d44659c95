internal import Foundation
internal import NeedletailNumerics

extension ModelDirectory {
  /// Copies the files that make up the model, and what its authors say of it; not what else lies in the directory.
  ///
  /// - Parameters:
  ///   - destination: a directory, made if need be.
  ///   - writingModules: whether to write module files, because the directory has none.
  ///   - includingWeights: whether the weights are copied too.
  func copy(to destination: String, writingModules: Bool, includingWeights: Bool = true) throws(ModelError) {
    let network = modules.transformerFolder.isEmpty ? "" : modules.transformerFolder + "/"
    var names = Self.networkFiles.map { network + $0 } + Self.remarks
    if !writingModules {
      names += ["modules.json", "config_sentence_transformers.json", "artifact.metadata"]
      names += moduleFolders.flatMap { ["\($0)/config.json", "\($0)/\(Self.weightsName)"] }
      names += SentenceModules.settingsNames.map { network + $0 }
    }
    for name in names where FileManager.default.fileExists(atPath: path + "/" + name) {
      try Self.place(path + "/" + name, at: destination + "/" + name, linking: false)
    }
    if includingWeights {
      for name in weights.names {
        let isIndex = name == WeightFiles.indexName
        try Self.place(transformerPath + "/" + name, at: destination + "/" + network + name, linking: !isIndex)
      }
    }
    if writingModules { try modules.write(to: destination, dimension: configuration.hiddenSize) }
  }

  /// Copies the files of the network, wherever it lies, and of its tokenizer into the destination itself; no modules and no weights.
  func copyNetwork(to destination: String) throws(ModelError) {
    for (folder, names) in [(transformerPath, Self.networkFiles), (path, Self.remarks)] {
      for name in names where FileManager.default.fileExists(atPath: folder + "/" + name) {
        try Self.place(folder + "/" + name, at: destination + "/" + name, linking: false)
      }
    }
  }

  private static let networkFiles = [
    "config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json", "merges.txt", "special_tokens_map.json",
    "added_tokens.json", "generation_config.json", "chat_template.jinja",
  ]

  /// What its authors say of a model.
  static let remarks = ["README.md", "LICENSE"]

  /// The folders that `modules.json` leads to, each once, apart from that of the network.
  private var moduleFolders: [String] {
    let entries = (try? ConfigurationFile.list(path: path + "/modules.json", advice: "")) ?? []
    let folders = entries.compactMap { try? $0.string("path") }.filter { folder in
      folder != modules.transformerFolder && !folder.isEmpty && !folder.hasPrefix("/") && !folder.split(separator: "/").contains("..")
    }
    return Set(folders).sorted()
  }

  /// Copies a file, making its folder if need be.
  ///
  /// - Parameter linking: whether a hard link will do, for files that nobody changes in place.
  static func place(_ source: String, at destination: String, linking: Bool) throws(ModelError) {
    // Model caches consist of symbolic links; the copy shall outlive them.
    let source = URL(fileURLWithPath: source).resolvingSymlinksInPath().path
    let folder = URL(fileURLWithPath: destination).deletingLastPathComponent().path
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      if linking, (try? FileManager.default.linkItem(atPath: source, toPath: destination)) != nil { return }
      try FileManager.default.copyItem(atPath: source, toPath: destination)
    } catch {
      throw .cannotWrite(path: destination, reason: error.localizedDescription)
    }
  }
}
