internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailModels

/// Questions with one right document each, embedded: some to learn from, others to ask with.
struct QuestionPairs: Sendable {
  let documents: DenseVectors
  let learned: DenseVectors
  /// The row of each learned question's document.
  let learnedAnswers: [Int]
  let held: DenseVectors
  let heldAnswers: [Int]

  /// - Parameters:
  ///   - collection: where questions and documents are from; its usual split is asked with.
  ///   - learning: how many questions are learned from.
  ///   - split: the split that those are from.
  ///   - asking: how many questions are held out; which of them, the seed decides.
  init(
    of collection: String, learning: Int, from split: String, asking: Int, in laboratory: Laboratory
  ) async throws {
    let embedder = try laboratory.embedder(precision: .int8)
    let task = try laboratory.task(collection, split: split)
    let rows = Dictionary(uniqueKeysWithValues: task.corpus.enumerated().map { ($1.id, $0) })
    func chosen(_ task: RetrievalTask, _ count: Int, seed: UInt64) -> (texts: [String], rows: [Int]) {
      let pairs = task.queries.compactMap { question in
        task.judgements[question.id]?.filter { $0.value > 0 }.keys.sorted().first.flatMap { rows[$0] }.map { (question.text, $0) }
      }
      // From all over the file: neighbours in it ask about the same text.
      let step = max(1, pairs.count / max(1, count))
      let some = stride(from: Int(seed % UInt64(step)), to: pairs.count, by: step).prefix(count).map { pairs[$0] }
      return (some.map(\.0), some.map(\.1))
    }
    documents = try await laboratory.vectors(of: task.corpus.map(\.text), as: .document, with: embedder)
    let (texts, positives) = chosen(task, learning, seed: 0)
    learned = try await laboratory.vectors(of: texts, as: .query, with: embedder)
    learnedAnswers = positives
    let (questions, answers) = chosen(try laboratory.task(collection), asking, seed: laboratory.seed)
    held = try await laboratory.vectors(of: questions, as: .query, with: embedder)
    heldAnswers = answers
  }
}
