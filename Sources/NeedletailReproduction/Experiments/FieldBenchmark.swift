internal import Foundation
internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailModels
internal import NeedletailNumerics

/// Whether the benchmark of a field can be built and measured in Chinese, kind by kind: the part on CMedTEB of "CMedTEB & CARE: Benchmarking and
/// Enabling Efficient Chinese Medical Retrieval via Asymmetric Encoders", ACL 2026, section 3.
///
/// Deviations: its data are not published; open Chinese collections and small examples of our own stand for them. Three retrievers that think
/// differently stand for the three language models that grade pairs, and known answers for the physicians that check them. Wrong answers of
/// re-ranking are drawn at random. all-MiniLM-L6-v2 knows next to no Chinese, so that nothing is claimed of how well Chinese is embedded.
public struct FieldBenchmark: Experiment {
  public static let name = "field-benchmark"

  public struct Parameters: Decodable, Sendable {
    /// Collections, each with the nDCG@10 of an independent BM25 on pairs of characters.
    public var collections: [String: Double]
    /// Most questions of each.
    public var questions: Int
    /// The collection that is made a task of re-ranking, and the wrong answers of each of its questions.
    public var reranked: String
    public var negatives: Int
    /// The collection whose answers are withheld from the panel, and how many of its questions it is asked about.
    public var judged: String
    public var judgedQuestions: Int
  }

