public import NeedletailCore

extension ModelRegistry {
  /// The embedder of that name, whatever family its model is of.
  ///
  /// - Parameters:
  ///   - name: as it is registered.
  ///   - precision: the arithmetic of transformers; shallow models and networks over words have only one.
  /// - Throws: `notFetched` or `unknownModel` if there is none, what opening a model throws.
  public func embedder(named name: String, precision: EmbedderPrecision = .float32) throws(ModelError) -> any TextEmbedder {
    if isShallow(name) { return try shallowModel(named: name).embedder }
    let path = directory + "/" + name
    if WordNetworkEmbedder.isModel(at: path) { return try WordNetworkEmbedder(path: path, name: name) }
    return try TransformerEmbedder(directory: directory(named: name), name: name, precision: precision)
  }

  /// A model that weighs the terms of its vocabulary.
  ///
  /// - Parameters:
  ///   - name: as it is registered, or the path of a directory, which has a "/" in it.
  ///   - precision: the arithmetic of its layers.
  /// - Throws: `notFetched` or `unknownModel` if there is none, what opening a model throws.
  public func sparseEmbedder(named name: String, precision: EmbedderPrecision = .float32) throws(ModelError) -> SparseEmbedder {
    if name.contains("/") { return try SparseEmbedder(path: name, name: name, precision: precision) }
    return try SparseEmbedder(path: path(ofModel: name), name: name, precision: precision)
  }
}
