internal import Foundation
internal import NeedletailCore
internal import NeedletailNumerics

/// The shape of a vision transformer and of the pictures it takes, as `config.json` and `preprocessor_config.json` give them.
struct VisionConfiguration: Hashable, Sendable {
  /// Width and height of pictures, and of the squares they are cut into.
  let imageSize: Int
  let patchSize: Int
  let channels: Int
  let hiddenSize: Int
  let layers: Int
  let heads: Int
  let intermediateSize: Int
  let epsilon: Float
  let activation: TransformerConfiguration.Activation
  let hasProjectionBiases: Bool
  /// What bytes are multiplied by, then the mean that is taken away and the deviation they are divided by, for each channel.
  let scale: Float
  let means: [Float]
  let deviations: [Float]

  /// Squares in a line, and along with the summary in all.
  var patchesPerLine: Int { imageSize / patchSize }
  var tokens: Int { patchesPerLine * patchesPerLine + 1 }

  init(directory: String) throws(ModelError) {
    let file = try ConfigurationFile(path: directory + "/config.json", advice: "It tells what the network is.")
    let type = try file.require("model_type", file.string("model_type"))
    guard type == "vit" else { throw file.unsupported("the model type \(type) for pictures", "Supported is vit.") }
    func size(_ key: String, _ limit: Int) throws(ModelError) -> Int { try file.require(key, file.integer(key, in: 1...limit)) }
    imageSize = try size("image_size", 1 << 13)
    patchSize = try size("patch_size", 1 << 13)
    channels = try size("num_channels", 3)
    hiddenSize = try size("hidden_size", 1 << 16)
    layers = try size("num_hidden_layers", 1 << 10)
    heads = try size("num_attention_heads", 1 << 10)
    intermediateSize = try size("intermediate_size", 1 << 18)
    epsilon = Float(try file.require("layer_norm_eps", file.number("layer_norm_eps")))
    activation = try TransformerConfiguration.activation("hidden_act", file)
    hasProjectionBiases = try file.boolean("qkv_bias") ?? true
    let pictures = try ConfigurationFile(
      path: directory + "/preprocessor_config.json", advice: "It says how pixels become numbers. Copy it from where the model was published.")
    scale = try pictures.boolean("do_rescale") ?? true ? Float(try pictures.number("rescale_factor") ?? 1 / 255) : 1
    let normalises = try pictures.boolean("do_normalize") ?? true
    means = try normalises ? Self.numbers("image_mean", pictures, channels) : Array(repeating: 0, count: channels)
    deviations = try normalises ? Self.numbers("image_std", pictures, channels) : Array(repeating: 1, count: channels)
    guard hiddenSize.isMultiple(of: heads), imageSize.isMultiple(of: patchSize), channels != 2, tokens <= 1 << 16 else {
      throw .malformedFile(
        path: file.path, reason: "\(heads) heads of \(hiddenSize), or squares of \(patchSize) in \(imageSize) with \(channels) channels, do not fit")
    }
    guard deviations.allSatisfy({ $0 > 0 }) else { throw .malformedFile(path: pictures.path, reason: "image_std has to be positive") }
  }

  private static func numbers(_ key: String, _ file: ConfigurationFile, _ count: Int) throws(ModelError) -> [Float] {
    guard case .array(let entries) = file.value(key), entries.count == count else {
      throw .malformedFile(path: file.path, reason: "the field \(key) has to be a list of \(count) numbers")
    }
    let numbers = entries.compactMap { $0.double.map { Float($0) } }
    guard numbers.count == count, numbers.allSatisfy(\.isFinite) else {
      throw .malformedFile(path: file.path, reason: "the field \(key) has to be a list of \(count) numbers")
    }
    return numbers
  }

  /// The squares of a picture of the right size, each a row of numbers: channel after channel, line after line.
  func patches(of picture: Picture) -> [[Float]] {
    (0..<patchesPerLine * patchesPerLine).map { patch in
      let (row, column) = patch.quotientAndRemainder(dividingBy: patchesPerLine)
      var numbers: [Float] = []
      numbers.reserveCapacity(channels * patchSize * patchSize)
      for channel in 0..<channels {
        for y in row * patchSize..<(row + 1) * patchSize {
          for x in column * patchSize..<(column + 1) * patchSize {
            let byte = picture.bytes[(y * imageSize + x) * picture.channels + (picture.channels == 1 ? 0 : channel)]
            numbers.append((Float(byte) * scale - means[channel]) / deviations[channel])
          }
        }
      }
      return numbers
    }
  }
}
