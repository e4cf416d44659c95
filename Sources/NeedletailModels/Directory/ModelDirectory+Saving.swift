internal import Foundation
public import NeedletailNumerics

extension ModelDirectory {
  /// Writes the model with other weights: a directory that every tool which reads this one reads as well.
  ///
  /// Tokenizer, configuration and modules are copied; what adapters add becomes part of the weights; tensors of the weight file that
  /// are not replaced (a pooling layer nobody uses, say) are kept, in single precision. The weight file appears last and at once.
  ///
  /// - Parameters:
  ///   - destination: a directory, made if need be.
  ///   - values: new values by the name of the tensor, each as many as its shape says.
  ///   - additions: tensors that the weight file lacks; those it has are replaced.
  ///   - kind: what the written model makes of texts: a vector of each, or weights of terms (`SparseEmbedder`, and `SparseEncoder` in
  ///     sentence-transformers), for which `additions` bring the head that this directory may lack.
  /// - Precondition: `kind` is `.embedder` or `.sparse`.
  public func save(
    to destination: String, replacing values: [String: () -> [Float]], adding additions: [SafetensorsWriter.Entry] = [],
    as kind: ModelKind = .embedder
  ) throws(ModelError) {
    precondition(kind == .embedder || kind == .sparse, "no directory is written as \(kind.rawValue)")
    let unknown = values.keys.filter { weights.tensor(named: $0) == nil }.min()
    if let unknown { throw .tensor(path: weights.path, name: unknown, reason: "is to be replaced and does not exist") }
    let hasModules = FileManager.default.fileExists(atPath: path + "/modules.json")
    let isSparse = kind == .sparse && hasModules ? try ModelKind(ofDirectory: path) == .sparse : false
    let becomesSparse = kind == .sparse && !isSparse
    if becomesSparse {
      try copyNetwork(to: destination)
      try SparseModules(prompts: prompts, maximumTokens: maximumTokens, lowercases: modules.lowercases).write(to: destination)
    } else {
      try copy(to: destination, writingModules: !hasModules, includingWeights: false)
    }
    let added = Set(additions.map(\.name))
    let adapted = Dictionary(adapters.flatMap(\.additions.keys).map { (tensorNames.weight($0), $0) }) { first, _ in first }
    let entries = additions + weights.tensors.filter { !added.contains($0.name) }.map { tensor in
      SafetensorsWriter.Entry(name: tensor.name, shape: tensor.shape) {
        values[tensor.name]?() ?? adapted[tensor.name].map(weight(of:)) ?? weights.floats(tensor)
      }
    }
    let folder = becomesSparse || modules.transformerFolder.isEmpty ? destination : destination + "/" + modules.transformerFolder
    do {
      try SafetensorsWriter.write(entries, metadata: ["format": "pt"], to: folder + "/" + Self.weightsName)
    } catch {
      throw .file(error)
    }
  }
}
