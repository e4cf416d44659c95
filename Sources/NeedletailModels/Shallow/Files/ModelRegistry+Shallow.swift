internal import Foundation

extension ModelRegistry {
  /// Whether a registered name belongs to a shallow model.
  public func isShallow(_ name: String) -> Bool { ShallowModel.isModel(at: directory + "/" + name) }

  /// Opens the shallow model of that name.
  ///
  /// - Throws: `unknownModel` if there is none, `invalidRequest` if the model is of another family, what `ShallowModel.open` throws.
  public func shallowModel(named name: String) throws(ModelError) -> ShallowModel {
    guard isShallow(name) else {
      _ = try directory(named: name)
      throw .invalidRequest(reason: "\(name) is not a shallow model; `needletail model learn` makes such.")
    }
    return try ShallowModel.open(path: directory + "/" + name, name: name)
  }

  /// Registers a shallow model.
  ///
  /// - Throws: `nameTaken` if there is a model of that name, `cannotWrite` or `file` if it cannot be saved.
  @discardableResult
  public func add(_ model: ShallowModel, name: String) throws(ModelError) -> RegisteredModel {
    try registerFolder(name: name) { folder throws(ModelError) in try model.save(to: folder) }
  }
}
