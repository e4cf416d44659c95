internal import Foundation
internal import NeedletailCore

/// A system that takes part in a leaderboard: what it is, and its answers to the questions of some tasks.
///
/// A folder with `system.json5` and a run file `TASK.trec` (perhaps compressed) for each task.
public struct Submission: Sendable {
  /// What a submission says of its system.
  public struct System: Codable, Hashable, Sendable {
    /// How a system finds.
    public enum Kind: String, Codable, CaseIterable, Sendable {
      case sparse, dense, hybrid, rerank
    }

    public var system: String
    public var kind: Kind
    public var version: String?
    /// When it was run, as 2026-11-24.
    public var date: String?
    public var parameters: Int?
    /// What it learned from, in words.
    public var trainedOn: String?
    public var hardware: String?

    public init(
      system: String, kind: Kind, version: String? = nil, date: String? = nil, parameters: Int? = nil, trainedOn: String? = nil,
      hardware: String? = nil
    ) {
      (self.system, self.kind, self.version, self.date) = (system, kind, version, date)
      (self.parameters, self.trainedOn, self.hardware) = (parameters, trainedOn, hardware)
    }
  }

  public let system: System
  public let folder: String
  /// The paths of the run files by the names of their tasks.
  public let runs: [String: String]

  /// Reads what a folder holds; the run files are read when they are judged.
  public init(folder: String) throws(EvaluationError) {
    self.folder = folder
    let path = folder + "/system.json5"
    guard let data = FileManager.default.contents(atPath: path), let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw .missingFile(path: path, advice: "A submission is a folder with system.json5 (at least `system` and `kind`) and run files TASK.trec.")
    }
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    do {
      system = try decoder.decode(System.self, from: data)
    } catch {
      throw .malformedLine(path: path, line: 1, reason: RecordLines.reason(error))
    }
    var runs: [String: String] = [:]
    for name in names.sorted() {
      for ending in [".trec", ".trec.gz"] where name.hasSuffix(ending) { runs[String(name.dropLast(ending.count))] = folder + "/" + name }
    }
    self.runs = runs
  }

  /// Adds a system to a leaderboard's folder: checks each run against its task first, and writes nothing if one cannot be judged.
  ///
  /// - Parameters:
  ///   - system: what it is.
  ///   - runs: its answers by the names of the tasks.
  ///   - board: the folder of the leaderboard.
  ///   - tasks: those of the runs, by name.
  /// - Returns: the notes of the checks.
  @discardableResult
  public static func add(
    _ system: System, runs: [String: Run], to board: String, tasks: [String: RetrievalTask]
  ) throws(EvaluationError) -> [SubmissionCheck] {
    var checks: [SubmissionCheck] = []
    for (name, run) in runs.sorted(by: { $0.key < $1.key }) {
      guard let task = tasks[name] else { throw .missingFile(path: name, advice: "There is no task of this name among the collections.") }
      let check = SubmissionCheck(of: run, on: task)
      if let flaw = check.flaw { throw .malformedRun(query: "–", reason: "\(name): \(flaw)") }
      checks.append(check)
    }
    let folder = board + "/submissions/" + system.system.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? String($0) : "-" }.joined()
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try TextFile.write(String(decoding: encoder.encode(system), as: UTF8.self) + "\n", to: folder + "/system.json5")
    } catch let error as EvaluationError {
      throw error
    } catch {
      throw .cannotWrite(path: folder, reason: error.localizedDescription)
    }
    for (name, run) in runs { try run.write(to: "\(folder)/\(name).trec") }
    return checks
  }
}

/// What is to be said of a run before it is ranked.
public struct SubmissionCheck: Codable, Hashable, Sendable {
  public let task: String
  /// Questions with judgements that it does not answer; they count as 0.
  public let unanswered: Int
  /// Questions that the task does not have.
  public let unknownQueries: Int
  /// Documents that the task does not have.
  public let unknownDocuments: Int
  /// The share of judged documents among the first ten: where it is low, so is the trust that the other figures deserve.
  public let judgedAt10: Double
  /// Why it cannot be ranked; nil if it can.
  public let flaw: String?

  /// Checks a run against its task.
  public init(of run: Run, on task: RetrievalTask) {
    self.task = task.name
    let documents = Set(task.corpus.map(\.id))
    let (asked, answered) = (Set(task.judgements.keys), Set(run.entries.filter { !$0.value.isEmpty }.keys))
    unanswered = asked.subtracting(answered).count
    unknownQueries = answered.subtracting(asked).count
    unknownDocuments = run.entries.values.reduce(0) { $0 + $1.count { !documents.contains($0.document) } }
    judgedAt10 = Evaluation(of: run, judgements: task.judgements, measures: [.judged(cutoff: 10)]).mean(of: .judged(cutoff: 10)) ?? 0
    let returned = run.entries.values.reduce(0) { $0 + $1.count }
    flaw =
      answered.isDisjoint(with: asked)
      ? "it answers none of the \(asked.count) questions"
      : unknownDocuments * 2 > returned ? "most of its documents are not those of the task" : nil
  }
}
