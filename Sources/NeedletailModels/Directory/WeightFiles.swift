internal import Foundation
public import NeedletailNumerics

/// The tensors of a model: of one safetensors file, or of several that an index lists (`model.safetensors.index.json`).
public struct WeightFiles: Sendable {
  /// What complaints name: the file, or the index of the files.
  public let path: String
  /// All tensors, file after file.
  public let tensors: [StoredTensor]
  /// The names of the files, and of the index if there is one, relative to their folder.
  let names: [String]
  private let files: [SafetensorsFile]
  private let owners: [String: Int]

  static let indexName = "model.safetensors.index.json"

  /// Opens the weights in a folder: the index where there is one, otherwise the single file.
  init(folder: String) throws(ModelError) {
    let index = folder + "/" + Self.indexName
    let hasIndex = FileManager.default.fileExists(atPath: index)
    let single = ModelDirectory.weightsName
    guard hasIndex || FileManager.default.fileExists(atPath: folder + "/" + single) else { throw Self.missing(in: folder) }
    // Saved again in one piece, a folder may still hold the index of the old pieces.
    if !hasIndex || FileManager.default.fileExists(atPath: folder + "/" + single) {
      try self.init([single], path: folder + "/" + single, in: folder, names: [single])
      return
    }
    let map = try ConfigurationFile(path: index, advice: "").strings("weight_map") ?? [:]
    let pieces = Set(map.values).sorted()
    for piece in pieces where piece.isEmpty || piece.contains("/") || piece.hasPrefix(".") {
      throw .malformedFile(path: index, reason: "it names the file \(piece), which is not one of its folder")
    }
    for piece in pieces where !FileManager.default.fileExists(atPath: folder + "/" + piece) {
      throw .missingFile(path: folder + "/" + piece, advice: "\(Self.indexName) names it; download all pieces.")
    }
    try self.init(pieces, path: index, in: folder, names: [Self.indexName] + pieces)
    for (name, piece) in map.sorted(by: { $0.key < $1.key }) where owners[name].map({ pieces[$0] }) != piece {
      throw .malformedFile(path: index, reason: "it says that \(piece) holds the tensor \(name), which is not so")
    }
  }

  private init(_ pieces: [String], path: String, in folder: String, names: [String]) throws(ModelError) {
    self.path = path
    self.names = names
    var files: [SafetensorsFile] = []
    var owners: [String: Int] = [:]
    for piece in pieces {
      let file: SafetensorsFile
      do {
        file = try SafetensorsFile(path: folder + "/" + piece)
      } catch {
        throw .file(error)
      }
      for name in file.names where owners.updateValue(files.count, forKey: name) != nil {
        throw .malformedFile(path: path, reason: "the tensor \(name) is in two files")
      }
      files.append(file)
    }
    self.files = files
    self.owners = owners
    tensors = files.flatMap(\.tensors)
  }

  /// The tensor of that name, if there is one.
  public func tensor(named name: String) -> StoredTensor? { owners[name].flatMap { files[$0].tensor(named: name) } }

  /// The numbers of a tensor, row after row, converted to single precision.
  ///
  /// - Precondition: the tensor is one of these.
  public func floats(_ tensor: StoredTensor) -> [Float] { file(of: tensor).floats(tensor) }

  /// The file that holds a tensor.
  ///
  /// - Precondition: the tensor is one of these.
  func file(of tensor: StoredTensor) -> SafetensorsFile {
    guard let owner = owners[tensor.name] else { preconditionFailure("\(tensor.name) does not come from \(path)") }
    return files[owner]
  }

  private static func missing(in folder: String) -> ModelError {
    let isPickled = FileManager.default.fileExists(atPath: folder + "/pytorch_model.bin")
    return .missingFile(
      path: folder + "/" + ModelDirectory.weightsName,
      advice: isPickled
        ? "pytorch_model.bin is a program rather than a file of numbers, so it is never read: convert it to safetensors first."
        : "A model directory holds config.json, model.safetensors and tokenizer.json; download all of it.")
  }
}
