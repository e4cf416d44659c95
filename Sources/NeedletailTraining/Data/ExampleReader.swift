internal import Foundation
public import NeedletailCore
public import NeedletailEvaluation
internal import NeedletailNumerics

/// The formats in which examples come.
public enum ExampleFormat: String, Hashable, Sendable, CaseIterable, Codable {
  /// A directory in the layout of BEIR: queries of the split with all passages judged relevant.
  case beir
  /// Two texts that belong together: lines of two columns (`.tsv`), or objects with `query` and `positive`.
  case pairs
  /// A query, what answers it, and what does not: three columns, or objects with `query`, `positive` and `negative`.
  case triplets
  /// Objects with `query`, `passages` and `scores`: what a teacher says of each passage; the best one counts as positive.
  case scored
  /// Two sentences and how similar they are: columns `score`, `sentence1`, `sentence2`, with a header line.
  case similarity
  /// Texts alone: lines, objects with `text`, or the corpus of a directory in the layout of BEIR; see `PageReader`.
  case texts
  /// The same, from whose structure pairs are made; see `PagePairs`.
  case pages
}

/// Reads examples; lines may be compressed by gzip.
public enum ExampleReader {
  /// Reads a file, or a directory in BEIR layout.
  ///
  /// - Parameters:
  ///   - format: what is expected.
  ///   - path: the file or directory.
  ///   - split: of a directory, which judgements.
  ///   - run: of a directory, a TREC run of the same queries whose unjudged documents become negatives, best first.
  ///   - negatives: how many of them.
  ///   - includesCorpus: of a directory, whether all documents become passages, not only those that queries name.
  /// - Throws: a `TrainingError` that names file and line.
  public static func read(
    _ format: ExampleFormat, path: String, split: String = "train", run: String? = nil, negatives: Int = 8, includesCorpus: Bool = false
  ) throws(TrainingError) -> TrainingExamples {
    guard FileManager.default.fileExists(atPath: path) else {
      throw .missingFile(path: path, advice: "Correct the `path` of the data in the recipe; it is relative to the recipe's folder.")
    }
    if format == .texts || format == .pages {
      var texts = TrainingExamples()
      for text in try PageReader.read(path: path).flatMap(\.texts) { _ = texts.passage(text) }
      return texts
    }
    if format == .beir { return try readTask(path, split: split, run: run, negatives: negatives, includesCorpus: includesCorpus) }
    var examples = TrainingExamples()
    do {
      var lines = try LineReader(path: path)
      while let line = try lines.next() {
        if line.isEmpty || (format == .similarity && lines.lineNumber == 1) { continue }
        do {
          try take(line, format, into: &examples)
        } catch {
          throw TrainingError.malformedLine(path: path, line: lines.lineNumber, reason: error.reason)
        }
      }
    } catch let error as FileError {
      throw .file(error)
    } catch let error as TrainingError {
      throw error
    } catch {
      throw .unsuitableData(reason: "\(path) cannot be read: \(error)")
    }
    guard !examples.examples.isEmpty else { throw .unsuitableData(reason: "\(path) holds no examples") }
    return examples
  }

  private struct Flaw: Error { let reason: String }

  private struct Record: Decodable {
    var query: String
    var positive: String?
    var negative: String?
    var passages: [String]?
    var scores: [Double]?
  }

  private static func take(_ line: String, _ format: ExampleFormat, into examples: inout TrainingExamples) throws(Flaw) {
    if format != .similarity, line.first == "{" {
      guard let record = try? JSONDecoder().decode(Record.self, from: Data(line.utf8)) else {
        throw Flaw(reason: "it is not a JSON object with `query` and the fields of the format \(format.rawValue)")
      }
      return try take(record, format, into: &examples)
    }
    let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    switch (format, columns.count) {
    case (.pairs, 2): try take(Record(query: columns[0], positive: columns[1]), format, into: &examples)
    case (.triplets, 3): try take(Record(query: columns[0], positive: columns[1], negative: columns[2]), format, into: &examples)
    case (.similarity, 3...):
      guard let score = Double(columns[0]), (0...5).contains(score) else {
        throw Flaw(reason: "the score \(columns[0]) is not a number from 0 to 5")
      }
      let (query, passage) = (examples.query(columns[1]), examples.passage(columns[2]))
      examples.append(.init(query: query, positives: [passage], similarity: score / 5))
    default: throw Flaw(reason: "\(columns.count) columns do not make an example of the format \(format.rawValue)")
    }
  }

