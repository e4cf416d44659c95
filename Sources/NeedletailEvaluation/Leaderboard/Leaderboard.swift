internal import Crypto
internal import Foundation

/// Systems ranked by the run files they submitted, scored here with the measures of `trec_eval` (the self-service leaderboard of Kamalloo et
/// al., "Resources for Brewing BEIR: Reproducible Reference Models and an Official Leaderboard", SIGIR 2024, as files instead of a service).
public struct Leaderboard: Codable, Sendable {
  /// What a system reached on a task.
  public struct Score: Codable, Sendable {
    public var nDCG: Double
    public var recall: Double
    public var queries: Int
    /// Against the baseline, by the randomisation test, adjusted for the number of tasks by Bonferroni's rule; nil for the baseline.
    public var probability: Double?
    public var check: SubmissionCheck
    /// The SHA-256 of the run file, in hexadecimal: the same digits, the same file.
    public var fileDigest: String
  }

  /// A system with its scores.
  public struct Row: Codable, Sendable {
    public var system: Submission.System
    /// By the names of the tasks; those not submitted, or refused, are missing.
    public var scores: [String: Score]
    /// The mean nDCG@10 over the tasks that every system has, by which systems are ranked. Means over different tasks do not compare.
    public var meanOverCommonTasks: Double
    /// Over the tasks that the system itself has.
    public var meanOverOwnTasks: Double
    /// Tasks on which it is above the baseline, and how many both have.
    public var wins: Int
    public var comparedTasks: Int
    /// Why runs were refused, in words.
    public var refusals: [String]
  }

  /// The tasks of the board, in the order of their names.
  public let tasks: [String]
  /// Those that every system has.
  public let commonTasks: [String]
  public let baseline: String
  /// The best first.
  public let rows: [Row]

  static let nDCG = Measure.nDCG(cutoff: 10)
  static let recall = Measure.recall(cutoff: 100)

  /// Reads, checks, judges and ranks the submissions of a board.
  ///
  /// - Parameters:
  ///   - board: the folder that holds `submissions/`.
  ///   - baseline: the system that the others are compared with.
  ///   - seed: of the tests of significance.
  ///   - task: gives a task by its name.
  ///   - progress: told the name of the system and task being judged.
  /// - Throws: `EvaluationError` if there is no submission, no baseline, or `system.json5` cannot be read. A run file that cannot be
  ///   judged is refused and named; the rest of its submission counts.
  public init(
    board: String, baseline: String = "bm25", seed: UInt64 = 1, task: (String) throws -> RetrievalTask,
    progress: (String) -> Void = { _ in }
  ) throws {
    let submissions = try Self.submissions(in: board)
    guard submissions.contains(where: { $0.system.system == baseline }) else {
      throw EvaluationError.incomparable(
        reason: "no submission is called \(baseline), the baseline; there are \(submissions.map(\.system.system).joined(separator: ", "))")
    }
    var judged: [String: [String: Judged]] = [:]
    var refusals: [String: [String]] = [:]
    let names = Set(submissions.flatMap { $0.runs.keys }).sorted()
    for name in names {
      let current = try task(name)
      for submission in submissions {
        guard let path = submission.runs[name] else { continue }
        progress("\(submission.system.system), \(name)")
        do throws(EvaluationError) {
          judged[submission.system.system, default: [:]][name] = try Judged(path, on: current)
        } catch {
          refusals[submission.system.system, default: []].append(error.description)
        }
      }
    }
    let own = submissions.map { Set(judged[$0.system.system, default: [:]].keys) }
    commonTasks = own.dropFirst().reduce(own[0]) { $0.intersection($1) }.sorted()
    tasks = names
    self.baseline = baseline
    let (common, reference) = (commonTasks, judged[baseline] ?? [:])
    rows = try submissions.map { submission in
      let scores = judged[submission.system.system] ?? [:]
      return try Row(
        submission.system, scores, isBaseline: submission.system.system == baseline, reference: reference, common: common,
        refusals: refusals[submission.system.system] ?? [], seed: seed)
    }.sorted { ($1.meanOverCommonTasks, $0.system.system) < ($0.meanOverCommonTasks, $1.system.system) }
  }

  private static func submissions(in board: String) throws(EvaluationError) -> [Submission] {
    let folder = board + "/submissions"
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
    var submissions: [Submission] = []
    for name in names { submissions.append(try Submission(folder: folder + "/" + name)) }
    guard !submissions.isEmpty else {
      throw .missingFile(path: folder, advice: "Submit runs with `needletail leaderboard submit`, or reference runs with `needletail leaderboard reference`.")
    }
    guard Set(submissions.map(\.system.system)).count == submissions.count else {
      throw .incomparable(reason: "two submissions in \(folder) have the same `system`")
    }
    return submissions
  }
}

/// A run that was read and judged.
private struct Judged {
  let check: SubmissionCheck
  let evaluation: Evaluation
  let digest: String

  init(_ path: String, on task: RetrievalTask) throws(EvaluationError) {
    let run = try Run(trecFile: path)
    check = SubmissionCheck(of: run, on: task)
    if let flaw = check.flaw { throw .malformedRun(query: "–", reason: "\(path): \(flaw)") }
    evaluation = Evaluation(of: run, judgements: task.judgements, measures: [Leaderboard.nDCG, Leaderboard.recall])
    digest = SHA256.hash(data: FileManager.default.contents(atPath: path) ?? Data())
      .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  var nDCG: Double { evaluation.mean(of: Leaderboard.nDCG) ?? 0 }
}

extension Leaderboard.Row {
  fileprivate init(
    _ system: Submission.System, _ judged: [String: Judged], isBaseline: Bool, reference: [String: Judged], common: [String],
    refusals: [String], seed: UInt64
  ) throws {
    var probabilities: [String: Double] = [:]
    let shared = judged.keys.filter { reference[$0] != nil }.sorted()
    if !isBaseline {
      let raw = try shared.map { name in
        try PairedComparison(
          of: reference[name]?.evaluation.values(of: Leaderboard.nDCG) ?? [:], and: judged[name]?.evaluation.values(of: Leaderboard.nDCG) ?? [:],
          rounds: 10_000, seed: seed
        ).randomizationProbability
      }
      probabilities = Dictionary(uniqueKeysWithValues: zip(shared, MultipleComparisons.bonferroni.adjusted(raw)))
    }
    self.init(
      system: system,
      scores: judged.reduce(into: [:]) { scores, element in
        scores[element.key] = Leaderboard.Score(
          nDCG: element.value.nDCG, recall: element.value.evaluation.mean(of: Leaderboard.recall) ?? 0,
          queries: element.value.evaluation.values.count, probability: probabilities[element.key], check: element.value.check,
          fileDigest: element.value.digest)
      },
      meanOverCommonTasks: Self.mean(common.compactMap { judged[$0]?.nDCG }),
      meanOverOwnTasks: Self.mean(judged.keys.sorted().compactMap { judged[$0]?.nDCG }),
      wins: isBaseline ? 0 : shared.count { (judged[$0]?.nDCG ?? 0) > (reference[$0]?.nDCG ?? 0) },
      comparedTasks: isBaseline ? 0 : shared.count, refusals: refusals)
  }

  private static func mean(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }
}
