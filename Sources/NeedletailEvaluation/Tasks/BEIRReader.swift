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
    let judgements = try JudgementsFile.read(try file("qrels/\(split).tsv", in: directory))
    let queriesPath = try file("queries.jsonl", in: directory)
    var queries: [RetrievalTask.Question] = []
    try forEachRecord(of: queriesPath) { record, _ in
      if judgements[record.id] != nil { queries.append(.init(id: record.id, text: record.text)) }
    }
    if queries.count < judgements.count {
      let missing = Set(judgements.keys).subtracting(queries.map(\.id)).min() ?? ""
      throw .missingFile(
        path: "\(queriesPath): query \(missing) of the split \(split)",
        advice: "Queries and judgements have to come from the same release.")
    }
    var corpus: [Document] = []
    try forEachRecord(of: try file("corpus.jsonl", in: directory), includesMetadata: includesMetadata) { record, metadata in
      corpus.append(Document(id: record.id, title: record.title ?? "", text: record.text, payload: metadata))
    }
    let name = URL(fileURLWithPath: directory).standardizedFileURL.lastPathComponent
    return RetrievalTask(name: name, corpus: corpus, queries: queries, judgements: judgements)
  }

  private static func file(_ name: String, in directory: String) throws(EvaluationError) -> String {
    let path = directory + "/" + name
    for candidate in [path, path + ".gz"] where FileManager.default.fileExists(atPath: candidate) { return candidate }
    throw .missingFile(
      path: path,
      advice: "A benchmark is a directory with corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv (each may end in .gz); "
        + "the split can be chosen with --split.")
  }

  /// A line of `corpus.jsonl` or `queries.jsonl`.
  private struct Record: Decodable {
    var id: String
    var title: String?
    var text: String

    private enum CodingKeys: String, CodingKey {
      case id = "_id"
      case title, text
    }
  }

  /// The rest of such a line.
  private struct Extra: Decodable {
    var metadata: Payload?
  }

  private static func forEachRecord(
    of path: String, includesMetadata: Bool = false, _ body: (Record, Payload) -> Void
  ) throws(EvaluationError) {
    let decoder = JSONDecoder()
    var identifiers: Set<String> = []
    var lines = try TextLines(of: path)
    while let line = try lines.next() {
      if line.isEmpty { continue }
      let record: Record
      var metadata: Payload = [:]
      do {
        let data = Data(line.utf8)
        record = try decoder.decode(Record.self, from: data)
        if includesMetadata { metadata = try decoder.decode(Extra.self, from: data).metadata ?? [:] }
      } catch {
        throw lines.malformed(Self.reason(error))
      }
      guard identifiers.insert(record.id).inserted else { throw lines.malformed("the _id \(record.id) occurs twice") }
      body(record, metadata)
    }
  }

  private static func reason(_ error: any Error) -> String {
    switch error as? DecodingError {
    case .keyNotFound(let key, _): "the field \(key.stringValue) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      context.codingPath.first.map { "the field \($0.stringValue) has the wrong type" } ?? "it is not a JSON object"
    default: "it is not JSON"
    }
  }
}
