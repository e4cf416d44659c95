public import NeedletailEvaluation
internal import NeedletailModels

/// What a suite of tasks says of word search, an encoder and both joined, with and without instructions: the protocol of LMEB (2026) for memory
/// and of RAR-b (Xiao et al., 2024) for reasoning. The recipe names the tasks; this computes the differences that the papers report.
public struct TaskSuites: Experiment {
  public static let name = "task-suites"

  public struct Parameters: Decodable, Sendable {
    public var suite: TaskSuite
    /// Most questions of each task.
    public var questions: Int
  }

  public init() {}

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    let embedder = try laboratory.embedder(precision: .bfloat16)
    let evaluation = try await SuiteEvaluation(of: parameters.suite, embedder: embedder, questions: parameters.questions, in: laboratory)
    var findings = Findings()
    for result in evaluation.results { try record(result, &findings, seed: laboratory.seed) }
    recordDatasets(evaluation, &findings)
    try recordInstructions(evaluation, &findings)
    findings.notes.append("A data set's value is the plain mean of its tasks, a type's that of its data sets; rankings hold only what a question may be answered with.")
    return findings
  }

  private static let systems = CollectionRuns.systems + [SuiteEvaluation.instructed]

  private func record(_ result: SuiteEvaluation.Result, _ findings: inout Findings, seed: UInt64) throws {
    let name = "\(result.member.dataset): \(result.member.name)"
    findings.record("\(name): documents", Double(result.documentCount))
    findings.record("\(name): questions", Double(result.values["dense"]?.count ?? 0))
    for system in Self.systems {
      guard let mean = result.mean(of: system) else { continue }
      findings.record("\(name): \(system): \(result.member.measure)", mean, published: result.member.published[system].map { $0 / 100 })
    }
    if result.chance > 0, result.member.measure == .precision(cutoff: 1), let dense = result.values["dense"] {
      findings.record("\(name): chance", result.chance)
      let differences = dense.sorted { $0.key < $1.key }.map { $0.value - result.chance }
      findings.record(
        effect: "\(name): accuracy above chance", differences.reduce(0, +) / Double(max(1, differences.count)),
        interval: ConfidenceInterval(bootstrapping: differences, seed: seed))
    }
    guard let published = result.member.published["dense"], let mean = result.mean(of: "dense") else { return }
    findings.record(effect: "\(name): dense minus published", mean - published / 100)
  }

  private func recordDatasets(_ evaluation: SuiteEvaluation, _ findings: inout Findings) {
    let scores = Dictionary(uniqueKeysWithValues: CollectionRuns.systems.map { ($0, evaluation.scores(of: $0)) })
    let published = evaluation.published(for: "dense").datasetMeans
    for dataset in Set(evaluation.results.map(\.member.dataset)).sorted() {
      func mean(_ system: String) -> Double { scores[system]?.datasetMeans[dataset] ?? 0 }
      for system in CollectionRuns.systems {
        findings.record("\(dataset): \(system): mean of its tasks", mean(system), published: system == "dense" ? published[dataset] : nil)
      }
      findings.record(effect: "\(dataset): bm25 minus dense", mean("bm25") - mean("dense"))
      findings.record(effect: "\(dataset): hybrid minus the better of both", mean("hybrid") - max(mean("bm25"), mean("dense")))
      if let value = published[dataset] { findings.record(effect: "\(dataset): dense minus published, mean of its tasks", mean("dense") - value) }
    }
    for system in CollectionRuns.systems {
      findings.record("mean over data sets: \(system)", scores[system]?.meanOverDatasets ?? 0)
      findings.record("mean over types: \(system)", scores[system]?.meanOverTypes ?? 0)
    }
  }

  private func recordInstructions(_ evaluation: SuiteEvaluation, _ findings: inout Findings) throws {
    let gains = evaluation.results.compactMap { result in
      result.mean(of: SuiteEvaluation.instructed).map { $0 - (result.mean(of: "dense") ?? 0) }
    }
    guard !gains.isEmpty else { return }
    findings.record(effect: "gained by instructions, mean over tasks", gains.reduce(0, +) / Double(gains.count), interval: ConfidenceInterval(ofMean: gains))
    findings.record("tasks that instructions help", Double(gains.count { $0 > 0 }))
    findings.record("tasks with an instruction", Double(gains.count))
  }
}
