internal import Foundation
internal import NeedletailNumerics

extension MultiVectorSettings {
  /// The stored weight of the projection, components by hidden size, and its bias where it has one.
  private struct Stored {
    let weights: WeightFiles
    let weight: StoredTensor
    let bias: StoredTensor?
  }

  /// Components of a token's vector.
  func components(of directory: ModelDirectory) throws(ModelError) -> Int { try stored(directory).weight.shape[0] }

  /// The linear layer that a token's state passes to become its vector.
  func projection(of directory: ModelDirectory) throws(ModelError) -> PackedMatrix {
    let stored = try stored(directory)
    let bias = stored.bias.map(stored.weights.floats) ?? [Float](repeating: 0, count: stored.weight.shape[0])
    return PackedMatrix(weight: stored.weights.floats(stored.weight), bias: bias, precision: .float32)
  }

  /// Identifies what the projection and these settings do to vectors.
  func digest(of directory: ModelDirectory) throws(ModelError) -> String {
    let settings = ["network \(directory.digest)", "tokens \(self)"]
    guard case .module(let folder) = projection else {
      return try ModelDigest.compute(settings: settings, files: [], in: directory.path, isCached: false)
    }
    return try ModelDigest.compute(
      settings: settings, files: [ModelDirectory.weightsName], in: directory.path + "/" + folder, isCached: false)
  }

  private func stored(_ directory: ModelDirectory) throws(ModelError) -> Stored {
    let weights: WeightFiles
    switch projection {
    case .inline: weights = directory.weights
    case .module(let folder):
      let path = directory.path + "/" + folder
      try Self.check(ConfigurationFile(path: path + "/config.json", advice: "It says what the Dense module is."))
      weights = try WeightFiles(folder: path)
    }
    let size = directory.configuration.hiddenSize
    guard let weight = weights.tensor(named: "linear.weight"), weight.shape.count == 2, weight.shape[1] == size, weight.shape[0] > 0 else {
      throw .tensor(path: weights.path, name: "linear.weight", reason: "is missing or has not \(size) columns")
    }
    let bias = weights.tensor(named: "linear.bias")
    guard bias.map({ $0.shape == [weight.shape[0]] }) ?? true else {
      throw .tensor(path: weights.path, name: "linear.bias", reason: "has not \(weight.shape[0]) entries")
    }
    return Stored(weights: weights, weight: weight, bias: bias)
  }

  private static func check(_ file: ConfigurationFile) throws(ModelError) {
    let activation = try file.string("activation_function") ?? "Identity"
    guard activation.hasSuffix("Identity") else {
      throw file.unsupported("the activation \(activation)", "Supported is Identity.")
    }
    guard try file.boolean("use_residual") != true else { throw file.unsupported("use_residual", "Choose another model.") }
  }
}
