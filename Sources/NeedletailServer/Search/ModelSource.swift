internal import NeedletailCore
internal import NeedletailModels

/// Loads the models that collections were made with from where they are registered.
struct ModelSource: Sendable {
  let registry: ModelRegistry
  let precision: EmbedderPrecision?

  func embedder(for profile: EmbedderProfile) throws -> any TextEmbedder {
    let directory = try registry.directory(named: profile.name)
    guard directory.digest == profile.digest else { throw ServerError.modelChanged(profile.name) }
    guard let precision else { return try TransformerEmbedder(directory: directory) }
    return try TransformerEmbedder(directory: directory, precision: precision)
  }
}
