internal import NeedletailCore
public import NeedletailEvaluation
public import NeedletailModels

/// Plants passages in a collection that imitate half of its questions, and counts how often they come up for the other half.
public enum PoisoningTrial {
  /// What is planted: passages that imitate questions; beside them, of the same lengths, random words of the collection, which know nothing
  /// of the questions, and random words of the questions that are known, which share their subjects.
  public static let attacks = (imitating: "imitating", collection: "random words", questions: "random words of questions")

  /// Measures attacks of several sizes, each beside passages of random words of the same lengths.
  ///
  /// - Parameters:
  ///   - counts: how many passages are planted.
  ///   - task: the collection; of its questions every second one is known to whoever plants.
  ///   - study: takes the shares, under the names of `attacks`.
  ///   - embedder: of the dense runs, and known to whoever plants.
  ///   - laboratory: keeps vectors.
  public static func add(
    _ counts: [Int], on task: RetrievalTask, to study: inout RobustnessStudy, embedder: TransformerEmbedder, in laboratory: Laboratory
  ) async throws {
    let known = task.queries.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element.text)
    var attacked = task
    attacked.queries = task.queries.enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
    // what was planted has to be found among all documents
    attacked.candidates = [:]
    let vectors = try await laboratory.vectors(of: known, as: .query, with: embedder)
    for count in counts {
      let imitating = PlantedPassages.imitating(known, vectors: vectors, count: count, seed: laboratory.seed)
      let random = PlantedPassages.randomWords(like: imitating, from: task.corpus.map(\.passageText), vocabulary: true, seed: laboratory.seed)
      let asked = PlantedPassages.randomWords(like: imitating, from: known, seed: laboratory.seed)
      for (name, planted) in [(attacks.imitating, imitating), (attacks.collection, random), (attacks.questions, asked)] {
        laboratory.progress("\(count) passages of \(name) planted in \(task.name)")
        let runs = try await CollectionRuns(attacked, planted: planted, embedder: embedder, in: laboratory)
        study.addAttack(on: attacked, attack: name, planted: Set(planted.map(\.id)), runs: try await runs.answers(attacked))
        await runs.close()
      }
    }
  }
}
