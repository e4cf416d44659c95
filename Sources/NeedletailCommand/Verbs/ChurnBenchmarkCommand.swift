internal import ArgumentParser
internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailIndex
internal import NeedletailNumerics

/// Replaces the rows of a graph: a verb of `bench`.
struct ChurnBenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "churn",
    abstract: "Replace most rows of a graph, and compare it with one built anew.",
    discussion: """
      The first vectors of the file make a graph; then, one by one, rows are removed and the further vectors inserted.

        needletail bench churn base.fvecs --queries queries.fvecs --share 0.9
      """)

  @Argument(help: ArgumentHelp("The vectors.", valueName: "vectors"), completion: .file()) var vectors: String
  @Option(help: ArgumentHelp("The queries; otherwise the last vectors.", valueName: "FILE"), completion: .file()) var queries: String?
  @Option(help: ArgumentHelp("The part of the rows that is replaced.", valueName: "PART")) var share = 0.9
  @Option(help: ArgumentHelp("cosine, dot or euclidean.", valueName: "NAME")) var similarity = Similarity.cosine
  @Option(help: ArgumentHelp("Neighbours wanted.", valueName: "N")) var limit = 10
  @Option(help: ArgumentHelp("Candidates in view of a search.", valueName: "N")) var ef = GraphParameters().efSearch
  @Option(help: ArgumentHelp("Vectors used at most.", valueName: "N")) var count = Int.max
  @Option(help: ArgumentHelp("Queries used at most.", valueName: "N")) var queryCount = 500
  @Option(help: ArgumentHelp("Decides everything random.", valueName: "N")) var seed: UInt64 = 42
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (0...10).contains(share) else { throw ValidationError("--share lies between 0 and 10.") }
    guard limit > 0, ef > 0, count > 0, queryCount > 0 else {
      throw ValidationError("--limit, --ef, --count and --query-count are positive.")
    }
  }

  func run() throws {
    let (base, questions) = try DenseVectors.split(vectors, limit: count, queries: queries, queryCount: queryCount)
    var parameters = GraphParameters(efSearch: ef)
    parameters.seed = seed
    let line = ProgressLine("Replacing", unit: "rows", isEnabled: !output.json)
    let outcome = try ChurnBenchmark(
      of: base, queries: questions, similarity: similarity, share: share, limit: limit, parameters: parameters, seed: seed
    ) { line.update(done: $0, total: $1, detail: "") }
    line.finish()
    try output.json ? JSONOutput.write(outcome) : show(outcome)
  }

  private func show(_ outcome: ChurnBenchmark) {
    let terminal = Terminal.standardOutput
    var table = Table([("graph", .left), ("recall@\(limit)", .right), ("queries/s", .right), ("bytes a row", .right)])
    for (name, graph) in [("before", outcome.before), ("after", outcome.after), ("built anew", outcome.anew)] {
      table.add([name, Units.fixed(graph.recall, 4), Units.count(Int(graph.queriesPerSecond)), Units.fixed(graph.bytesPerRow, 1)])
    }
    terminal.write(table.rendered(for: terminal))
    terminal.write("""
      \(Units.count(outcome.replaced)) of \(Units.count(outcome.rows)) rows replaced: \
      \(Units.count(Int(outcome.insertionsPerSecond))) insertions/s, \(Units.count(Int(outcome.removalsPerSecond))) removals/s; \
      built anew in \(Units.duration(seconds: outcome.buildSeconds)).

      """)
  }
}
