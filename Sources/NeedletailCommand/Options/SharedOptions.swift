public import ArgumentParser
internal import Foundation
public import Needletail

/// Where the data is.
struct DataOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp(
    "The data directory.", discussion: "Otherwise NEEDLETAIL_DATA, otherwise the usual place of the system.", valueName: "DIR"),
    completion: .directory)
  var data: String?

  var directory: DataDirectory {
    data.map { DataDirectory(path: $0) } ?? DataDirectory.standard(environment: ProcessInfo.processInfo.environment)
  }

  var registry: ModelRegistry { ModelRegistry(directory: directory.modelsPath) }

  /// Where measurements keep vectors of texts from run to run.
  var embeddingCachePath: String { directory.path + "/cache/embeddings" }
}

/// Which collection is meant.
struct CollectionOptions: ParsableArguments {
  @OptionGroup var data: DataOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("The collection.", valueName: "NAME"))
  var collection = "default"

  /// Opens the collection for searching.
  func openForReading() throws -> DocumentCollection {
    try DocumentCollection.open(collection, in: data.directory, access: .read)
  }
}

/// How the result is written.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Write the result as JSON.")
  var json = false
}

/// How vectors are computed.
struct EmbedderOptions: ParsableArguments {
  @Option(help: ArgumentHelp(
    "Arithmetic of the model: float32, bfloat16 (where the processor has it) or int8 (fastest).", valueName: "FORMAT"))
  var precision = EmbedderPrecision.bfloat16
}

extension EmbedderPrecision: ExpressibleByArgument {}
extension SearchMode: ExpressibleByArgument {}
extension LexicalAlgorithm: ExpressibleByArgument {}

extension CollectionOptions {
  /// The embedder that made the vectors of a collection, or none if it has no vectors.
  func embedder(of collection: DocumentCollection, precision: EmbedderPrecision) throws -> (any TextEmbedder)? {
    try collection.settings.embedder.map { try data.registry.embedder(for: $0, precision: precision) }
  }
}

extension CollectionOptions {
  /// The embedder that made the sparse vectors of a collection, or none if it has none.
  func sparseEmbedder(of collection: DocumentCollection, precision: EmbedderPrecision) throws -> SparseEmbedder? {
    try collection.settings.sparseEmbedder.map { try data.registry.sparseEmbedder(for: $0, precision: precision) }
  }
}

extension ModelRegistry {
  /// The model that a collection's sparse vectors were made with, and no other.
  func sparseEmbedder(for profile: EmbedderProfile, precision: EmbedderPrecision) throws -> SparseEmbedder {
    let embedder = try sparseEmbedder(named: profile.name, precision: precision)
    guard embedder.profile.digest == profile.digest else { throw CommandProblem.modelChanged(model: profile.name) }
    return embedder
  }

  /// The registered model that a collection was made with, and no other: vectors of different models do not compare.
  func embedder(for profile: EmbedderProfile, precision: EmbedderPrecision) throws -> any TextEmbedder {
    let embedder = try embedder(named: profile.name, precision: precision)
    guard embedder.profile.digest == profile.digest else { throw CommandProblem.modelChanged(model: profile.name) }
    return embedder
  }
}

extension (any TextEmbedder)? {
  /// What documents are cut by: the tokens of a transformer, words elsewhere.
  var chunkingTokenizer: any Tokenizer { chunkingTokenizer(beside: nil) }

  /// The same with the model of sparse vectors, which decides where there is no other.
  func chunkingTokenizer(beside sparse: SparseEmbedder?) -> any Tokenizer {
    guard let self else { return sparse?.tokenizer ?? WordTokenizer() }
    return (self as? TransformerEmbedder)?.tokenizer ?? WordTokenizer()
  }
}

/// What can go wrong between the words on the command line and the library.
enum CommandProblem: Problem {
  case modelChanged(model: String)
  case nothingToIndex
  case nothingToLearnFrom
  case unknownWord(String, model: String)
  case invalidFilter(String)
  case catalogueNotFound
  case collectionsNotFound
  case doctorFoundProblems(Int)
  case brokenTicks(Int)
  case failedReproductions(Int)
  case noCalibration(collection: String)
  case unusableSettings(path: String, reason: String)

  var category: ProblemCategory {
    switch self {
    case .modelChanged: .conflict
    case .nothingToIndex, .nothingToLearnFrom, .invalidFilter, .unusableSettings: .invalidRequest
    case .catalogueNotFound, .collectionsNotFound, .unknownWord, .noCalibration: .notFound
    case .doctorFoundProblems: .unavailable
    case .brokenTicks, .failedReproductions: .corrupted
    }
  }

  var description: String {
    switch self {
    case .modelChanged(let model):
      "the model \(model) is not the one of that name that made the vectors of this collection; "
        + "register the old one again, or remove the collection and index anew"
    case .nothingToIndex:
      "name at least one file or folder: needletail index PATH..."
    case .nothingToLearnFrom:
      "there is no document with text in what was named"
    case .unknownWord(let word, let model):
      "the model \(model) does not know the word \(word); it was too rare in what the model learned from"
    case .invalidFilter(let reason):
      "the filter cannot be read: \(reason)"
    case .catalogueNotFound:
      "no Catalogue folder here or above; run this inside a checkout of Needletail, or say --directory DIR"
    case .collectionsNotFound:
      "the folder of the test collections is not known: say --collections DIR, or set NEEDLETAIL_COLLECTIONS"
    case .brokenTicks(let count):
      "\(Units.count(count, "tick")) of the coverage does not hold; each is named above"
    case .failedReproductions(let count):
      "\(Units.count(count, "reproduction")) failed; each is named above"
    case .noCalibration(let collection):
      "the model of relevance of \(collection) was fitted by an earlier version, which did not keep its calibration; fit it again"
    case .unusableSettings(let path, let reason):
      "the settings in \(path) cannot be used: \(reason)"
    case .doctorFoundProblems(let count):
      "\(Units.count(count, "check")) failed; each line above says what to do"
    }
  }
}
