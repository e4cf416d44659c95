internal import Foundation

extension RelevanceModel {
  private static let format = "needletail-relevance-1"
  /// A network of 4096 units over 65,536 components would be larger; nobody needs that.
  private static let largestFile = 256 << 20

  /// What a file holds.
  private struct File: Codable {
    var format: String
    var model: RelevanceModel
  }

  /// Reads a model.
  ///
  /// - Throws: `RelevanceError.file` or `.malformed`, naming the file.
  public init(file path: String) throws(RelevanceError) {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
      throw .file(path: path, reason: "there is no such file")
    }
    guard (attributes[.size] as? Int ?? 0) <= Self.largestFile, let data = FileManager.default.contents(atPath: path) else {
      throw .file(path: path, reason: "it cannot be read")
    }
    let file: File
    do { file = try JSONDecoder().decode(File.self, from: data) } catch { throw .malformed(path: path, reason: "it is not JSON of that kind") }
    guard file.format == Self.format else { throw .malformed(path: path, reason: "its format is \(file.format.prefix(40))") }
    let model = file.model
    guard model.network.isValid, model.network.outputs == model.mapping.parameterCount, (0...1).contains(model.threshold) else {
      throw .malformed(path: path, reason: "its numbers do not fit together")
    }
    self = model
  }

  /// Writes the model; the file appears complete or not at all.
  public func write(to path: String) throws(RelevanceError) {
    do {
      try JSONEncoder().encode(File(format: Self.format, model: self)).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .file(path: path, reason: error.localizedDescription)
    }
  }
}
