public import ArgumentParser
internal import Foundation
public import Needletail

/// Indexes of sparse vectors, as learned sparse models make them.
struct SparseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sparse",
    abstract: "Index and search files of sparse vectors, such as those of SPLADE.",
    discussion: """
      Files: .jsonl (also .gz), each line {"_id": "7", "vector": {"fish": 1.2, "pond": 0.4}} or with
      {"indices": [17, 2], "values": [1.2, 0.4]}; .csr as in the big-ANN benchmarks.

        needletail sparse build passages.jsonl.gz passages.sparse
        needletail sparse search passages.sparse questions.jsonl --cut 6 --factor 0.8 --compare-exact
      """,
    subcommands: [SparseEncodeCommand.self, SparseBuildCommand.self, SparseSearchCommand.self])
}

struct SparseBuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "build", abstract: "Build an index over a file of sparse vectors.")

  private static let defaults = ClusteredSparseParameters()

  @Argument(help: "The file of vectors.", completion: .file()) var vectors: String
  @Argument(help: "The folder of the index.", completion: .directory) var target: String
  @Flag(help: "Build an exact index instead of a clustered one.") var exact = false
  @Option(help: ArgumentHelp("Postings kept of a list on average, the heaviest of all.", valueName: "N")) var postings = 1000
  @Option(help: ArgumentHelp("Postings kept of one list at most.", valueName: "N")) var largest = 4000
  @Option(help: ArgumentHelp("Blocks of a list, as a share of its postings.", valueName: "X")) var share = 0.1
  @Option(help: ArgumentHelp("Share of a block's mass that its summary keeps.", valueName: "X")) var mass = 0.4
  @Option(help: ArgumentHelp("How weights are kept: fixed16 or fixed8.", valueName: "CODEC")) var codec = defaults.codec
  @Option(help: ArgumentHelp("Near rows kept with each row; they refine searches.", valueName: "N")) var neighbours = 0
  @Option(help: ArgumentHelp("Everything random follows from it.", valueName: "N")) var seed = defaults.seed
  @OptionGroup var output: OutputOptions

  private struct Report: Encodable {
    let rows: Int
    let terms: Int
    let weights: Int
    let seconds: Double
    let footprint: Footprint
    /// Rows that only an exact search finds.
    let unlistedRows: Int
  }

  func run() throws {
    let lines = vectors.hasSuffix(".csr")
      ? SparseVectorLines(vectors: try SparseVectors(contentsOf: vectors)) : try SparseVectorLines(path: vectors)
    let parameters = ClusteredSparseParameters(
      pruning: .overall(average: postings, largest: largest), blocking: .geometric(share: share, smallestBlock: 2),
      summary: .mass(mass), codec: codec, neighbourCount: neighbours, seed: seed)
    let clock = ContinuousClock()
    let start = clock.now
    let collection = try SparseVectorCollection(lines, parameters: exact ? nil : parameters)
    let seconds = (clock.now - start) / .seconds(1)
    try collection.write(to: target)
    let report = Report(
      rows: collection.index.count, terms: collection.index.dimension, weights: lines.vectors.terms.count, seconds: seconds,
      footprint: collection.index.footprint,
      unlistedRows: (collection.index as? ClusteredSparseIndex)?.unlistedCount ?? 0)
    if output.json { return try JSONOutput.write(report) }
    let hidden = report.unlistedRows > 0 ? "; \(Units.count(report.unlistedRows)) only by an exact search" : ""
    Terminal.standardOutput.write("""
      \(Units.count(report.rows)) vectors over \(Units.count(report.terms)) terms, \(Units.bytes(report.footprint.totalBytes)), \
      built in \(Units.duration(seconds: seconds))\(hidden): \(target)

      """)
  }
}

struct SparseSearchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search", abstract: "Search an index of sparse vectors, and measure what it finds.")

  @Argument(help: "The folder of the index.", completion: .directory) var index: String
  @Argument(help: "The file of queries.", completion: .file()) var queries: String
  @Option(name: .shortAndLong, help: ArgumentHelp("Rows for each query.", valueName: "N")) var top = 10
  @Option(help: ArgumentHelp("Lists visited: those of the query's heaviest terms.", valueName: "N"))
  var cut = SparseSearchEffort().queryCut
  @Option(help: ArgumentHelp(
    "A block is passed over that promises less than this times the worst of the best; smaller finds more.", valueName: "X"))
  var factor = SparseSearchEffort().heapFactor
  @Flag(help: "Score every row.") var exact = false
  @Flag(help: "Compare with what an exact search finds.") var compareExact = false
  @OptionGroup var output: OutputOptions

  private struct Report: Encodable {
    struct Answer: Encodable {
      let query: String
      let rows: [Row]
    }

    struct Row: Encodable {
      let id: String
      let score: Float
    }

    let answers: [Answer]
    let measurement: SparseMeasurement
    /// Terms of queries that no row has.
    let unknownTerms: Int
  }

  func validate() throws {
    guard top >= 1 else { throw ValidationError("--top takes a number from 1") }
  }

  func run() throws {
    let collection = try SparseVectorCollection(path: index)
    let asked = try collection.queries(path: queries)
    let truth = try compareExact
      ? collection.index.search(asked.vectors, SearchOptions(limit: top, isExact: true)).map { $0.map(\.row) } : nil
    let measured = try SparseMeasurement(
      of: collection.index, asked.vectors, SearchOptions(limit: top, isExact: exact),
      effort: SparseSearchEffort(queryCut: cut, heapFactor: factor), truth: truth)
    let answers = zip(asked.ids, measured.answers).map { query, rows in
      Report.Answer(query: query, rows: rows.map { .init(id: collection.ids[Int($0.row)], score: $0.score) })
    }
    if output.json {
      return try JSONOutput.write(Report(answers: answers, measurement: measured, unknownTerms: asked.unknownCount))
    }
    let terminal = Terminal.standardOutput
    for answer in answers.prefix(5) {
      let rows = answer.rows.map { "\($0.id.withoutControlCharacters) (\(Units.fixed(Double($0.score), 2)))" }
      terminal.write("\(terminal.styled("\(answer.query.withoutControlCharacters):", .bold)) \(rows.joined(separator: "  "))\n")
    }
    let recall = measured.recall.map { "recall@\(top) \(Units.fixed($0, 4)), " } ?? ""
    let scored = measured.scoredRows.map { ", \(Units.count(Int($0))) rows scored" } ?? ""
    terminal.write("""
      \(Units.count(measured.queryCount, "query", plural: "queries")): \(recall)\(Units.count(Int(measured.queriesPerSecond))) \
      queries/s, median \(Units.fixed(measured.medianMicroseconds, 0)) µs, 99% within \
      \(Units.fixed(measured.microseconds99, 0)) µs\(scored)

      """)
  }
}

extension SparseWeightCodec: ExpressibleByArgument {}
