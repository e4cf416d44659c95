internal import ArgumentParser
internal import Foundation
internal import Needletail

/// Whether a closer look puts the best answers into a better order.
struct RerankingOptions: ParsableArguments {
  @Option(
    name: .customLong("rerank"),
    help: ArgumentHelp(
      "Let this cross-encoder, a registered one or a directory, read the best answers together with the question, and order them.",
      valueName: "MODEL"),
    completion: .directory)
  var model: String?

  @Option(help: ArgumentHelp("With --rerank: how many answers it reads.", valueName: "N"))
  var rerankDepth = 50

  func validate() throws {
    guard (1...1000).contains(rerankDepth) else { throw ValidationError("--rerank-depth takes 1 to 1000") }
  }

  /// The answers in the order of the cross-encoder; nil if none is asked for.
  func search(_ question: Query, _ searcher: Searcher, registry: ModelRegistry) async throws -> SearchResponse? {
    guard let model else { return nil }
    let encoder = try CrossEncoder(path: registry.path(atOrNamed: model, as: .crossEncoder))
    let specification = PipelineSpecification(
      answering: searcher.mode, in: searcher.collection.settings, depth: 1000,
      rerank: [PipelineSpecification.Reranking(.model, model: encoder.name, depth: rerankDepth)],
      fieldWeights: searcher.options.fieldWeights)
    return try await Pipeline(specification, searcher: searcher, rerankers: [encoder.name: encoder]).search(question)
  }
}
