internal import Foundation
internal import NeedletailCore

/// Reads tasks that are tables with a header: `corpus`, `queries` and `qrels` (or `qrels/SPLIT`), or `choices` (or the name of the split), a
/// question with a list of options and the number of the right one in each row; each as `.csv` or `.tsv`.
///
/// Of a table of choices all distinct options together are the corpus, and the options of a question its candidates, as in RAR-b (Xiao et
/// al., 2024): ranking the corpus is the benchmark's full setting, ranking the candidates its multiple choice, whose accuracy is P@1.
enum TableReader: TaskReader {
  static func recognises(_ folder: String) -> Bool {
    TaskFolder.file(["corpus.csv", "corpus.tsv", "choices.csv", "choices.tsv"], in: folder) != nil
  }

  static func read(_ folder: String, as description: TaskDescription) throws(EvaluationError) -> RetrievalTask {
    let (split, fields) = (description.split, description.fields)
    if let path = TaskFolder.file(both("choices") + both(split), in: folder) {
      return try choices(path, name: TaskFolder.name(of: folder), fields)
    }
    var judgements: Judgements = [:]
    try Table(path: file(both("qrels/\(split)") + both("qrels"), in: folder)).forEach { row throws(EvaluationError) in
      let grade = try row.cell(fields.grade ?? "score")
      guard let value = Int(grade) else { throw row.malformed("the grade \(grade) is not an integer") }
      judgements[try row.cell(fields.query ?? "query-id"), default: [:]][try row.cell(fields.document ?? "corpus-id")] = value
    }
    let queriesPath = try file(both("queries"), in: folder)
    let queries = try records(queriesPath, fields).map { RetrievalTask.Question(id: $0.id, text: $0.text, metadata: $0.payload) }
    return RetrievalTask(
      name: TaskFolder.name(of: folder), corpus: try records(file(both("corpus"), in: folder), fields),
      queries: try TaskFolder.judged(queries, by: judgements, path: queriesPath), judgements: judgements)
  }

  /// Rows with identifier, text and perhaps title; further columns become the payload.
  private static func records(_ path: String, _ fields: TaskFields) throws(EvaluationError) -> [Document] {
    let (id, title, text) = (fields.id ?? "id", fields.title ?? "title", fields.text ?? "text")
    var records: [Document] = []
    var seen: Set<String> = []
    try Table(path: path).forEach { row throws(EvaluationError) in
      let identifier = try row.cell(id)
      guard seen.insert(identifier).inserted else { throw row.malformed("the identifier \(identifier) occurs twice") }
      let others = row.cells.filter { ![id, title, text].contains($0.key) }
      records.append(Document(id: identifier, title: row.cells[title] ?? "", text: try row.cell(text), payload: others.mapValues { .string($0) }))
    }
    return records
  }

  private static func choices(_ path: String, name: String, _ fields: TaskFields) throws(EvaluationError) -> RetrievalTask {
    var task = RetrievalTask(name: name, kind: .reasoning, corpus: [], queries: [], judgements: [:])
    var documents: [String: String] = [:]
    try Table(path: path).forEach { row throws(EvaluationError) in
      let (query, list) = ("q\(task.queries.count)", try row.cell(fields.options ?? "documents"))
      guard let options = ListLiteral.strings(list), !options.isEmpty else { throw row.malformed("the options are no list of texts") }
      guard let label = Int(try row.cell(fields.label ?? "labels").trimmingCharacters(in: .init(charactersIn: "[] "))), options.indices.contains(label)
      else { throw row.malformed("the label is not the number of one of the \(options.count) options") }
      for option in options where documents[option] == nil {
        documents[option] = "o\(task.corpus.count)"
        task.corpus.append(Document(id: "o\(task.corpus.count)", text: option))
      }
      task.queries.append(.init(id: query, text: try row.cell(fields.text ?? "queries")))
      task.judgements[query] = [documents[options[label]] ?? "": 1]
      task.candidates[query] = Set(options.compactMap { documents[$0] })
      task.instruction = task.instruction ?? row.cells["instructions"]
    }
    return task
  }

  private static func both(_ name: String) -> [String] { ["\(name).csv", "\(name).tsv"] }

  private static func file(_ names: [String], in folder: String) throws(EvaluationError) -> String {
    if let path = TaskFolder.file(names, in: folder) { return path }
    throw .missingFile(
      path: folder + "/" + names[0], advice: "A task as tables is a folder with corpus.csv, queries.csv and qrels.csv, or with choices.csv.")
  }
}
