internal import Foundation
internal import NeedletailCore

/// Reads tasks in the layout of LMEB (2026): `corpus.jsonl` (`id`, `title`, `text`), `queries.jsonl` (`id`, `text`), `qrels.tsv`, and perhaps
/// `candidates.jsonl` (`scene_id`, `candidate_doc_ids`), which says what the questions of a scene may be answered with.
///
/// The scene of a question is the one called like it, or like the first two pieces of its identifier between underscores (`conv_26_q1` belongs
/// to `conv_26`), as the benchmark has it. A question without a scene may be answered with anything. Questions of which nothing is relevant are
/// left out, as the benchmark has no value for them.
enum SceneReader: TaskReader {
  static func recognises(_ folder: String) -> Bool {
    TaskFolder.file(["corpus.jsonl"], in: folder) != nil && TaskFolder.file(["qrels.tsv"], in: folder) != nil
  }

  static func read(_ folder: String, as description: TaskDescription) throws(EvaluationError) -> RetrievalTask {
    let judgements = try JudgementsFile.read(file("qrels.tsv", in: folder), needsHeader: false).filter { $0.value.values.contains { $0 > 0 } }
    let (queriesPath, includesMetadata) = (try file("queries.jsonl", in: folder), description.needsMetadata)
    var queries: [RetrievalTask.Question] = []
    try RecordLines.forEach(of: queriesPath, id: "id", fields: description.fields, includesMetadata: includesMetadata) {
      queries.append(.init(id: $0.id, text: $0.text, metadata: $0.metadata))
    }
    queries = try TaskFolder.judged(queries, by: judgements, path: queriesPath)
    var corpus: [Document] = []
    try RecordLines.forEach(
      of: file("corpus.jsonl", in: folder), id: "id", fields: description.fields, includesMetadata: includesMetadata
    ) { corpus.append(Document(id: $0.id, title: $0.title, text: $0.text, payload: $0.metadata)) }
    var task = RetrievalTask(name: TaskFolder.name(of: folder), kind: .memory, corpus: corpus, queries: queries, judgements: judgements)
    if let path = TaskFolder.file(["candidates.jsonl"], in: folder) {
      let scenes = try scenes(path)
      for query in queries {
        task.candidates[query.id] = scenes[query.id] ?? scenes[sceneName(of: query.id)]
      }
    }
    return task
  }

  private static func sceneName(of query: String) -> String { query.split(separator: "_").prefix(2).joined(separator: "_") }

  private struct Scene: Decodable {
    var id: String
    var candidates: [String]

    private enum CodingKeys: String, CodingKey {
      case id = "scene_id"
      case candidates = "candidate_doc_ids"
    }
  }

  private static func scenes(_ path: String) throws(EvaluationError) -> [String: Set<String>] {
    var scenes: [String: Set<String>] = [:]
    var lines = try TextLines(of: path)
    while let line = try lines.next() {
      if line.isEmpty { continue }
      do {
        let scene = try JSONDecoder().decode(Scene.self, from: Data(line.utf8))
        scenes[scene.id, default: []].formUnion(scene.candidates)
      } catch {
        throw lines.malformed(RecordLines.reason(error))
      }
    }
    return scenes
  }

  private static func file(_ name: String, in folder: String) throws(EvaluationError) -> String {
    if let path = TaskFolder.file([name], in: folder) { return path }
    throw .missingFile(path: folder + "/" + name, advice: "A memory task is a folder with corpus.jsonl, queries.jsonl and qrels.tsv.")
  }
}
