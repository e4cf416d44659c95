internal import Foundation
public import NeedletailCore
public import NeedletailEvaluation
public import NeedletailModels

/// What an experiment may use.
public struct Laboratory: Sendable {
  /// The seed of everything random.
  public let seed: UInt64
  /// A folder for files of the experiment; it is empty at first and removed after the run.
  public let scratch: String
  /// The folder of the system in the catalogue, while its claim is put to the test.
  var systemFolder: String?

  private let collections: String
  private let registry: ModelRegistry
  private let cache: EmbeddingCache
  private let report: @Sendable (String, Double?) -> Void

  /// - Parameters:
  ///   - collections: the folder that holds the test collections, one folder each.
  ///   - registry: where models are.
  ///   - cachePath: a folder where embeddings are kept from run to run.
  ///   - scratch: a folder of this run.
  ///   - seed: of everything random.
  ///   - progress: told what is being done and how far it is, from 0 to 1, where that is known.
  public init(
    collections: String, registry: ModelRegistry, cachePath: String, scratch: String, seed: UInt64,
    progress: @escaping @Sendable (String, Double?) -> Void = { _, _ in }
  ) {
    self.collections = collections
    self.registry = registry
    self.scratch = scratch
    self.seed = seed
    cache = EmbeddingCache(folder: cachePath)
    report = progress
  }

  /// The folder of a test collection.
  ///
  /// - Throws: `ReproductionError.needs` if it is not here.
  public func data(_ name: String) throws(ReproductionError) -> String {
    let path = collections + "/" + name
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
      throw .needs(what: "The test collection \(name)", advice: "Put it into \(collections), or say where it is with --collections DIR.")
    }
    return path
  }

  /// What stands in the folder `examples` of the system in the catalogue: small files that were made for it, where what the paper used cannot
  /// be had.
  ///
  /// - Throws: `ReproductionError.needs` if it is not here.
  public func example(_ name: String) throws(ReproductionError) -> String {
    let path = (systemFolder ?? "") + "/examples/" + name
    guard FileManager.default.fileExists(atPath: path) else {
      throw .needs(what: "The example \(name)", advice: "Run this inside a checkout of Needletail, whose catalogue has it.")
    }
    return path
  }

  /// Reads a split of a test collection in BEIR layout.
  public func task(_ name: String, split: String = "test") throws -> RetrievalTask {
    try BEIRReader.read(directory: data(name), split: split)
  }

  /// Tells the person who waits what is being done.
  ///
  /// - Parameters:
  ///   - text: what is being done.
  ///   - fraction: how far it is, from 0 to 1, where that is known.
  public func progress(_ text: String, _ fraction: Double? = nil) { report(text, fraction) }

  /// The directory of a registered model.
  ///
  /// - Throws: `ReproductionError.needs` if it is not registered.
  public func model(named name: String = ModelRegistry.defaultModelName) throws -> ModelDirectory {
    do throws(ModelError) {
      return try registry.directory(named: name)
    } catch .notFetched {
      throw ReproductionError.needs(what: "The model \(name)", advice: "Get it with `needletail model fetch`.")
    } catch .unknownModel {
      throw ReproductionError.needs(what: "The model \(name)", advice: "Register it with `needletail model add DIR`.")
    }
  }

  /// A registered model, ready to embed.
  ///
  /// - Throws: `ReproductionError.needs` if it is not registered.
  public func embedder(
    named name: String = ModelRegistry.defaultModelName, precision: EmbedderPrecision = .float32
  ) throws -> TransformerEmbedder {
    try TransformerEmbedder(directory: model(named: name), name: name, precision: precision)
  }

  /// Embeds texts, or takes their vectors from the cache: experiments are run again and again on the same texts.
  ///
  /// - Returns: one vector for each text, in order.
  public func vectors(of texts: [String], as role: Role, with embedder: TransformerEmbedder) async throws -> DenseVectors {
    try await cache.vectors(of: texts, as: role, with: embedder, variant: embedder.precision.rawValue) { done, count in
      progress("Embedding \(count) texts", Double(done) / Double(count))
    }
  }

  /// The same model, its vectors taken from the cache.
  public func remembering(_ embedder: TransformerEmbedder) -> CachedEmbedder {
    CachedEmbedder(embedder, cache: cache, variant: embedder.precision.rawValue)
  }
}
