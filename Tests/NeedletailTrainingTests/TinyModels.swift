import Foundation

/// The tiny networks that the tests of the models use; see Fixtures/scripts/make_transformers.py.
enum TinyModels {
  static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
      + "/NeedletailModelsTests/Fixtures/transformers/" + name
  }
}

/// A folder that disappears with the value.
final class TemporaryFolder {
  let path = NSTemporaryDirectory() + "needletail-training-" + UUID().uuidString

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
