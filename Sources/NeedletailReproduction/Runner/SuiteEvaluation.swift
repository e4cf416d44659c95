public import NeedletailEvaluation
public import NeedletailModels

/// A suite of tasks answered by BM25, an encoder and both joined, and by the encoder with the tasks' instructions before the questions.
public struct SuiteEvaluation: Sendable {
  /// The system that is told the instruction of a task.
  public static let instructed = "dense, instructed"
  /// The name of a task that is generated instead of read: exact questions about dates.
  public static let dateArithmetic = "generated date arithmetic"

  /// A task with what each system reached.
  public struct Result: Sendable {
    public let member: TaskSuite.Member
    public let documentCount: Int
    /// By the name of the system, then of the query; the instructed system only where the task has an instruction.
    public let values: [String: [String: Double]]
    /// What guessing among the candidates would reach by precision at 1; 0 where any document is one.
    public let chance: Double

    /// The mean of a system.
    public func mean(of system: String) -> Double? {
      values[system].map { $0.isEmpty ? 0 : $0.values.sorted().reduce(0, +) / Double($0.count) }
    }
  }

  public let results: [Result]

  /// Answers and measures the tasks.
  ///
  /// - Parameters:
  ///   - suite: the tasks.
  ///   - embedder: the encoder.
  ///   - questions: most questions of each task.
  ///   - laboratory: gives the collections and keeps vectors.
  public init(of suite: TaskSuite, embedder: TransformerEmbedder, questions: Int, in laboratory: Laboratory) async throws {
    var results: [Result] = []
    var indexed: (key: String, runs: CollectionRuns)?
    for member in suite.tasks {
      laboratory.progress("\(member.dataset): \(member.name)")
      var task =
        try member.collection == Self.dateArithmetic
        ? DateArithmetic.task(seed: laboratory.seed) : RetrievalTask(folder: laboratory.data(member.collection), description: member.description)
      task.keep(questions: questions)
      task.candidates = task.candidates.filter { task.judgements[$0.key] != nil }
      let key = "\(member.collection)/\(member.description.documentText ?? "")"
      if indexed?.key != key {
        await indexed?.runs.close()
        indexed = (key, try await CollectionRuns(task, embedder: embedder, in: laboratory))
      }
      guard let runs = indexed?.runs else { continue }
      var answers = try await runs.answers(task)
      if task.instruction != nil { answers[Self.instructed] = try await runs.answers(task.instructed)["dense"] }
      let judgements = task.judgements.filter { $0.value.values.contains { $0 > 0 } }
      results.append(Result(
        member: member, documentCount: task.corpus.count,
        values: answers.mapValues { Evaluation(of: $0, judgements: judgements, measures: [member.measure]).values(of: member.measure) ?? [:] },
        chance: Self.chance(task)))
    }
    await indexed?.runs.close()
    self.results = results
  }

  private static func chance(_ task: RetrievalTask) -> Double {
    let shares = task.queries.compactMap { query -> Double? in
      guard let candidates = task.candidates[query.id], !candidates.isEmpty else { return nil }
      let relevant = task.judgements[query.id]?.count { $0.value > 0 && candidates.contains($0.key) } ?? 0
      return Double(relevant) / Double(candidates.count)
    }
    return shares.isEmpty ? 0 : shares.sorted().reduce(0, +) / Double(shares.count)
  }

  /// The scores of a system, ready to be averaged; tasks that it did not answer are left out.
  public func scores(of system: String) -> SuiteScores {
    var scores = SuiteScores()
    for result in results {
      guard let value = result.mean(of: system) else { continue }
      scores.scores.append(.init(task: result.member.name, dataset: result.member.dataset, type: result.member.type, value: value))
    }
    return scores
  }

  /// What was published for a system, averaged in the same way over the tasks that have a published value, in hundredths.
  public func published(for system: String) -> SuiteScores {
    var scores = SuiteScores()
    for result in results {
      guard let value = result.member.published[system] else { continue }
      scores.scores.append(.init(task: result.member.name, dataset: result.member.dataset, type: result.member.type, value: value / 100))
    }
    return scores
  }
}
