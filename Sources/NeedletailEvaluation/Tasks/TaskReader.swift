internal import Foundation

/// Reads tasks of one layout of files.
protocol TaskReader {
  /// Whether the folder has the files of the layout.
  static func recognises(_ folder: String) -> Bool

  /// Reads the files. Metadata are read where the description needs them; its candidates are applied later.
  static func read(_ folder: String, as description: TaskDescription) throws(EvaluationError) -> RetrievalTask
}

/// The layouts of files that tasks come in.
public enum TaskFormat: String, Codable, CaseIterable, Sendable {
  /// `corpus.jsonl`, `queries.jsonl`, `qrels/SPLIT.tsv`: BEIR and MTEB.
  case beir
  /// `corpus.jsonl`, `queries.jsonl`, `qrels.tsv` and perhaps `candidates.jsonl`: LMEB.
  case scenes
  /// `topics.txt`, `qrels.txt`, `documents.trec`: TREC.
  case trec
  /// `corpus.csv`, `queries.csv`, `qrels.csv`, or `choices.csv`: tables with a header (`.tsv` too).
  case tables
  /// `rows.jsonl`: a question with what answers it and what does not on each line.
  case lists

  var reader: any TaskReader.Type {
    switch self {
    case .beir: BEIRReader.self
    case .scenes: SceneReader.self
    case .trec: TRECReader.self
    case .tables: TableReader.self
    case .lists: ListReader.self
    }
  }
}

extension RetrievalTask {
  /// Reads a task from its folder.
  ///
  /// - Parameters:
  ///   - folder: holds the files of one of the formats; any of them may be compressed, with `.gz` behind its name.
  ///   - description: how to read them; nil for `task.json5` in the folder, or what the files look like.
  public init(folder: String, description: TaskDescription? = nil) throws(EvaluationError) {
    let described = description == nil ? try TaskDescription(inFolder: folder) : description
    let description = described ?? TaskDescription()
    guard let format = description.format ?? TaskFormat.allCases.first(where: { $0.reader.recognises(folder) }) else {
      throw .missingFile(
        path: folder,
        advice: "A task is a folder with corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv, or with topics.txt, qrels.txt and documents.trec, "
          + "or with corpus.csv, queries.csv and qrels.csv, or with choices.csv, or with rows.jsonl.")
    }
    var task = try format.reader.read(folder, as: description)
    description.apply(to: &task)
    self = task
  }
}

/// The files of a task's folder.
enum TaskFolder {
  /// The first of some names that is there, compressed or not.
  static func file(_ names: [String], in folder: String) -> String? {
    for name in names {
      for candidate in ["\(folder)/\(name)", "\(folder)/\(name).gz"] where FileManager.default.fileExists(atPath: candidate) {
        return candidate
      }
    }
    return nil
  }

  static func name(of folder: String) -> String { URL(fileURLWithPath: folder).standardizedFileURL.lastPathComponent }

  /// The questions that have judgements, in their order.
  ///
  /// - Throws: `missingFile` if a judged question is not there.
  static func judged(
    _ queries: [RetrievalTask.Question], by judgements: Judgements, path: String
  ) throws(EvaluationError) -> [RetrievalTask.Question] {
    let kept = queries.filter { judgements[$0.id] != nil }
    if kept.count < judgements.count {
      let missing = Set(judgements.keys).subtracting(kept.map(\.id)).min() ?? ""
      throw .missingFile(path: "\(path): query \(missing)", advice: "Queries and judgements have to come from the same release.")
    }
    return kept
  }
}
