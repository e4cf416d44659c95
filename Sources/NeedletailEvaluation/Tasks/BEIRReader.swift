internal import Foundation
internal import NeedletailCore

/// Reads benchmarks in the layout of BEIR (Thakur et al., NeurIPS Datasets and Benchmarks 2021).
///
/// A directory holds `corpus.jsonl` (`_id`, `title`, `text`, perhaps `metadata`), `queries.jsonl` (`_id`, `text`) and
/// `qrels/SPLIT.tsv`; each may be compressed, with `.gz` behind its name.
public enum BEIRReader {
  /// Reads one split. Only the queries that its judgements name are taken; each of them has to be there, while judged documents
  /// may be missing from the corpus and then count as relevant ones nobody can find.
  ///
  /// - Parameters:
  ///   - directory: holds the files.
  ///   - split: which judgements are read: `qrels/SPLIT.tsv`.
  ///   - includesMetadata: whether `metadata` becomes the payload of documents; few need it and it takes most of the time.
  public static func read(
    directory: String, split: String = "test", includesMetadata: Bool = false
  ) throws(EvaluationError) -> RetrievalTask {
    try read(directory, as: TaskDescription(split: split), includesMetadata: includesMetadata)
  }

  private static func read(
    _ folder: String, as description: TaskDescription, includesMetadata: Bool
  ) throws(EvaluationError) -> RetrievalTask {
    let judgements = try JudgementsFile.read(try file("qrels/\(description.split).tsv", in: folder))
    let queriesPath = try file("queries.jsonl", in: folder)
    var queries: [RetrievalTask.Question] = []
    try RecordLines.forEach(of: queriesPath, fields: description.fields, includesMetadata: includesMetadata) { record in
      if judgements[record.id] != nil { queries.append(.init(id: record.id, text: record.text, metadata: record.metadata)) }
    }
    queries = try TaskFolder.judged(queries, by: judgements, path: queriesPath)
    var corpus: [Document] = []
    try RecordLines.forEach(of: try file("corpus.jsonl", in: folder), fields: description.fields, includesMetadata: includesMetadata) { record in
      corpus.append(Document(id: record.id, title: record.title, text: record.text, payload: record.metadata))
    }
    return RetrievalTask(name: TaskFolder.name(of: folder), corpus: corpus, queries: queries, judgements: judgements)
  }

  private static func file(_ name: String, in directory: String) throws(EvaluationError) -> String {
    if let path = TaskFolder.file([name], in: directory) { return path }
    throw .missingFile(
      path: directory + "/" + name,
      advice: "A benchmark is a directory with corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv (each may end in .gz); "
        + "the split can be chosen with --split.")
  }
}

extension BEIRReader: TaskReader {
  static func recognises(_ folder: String) -> Bool {
    TaskFolder.file(["corpus.jsonl"], in: folder) != nil && FileManager.default.fileExists(atPath: folder + "/qrels")
  }

  static func read(_ folder: String, as description: TaskDescription) throws(EvaluationError) -> RetrievalTask {
    try read(folder, as: description, includesMetadata: description.needsMetadata)
  }
}
