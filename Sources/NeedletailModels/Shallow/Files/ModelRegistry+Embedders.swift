public import NeedletailCore

extension ModelRegistry {
  /// The embedder of that name, whatever family its model is of.
  ///
  /// - Parameters:
  ///   - name: as it is registered.
  ///   - precision: the arithmetic of transformers; shallow models have only one.
  /// - Throws: `notFetched` or `unknownModel` if there is none, what opening a model throws.
  public func embedder(named name: String, precision: EmbedderPrecision = .float32) throws(ModelError) -> any TextEmbedder {
    if isShallow(name) { return try shallowModel(named: name).embedder }
    return try TransformerEmbedder(directory: directory(named: name), name: name, precision: precision)
  }
}