  public init() {}

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    let embedder = try laboratory.embedder(precision: .bfloat16)
    var findings = Findings()
    for (name, reference) in parameters.collections.sorted(by: { $0.key < $1.key }) {
      var task = try laboratory.task(name)
      task.keep(questions: parameters.questions)
      let runs = try await answers(task, embedder, laboratory)
      let values = record(runs, on: task, by: .nDCG(cutoff: 10), as: name, &findings)
      findings.record(effect: "\(name): bm25 minus an independent scorer", (values["bm25"] ?? 0) - reference)
    }
    try await rerank(parameters, embedder, laboratory, &findings)
    try await judge(parameters, embedder, laboratory, &findings)
    try await measureExamples(embedder, laboratory, &findings)
    findings.notes.append("The encoder has a vocabulary of English: its figures say what a benchmark sees of it, not how well Chinese can be embedded.")
    findings.notes.append("The judges of the panel are retrievers, the truth known answers: other answers that would do count as wrong.")
    return findings
  }

  private func answers(_ task: RetrievalTask, _ embedder: TransformerEmbedder, _ laboratory: Laboratory) async throws -> [String: Run] {
    laboratory.progress(task.name)
    let runs = try await CollectionRuns(task, embedder: embedder, in: laboratory)
    let answers = try await runs.answers(task)
    await runs.close()
    return answers
  }

  @discardableResult
  private func record(
    _ runs: [String: Run], on task: RetrievalTask, by measure: Measure, as name: String, _ findings: inout Findings
  ) -> [String: Double] {
    runs.sorted { $0.key < $1.key }.reduce(into: [:]) { values, run in
      let mean = Evaluation(of: run.value, judgements: task.judgements, measures: [measure]).mean(of: measure) ?? 0
      findings.record("\(name): \(run.key): \(measure)", mean)
      values[run.key] = mean
    }
  }

  /// Writes rows in the layout of the published ones, reads them back and orders them.
  private func rerank(
    _ parameters: Parameters, _ embedder: TransformerEmbedder, _ laboratory: Laboratory, _ findings: inout Findings
  ) async throws {
    var source = try laboratory.task(parameters.reranked)
    source.keep(questions: parameters.questions)
    let folder = laboratory.scratch + "/reranking"
    try ListWriter.write(source, to: folder, negatives: parameters.negatives, seed: laboratory.seed)
    let task = try RetrievalTask(folder: folder)
    var runs = try await answers(task, embedder, laboratory)
    var generator = SeededGenerator(seed: laboratory.seed)
    var random = Run(name: "random")
    for query in task.queries {
      let candidates = (task.candidates[query.id] ?? []).sorted()
      try random.record(candidates.map { .init(document: $0, score: Double.random(in: 0..<1, using: &generator)) }, for: query.id)
    }
    runs["random order"] = random
    let measure = Measure.averagePrecision(cutoff: 10)
    record(runs, on: task, by: measure, as: "re-ranking", &findings)
    guard let words = runs["bm25"] else { return }
    func values(_ run: Run) -> [String: Double] { Evaluation(of: run, judgements: task.judgements, measures: [measure]).values(of: measure) ?? [:] }
    let comparison = try PairedComparison(of: values(random), and: values(words), seed: laboratory.seed)
    findings.record(effect: "re-ranking: AP@10 of bm25 above a random order", comparison.meanDifference, interval: comparison.interval)
  }

  /// Lets a panel find answers that were withheld from it.
  private func judge(
    _ parameters: Parameters, _ embedder: TransformerEmbedder, _ laboratory: Laboratory, _ findings: inout Findings
  ) async throws {
    var task = try laboratory.task(parameters.judged)
    task.keep(questions: parameters.judgedQuestions)
    let answers = try await answers(task, embedder, laboratory)
    var judges = [try TermOverlap().run(on: task, depth: 100, name: "shared words")]
    for name in ["bm25", "dense"] {
      if let run = answers[name] { judges.append(run) }
    }
    let nothing = task.judgements.mapValues { _ in [String: Int]() }
    let panel = try JudgePanel(retrievers: judges, pairs: JudgePanel.pool(judges, judgements: nothing, depth: 10))
    let opinions = panel.judges.enumerated().map { number, name in
      (name, Opinion(panel, truth: task.judgements) { $0[number] >= panel.threshold })
    }
    let joint = Opinion(panel, truth: task.judgements) { JudgePanel.isRelevant($0, threshold: panel.threshold) }
    for (name, opinion) in opinions + [("all of them", joint)] {
      findings.record("panel: \(name): share of what is called relevant that is", opinion.precision)
      findings.record("panel: \(name): share of what is relevant that is called so", opinion.recall)
    }
    findings.record("panel: pairs graded", Double(panel.grades.count))
    findings.record("panel: share of pairs on which judges differ", panel.disagreement)
    findings.record("panel: Fleiss' kappa", panel.kappa ?? 0, published: 0.731)
    findings.record("panel: relevant documents for each question that no judgement has", panel.missingPositives(in: nothing))
    findings.record(
      effect: "panel: precision of all judges minus that of the best, points", 100 * (joint.precision - (opinions.map(\.1.precision).max() ?? 0)))
    let best = panel.judges.indices.map { number in Opinion(panel, truth: task.judgements) { $0[number] > panel.threshold }.precision }.max() ?? 0
    findings.record("panel: share of what the best judge puts first that is relevant", best)
    findings.record(effect: "panel: precision of all judges minus that of the best one's first, points", 100 * (joint.precision - best))
    findings.record(effect: "panel: share of withheld answers that it finds", joint.recall)
  }

  /// What a judge, or all of them, call relevant, beside the truth.
  private struct Opinion {
    var right = 0
    var relevant = 0
    /// Pairs wrongly called relevant.
    var wrong = 0

    init(_ panel: JudgePanel, truth: Judgements, isRelevant: ([Int]) -> Bool) {
      relevant = truth.values.reduce(0) { $0 + $1.values.count { $0 > 0 } }
      for (pair, grades) in panel.grades where isRelevant(grades) {
        if truth[pair.query]?[pair.document] ?? 0 > 0 { right += 1 } else { wrong += 1 }
      }
    }

    var precision: Double { Double(right) / Double(max(1, right + wrong)) }
    var recall: Double { Double(right) / Double(max(1, relevant)) }
  }

  /// Each kind of task on the examples of the catalogue.
  private func measureExamples(_ embedder: TransformerEmbedder, _ laboratory: Laboratory, _ findings: inout Findings) async throws {
    for (folder, measure) in [("retrieval", Measure.nDCG(cutoff: 10)), ("reranking", .averagePrecision(cutoff: 10))] {
      let task = try RetrievalTask(folder: laboratory.example(folder))
      record(try await answers(task, embedder, laboratory), on: task, by: measure, as: "example of \(folder)", &findings)
    }
    let sentences = try String(contentsOfFile: laboratory.example("synonyms/sentences.txt"), encoding: .utf8).split(whereSeparator: \.isNewline)
    let pairs = try SynonymPairs(file: laboratory.example("synonyms/terms.tsv")).pairs(of: sentences.map(String.init), seed: laboratory.seed)
    let first = try await laboratory.vectors(of: pairs.map(\.first), as: .query, with: embedder)
    let second = try await laboratory.vectors(of: pairs.map(\.second), as: .query, with: embedder)
    let cosines = pairs.indices.map { row in zip(first[row], second[row]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) } }
    let overlap = try TermOverlap()
    let (scores, shared) = (pairs.map(\.score), pairs.map { overlap.similarity($0.first, $0.second) })
    findings.record("synonyms: pairs", Double(pairs.count))
    findings.record("synonyms: dense: Pearson", Correlation.pearson(cosines, scores) ?? 0)
    findings.record(effect: "synonyms: Pearson of shared words", Correlation.pearson(shared, scores) ?? 0)
    let panel = try JudgePanel(file: laboratory.example("panel/grades.tsv"))
    findings.record("example of a panel: pairs", Double(panel.grades.count))
    findings.record("example of a panel: relevant to all judges", Double(panel.judgements.values.reduce(0) { $0 + $1.values.count { $0 > 0 } }))
    findings.record("example of a panel: Fleiss' kappa", panel.kappa ?? 0)
  }
}
