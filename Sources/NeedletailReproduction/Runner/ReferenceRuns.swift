public import NeedletailEvaluation
internal import NeedletailModels
internal import NeedletailRetrieval
internal import NeedletailStore

/// Systems that anybody can run again to the digit, to compare others with: BM25, the default encoder, and two ways to join them (Kamalloo
/// et al., "Resources for Brewing BEIR", SIGIR 2024).
///
/// BM25 is the flat variant: title and text as one field, k1 0.9, b 0.4. Deviation: the default encoder in place of the published dense
/// and learned sparse models, whose weights are not here.
public enum ReferenceRuns {
  /// What the systems are, in the order in which they are run.
  public static let systems: [Submission.System] = [
    .init(system: "bm25", kind: .sparse, trainedOn: "nothing"),
    .init(system: "bm25-rm3", kind: .sparse, trainedOn: "nothing"),
    .init(system: "minilm", kind: .dense, parameters: 22_713_216, trainedOn: "a billion pairs"),
    .init(system: "rrf", kind: .hybrid, parameters: 22_713_216, trainedOn: "a billion pairs"),
    .init(system: "min-max", kind: .hybrid, parameters: 22_713_216, trainedOn: "a billion pairs"),
  ]

  /// The answers of each system to the questions of a task, by its name; a document whose identifier is the question's is left out.
  ///
  /// - Parameters:
  ///   - task: documents and questions.
  ///   - depth: answers for each question, and candidates of each source.
  ///   - laboratory: gives the encoder and keeps its vectors.
  public static func runs(on task: RetrievalTask, depth: Int = 1000, in laboratory: Laboratory) async throws -> [String: Run] {
    let embedder = try laboratory.embedder(precision: .bfloat16)
    let collection = try await IndexedCollection(task, in: laboratory, embedder: embedder)
    var runs: [String: Run] = [:]
    for pipeline in pipelines(depth: depth) {
      runs[pipeline.name] = try await collection.run(of: pipeline, depth: depth, in: laboratory).withoutQueries()
    }
    await collection.index.collection.close()
    return runs
  }

  private static func pipelines(depth: Int) -> [PipelineSpecification] {
    typealias Source = PipelineSpecification.Source
    let both = [Source(.dense, depth: depth), Source(.lexical, depth: depth)]
    return [
      PipelineSpecification(name: "bm25", sources: [Source(.lexical, depth: depth)]),
      PipelineSpecification(name: "bm25-rm3", sources: [Source(.lexical, depth: depth, termFeedback: TermFeedback())]),
      PipelineSpecification(name: "minilm", sources: [Source(.dense, depth: depth)]),
      PipelineSpecification(name: "rrf", sources: both),
      PipelineSpecification(
        name: "min-max", sources: both, fusion: .interpolation(ScoreInterpolation(weights: ["dense": 0.5, "lexical": 0.5]))),
    ]
  }
}