  private static func take(_ record: Record, _ format: ExampleFormat, into examples: inout TrainingExamples) throws(Flaw) {
    let query = examples.query(record.query)
    switch format {
    case .scored:
      guard let passages = record.passages, let scores = record.scores, passages.count == scores.count, passages.count >= 2 else {
        throw Flaw(reason: "`passages` and `scores` have to be there, equally many and at least two")
      }
      guard scores.allSatisfy(\.isFinite) else { throw Flaw(reason: "a score is not finite") }
      let order = scores.indices.sorted { scores[$0] > scores[$1] }
      let places = order.map { examples.passage(passages[$0]) }
      examples.append(
        .init(query: query, positives: [places[0]], negatives: Array(places.dropFirst()), teacherScores: order.map { scores[$0] }))
    case .triplets:
      guard let positive = record.positive, let negative = record.negative else {
        throw Flaw(reason: "`positive` or `negative` is missing")
      }
      let places = (examples.passage(positive), examples.passage(negative))
      examples.append(.init(query: query, positives: [places.0], negatives: [places.1]))
    default:
      guard let positive = record.positive else { throw Flaw(reason: "`positive` is missing") }
      let passage = examples.passage(positive)
      examples.append(.init(query: query, positives: [passage]))
    }
  }

  private static func readTask(
    _ path: String, split: String, run: String?, negatives: Int, includesCorpus: Bool
  ) throws(TrainingError) -> TrainingExamples {
    let task: RetrievalTask
    let ranking: Run?
    do {
      task = try BEIRReader.read(directory: path, split: split)
      ranking = try run.map { try Run(trecFile: $0) }
    } catch let error as EvaluationError {
      throw .unsuitableData(reason: error.description)
    } catch {
      throw .unsuitableData(reason: "\(error)")
    }
    var examples = TrainingExamples(task, negativesFrom: ranking, count: negatives)
    if includesCorpus { for document in task.corpus { _ = examples.passage(TrainingExamples.text(of: document)) } }
    return examples
  }
}

extension TrainingExamples {
  /// The judged queries of a task, each with all documents judged relevant that the corpus holds, the highest grades first.
  ///
  /// - Parameters:
  ///   - task: queries, corpus and judgements.
  ///   - run: answers to the queries whose documents that nobody judged relevant become negatives, best first.
  ///   - count: how many negatives a query gets at most.
  public init(_ task: RetrievalTask, negativesFrom run: Run? = nil, count: Int = 8) {
    self.init()
    let texts = Dictionary(task.corpus.map { ($0.id, Self.text(of: $0)) }) { first, _ in first }
    for question in task.queries {
      let grades = task.judgements[question.id] ?? [:]
      let ranked = grades.filter { $0.value > 0 && texts[$0.key] != nil }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      if ranked.isEmpty { continue }
      let query = query(question.text)
      let positives = ranked.compactMap { texts[$0.key] }.map { passage($0) }
      let others = (run?.ranking(of: question.id) ?? []).filter { (grades[$0.document] ?? 0) <= 0 }
      let negatives = others.compactMap { texts[$0.document] }.prefix(count).map { passage($0) }
      append(.init(query: query, positives: positives, negatives: negatives.filter { !positives.contains($0) }))
    }
  }

  /// The text of a document as it is embedded: title, if there is one, and text.
  public static func text(of document: Document) -> String {
    document.title.isEmpty ? document.text : document.text.isEmpty ? document.title : document.title + "\n" + document.text
  }
}
