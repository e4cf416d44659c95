internal import Foundation
internal import NeedletailCore

/// Writes benchmarks in the layout that `BEIRReader` reads.
public enum BEIRWriter {
  /// Writes `corpus.jsonl`, `queries.jsonl` and `qrels/SPLIT.tsv`; metadata is not written.
  ///
  /// - Parameters:
  ///   - task: what is written.
  ///   - directory: where; it is made if it is not there, and files of these names in it are replaced.
  ///   - split: the name of the judgements.
  public static func write(_ task: RetrievalTask, to directory: String, split: String = "test") throws(EvaluationError) {
    do {
      try FileManager.default.createDirectory(atPath: directory + "/qrels", withIntermediateDirectories: true)
    } catch {
      throw .cannotWrite(path: directory, reason: error.localizedDescription)
    }
    let corpus = try task.corpus.map { document throws(EvaluationError) in
      try line(["_id": document.id, "title": document.title, "text": document.text], in: directory)
    }
    let queries = try task.queries.map { query throws(EvaluationError) in
      try line(["_id": query.id, "text": query.text], in: directory)
    }
    var judgements = "query-id\tcorpus-id\tscore\n"
    for query in task.queries {
      for (document, grade) in (task.judgements[query.id] ?? [:]).sorted(by: { $0.key < $1.key }) {
        judgements += "\(query.id)\t\(document)\t\(grade)\n"
      }
    }
    try TextFile.write(corpus.joined(), to: directory + "/corpus.jsonl")
    try TextFile.write(queries.joined(), to: directory + "/queries.jsonl")
    try TextFile.write(judgements, to: directory + "/qrels/\(split).tsv")
  }

  private static func line(_ record: [String: String], in directory: String) throws(EvaluationError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(record), as: UTF8.self) + "\n"
    } catch {
      throw .cannotWrite(path: directory, reason: error.localizedDescription)
    }
  }
}
