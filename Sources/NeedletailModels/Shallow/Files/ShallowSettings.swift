internal import Foundation
internal import NeedletailCore
internal import NeedletailText

/// The file `shallow.json` of a saved model: everything about it but words and numbers.
struct ShallowSettings: Codable {
  static let fileName = "shallow.json"
  static let currentVersion = 1

  var version: Int
  var kind: ShallowKind
  /// Of the model as it was saved; a model whose words or numbers give another digest is damaged.
  var digest: String
  var training: ShallowTraining
  var splitter: AlphabeticWords
  /// Of word vectors and paragraph vectors.
  var objective: String?
  var codes: BinaryCodeOptions?
  var senses: SenseOptions?

  /// Reads and checks the file in a folder.
  static func read(folder: String) throws(ModelError) -> ShallowSettings {
    let path = folder + "/" + fileName
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .missingFile(path: path, advice: "A shallow model has this file beside its numbers; learn the model again.")
    }
    let settings: ShallowSettings
    do {
      settings = try JSONDecoder().decode(ShallowSettings.self, from: data)
    } catch {
      throw .malformedFile(path: path, reason: "it does not describe a shallow model")
    }
    guard settings.version == currentVersion else {
      throw .unsupported(path: path, feature: "version \(settings.version)", advice: "This program reads version \(currentVersion).")
    }
    do {
      try settings.training.check()
      try settings.codes?.check()
      try settings.senses?.check()
    } catch {
      throw .malformedFile(path: path, reason: "\(error)")
    }
    return settings
  }

  func write(folder: String) throws(ModelError) {
    let path = folder + "/" + Self.fileName
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    do {
      try encoder.encode(self).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .cannotWrite(path: path, reason: error.localizedDescription)
    }
  }

  /// The profile as an embedder, without reading any numbers.
  func profile(named name: String) -> EmbedderProfile {
    EmbedderProfile(
      name: name, digest: digest, dimension: codes?.bits ?? training.dimension, maximumTokens: ShallowProfile.passageWords,
      similarity: .cosine)
  }
}
