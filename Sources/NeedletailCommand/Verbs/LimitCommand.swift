public import ArgumentParser
internal import Foundation
internal import Needletail
public import NeedletailEvaluation

struct LimitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limit",
    abstract: "Find out which combinations of documents single vectors of a dimension can return at all.",
    subcommands: [CriticalCountCommand.self, SolveCommand.self, CombinationTaskCommand.self])
}

/// `needletail limit critical`.
struct CriticalCountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "critical",
    abstract: "The largest number of documents of which every pair can be returned, by dimension.",
    discussion: """
      Optimises free vectors on the judgements themselves. The numbers are what an optimiser reaches in single precision, not a
      theorem: in exact arithmetic four dimensions return every pair of any number of documents, with margins that fall like the
      fourth power of their number. The cubic through the measured points is an extrapolation beyond them.
      """)

  @Argument(help: ArgumentHelp("Dimensions.", valueName: "dimension")) var dimensions: [Int]
  @Option(help: ArgumentHelp("Random starts for each number of documents.", valueName: "N")) var starts = 3
  @Option(help: ArgumentHelp("Steps of Adam at most.", valueName: "N")) var steps = 100_000
  @Option(help: ArgumentHelp("The first seed.", valueName: "N")) var seed: UInt64 = 42
  @OptionGroup var output: OutputOptions

  private struct Row: Encodable {
    let dimension: Int
    let documents: Int
    let publishedFit: Double
    let seconds: Double
  }

  func validate() throws {
    guard !dimensions.isEmpty, dimensions.allSatisfy({ (2...64).contains($0) }) else {
      throw ValidationError("Name dimensions between 2 and 64; beyond about 16 each takes minutes, beyond 24 hours.")
    }
    guard starts > 0, steps > 0 else { throw ValidationError("--starts and --steps have to be positive.") }
  }

  func run() async throws {
    var options = CriticalCount.Options()
    options.seeds = (0..<UInt64(starts)).map { seed &+ $0 }
    options.optimisation.maximumSteps = steps
    var rows: [Row] = []
    for dimension in dimensions {
      let progress = ProgressLine("Dimension \(dimension)", unit: "counts tried", isEnabled: !output.json)
      let clock = ContinuousClock()
      let start = clock.now
      var tried = 0
      let count = try CriticalCount.find(dimension: dimension, options: options) { documents, solved in
        tried += 1
        progress.update(done: tried, total: nil, detail: "\(documents) documents: \(solved ? "solved" : "not solved")")
      }
      progress.finish()
      rows.append(Row(
        dimension: dimension, documents: count, publishedFit: PolynomialFit.publishedCriticalCount(Double(dimension)),
        seconds: (clock.now - start) / .seconds(1)))
    }
    try output.json ? JSONOutput.write(rows) : show(rows)
  }

  private func show(_ rows: [Row]) {
    let terminal = Terminal.standardOutput
    var table = Table([("dimension", .right), ("documents", .right), ("published fit", .right), ("took", .right)])
    for row in rows {
      table.add([
        String(row.dimension), String(row.documents), Units.fixed(row.publishedFit, 1), Units.duration(seconds: row.seconds),
      ])
    }
    terminal.write(table.rendered(for: terminal))
    guard let fit = PolynomialFit(points: rows.map { (Double($0.dimension), Double($0.documents)) }, degree: 3) else { return }
    terminal.write("Cubic through these points, extrapolated: 512 dimensions \(Units.count(Int(max(0, fit(512)))))"
      + " documents (the published cubic says \(Units.count(Int(PolynomialFit.publishedCriticalCount(512)))))\n")
  }
}

/// `needletail limit solve`.
struct SolveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "solve",
    abstract: "Whether free vectors of a dimension can do the judgements of a test collection, and how entangled these are.",
    discussion: """
      A solution in d dimensions proves that the sign rank of the judgements is at most d + 1. That none was found proves
      nothing: try more steps or another seed.
      """)

  @Argument(help: "A directory in BEIR layout.", completion: .directory) var directory: String
  @Option(help: ArgumentHelp("Components of each vector.", valueName: "N")) var dimension = 16
  @Option(help: ArgumentHelp("The qrels file to use.", valueName: "NAME")) var split = "test"
  @Option(help: ArgumentHelp("Steps of Adam at most.", valueName: "N")) var steps = 10_000
  @Option(help: ArgumentHelp("The seed.", valueName: "N")) var seed: UInt64 = 42
  @OptionGroup var output: OutputOptions

  private struct Outcome: Encodable {
    let queries: Int
    let judgedDocuments: Int
    let dimension: Int
    let isSolved: Bool
    let steps: Int
    let loss: Float
    let graphDensity: Double
    let averageQueryStrength: Double
  }

  func run() async throws {
    let task = try BEIRReader.read(directory: directory, split: split)
    let documents = Set(task.judgements.values.flatMap { $0.filter { $0.value > 0 }.keys }).sorted()
    let numbers = Dictionary(uniqueKeysWithValues: documents.enumerated().map { ($1, $0) })
    let relevant = task.judgements.keys.sorted().map { query in
      (task.judgements[query] ?? [:]).filter { $0.value > 0 }.keys.compactMap { numbers[$0] }
    }.filter { !$0.isEmpty }
    var embeddings = try FreeEmbeddings(relevant: relevant, documentCount: documents.count, dimension: dimension, seed: seed)
    var options = FreeEmbeddings.Options()
    options.maximumSteps = steps
    let isSolved = embeddings.solve(options)
    let hardness = PatternHardness(of: task.judgements)
    let outcome = Outcome(
      queries: relevant.count, judgedDocuments: documents.count, dimension: dimension, isSolved: isSolved, steps: embeddings.steps,
      loss: embeddings.loss, graphDensity: hardness.graphDensity, averageQueryStrength: hardness.averageQueryStrength)
    guard !output.json else { return try JSONOutput.write(outcome) }
    let verdict = isSolved
      ? "Solved in \(dimension) dimensions after \(Units.count(outcome.steps)) steps: the sign rank is at most \(dimension + 1)."
      : "Not solved in \(dimension) dimensions within \(Units.count(outcome.steps)) steps; that proves nothing about more steps or seeds."
    Terminal.standardOutput.write("""
      \(Units.count(outcome.queries, "query", plural: "queries")), \(Units.count(outcome.judgedDocuments, "relevant document"))
      graph density \(Units.fixed(outcome.graphDensity, 4)), average query strength \(Units.fixed(outcome.averageQueryStrength, 2))
      \(verdict)

      """)
  }
}

/// `needletail limit generate`.
struct CombinationTaskCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Write a test collection in which queries ask for chosen pairs of documents, in plain words.",
    discussion: "Measure any model on it with `needletail eval DIR --measures R@2,R@10,R@100`.")

  @Argument(help: "Where the collection goes, in BEIR layout.", completion: .directory) var directory: String
  @Option(help: ArgumentHelp("dense, random, cycle or disjoint.", valueName: "NAME")) var pattern = RelevancePattern.dense
  @Option(help: ArgumentHelp("Documents in all.", valueName: "N")) var documents = 46
  @Option(help: ArgumentHelp("Queries.", valueName: "N")) var queries = 1000
  @Option(help: ArgumentHelp("The seed.", valueName: "N")) var seed: UInt64 = 1
  @OptionGroup var output: OutputOptions

  private struct Outcome: Encodable {
    let directory: String
    let documents: Int
    let queries: Int
    let pattern: String
  }

  func run() async throws {
    var task = CombinationTask()
    task.pattern = pattern
    task.documentCount = documents
    task.queryCount = queries
    task.seed = seed
    try BEIRWriter.write(try task.make(), to: directory)
    if output.json {
      try JSONOutput.write(Outcome(directory: directory, documents: documents, queries: queries, pattern: pattern.rawValue))
    } else {
      Terminal.standardOutput.write("Wrote \(Units.count(documents, "document")) and \(Units.count(queries)) queries to \(directory)\n")
    }
  }
}

extension RelevancePattern: ExpressibleByArgument {}
