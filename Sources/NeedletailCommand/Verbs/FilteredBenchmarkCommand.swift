public import ArgumentParser
internal import Foundation
public import NeedletailCore
internal import NeedletailEvaluation
public import NeedletailIndex

struct FilteredBenchmarkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "filtered",
    abstract: "Compare the ways to search vectors under filters.",
    discussion: """
      VECTORS and QUERIES are files of vectors (.npy, .fvecs, .fbin …); without queries, the last vectors are taken.
      Without attributes, a grid is measured: selectivity by correlation of filter and vectors, as ranges and as labels.
      With --attributes FILE (a JSON object a line, one for each vector) or --generate, filters are drawn from each
      attribute named with --attribute, otherwise from the numbers of values, a date and a set if there are such.

      The table shows queries per second and comparisons at the recall wanted; --html writes the curves, --json all.
      """)

  @Argument(help: ArgumentHelp("The vectors.", valueName: "vectors"), completion: .file()) var vectors: String
  @Option(help: ArgumentHelp("The queries.", valueName: "FILE"), completion: .file()) var queries: String?
  @Option(help: ArgumentHelp("Attributes of the vectors, JSONL.", valueName: "FILE"), completion: .file()) var attributes: String?
  @Flag(help: "Generate the eleven attributes of arXiv papers.") var generate = false
  @Option(help: ArgumentHelp("An attribute to filter by (repeatable).", valueName: "NAME")) var attribute: [String] = []
  @Option(help: ArgumentHelp("A method (repeatable; otherwise all).", valueName: "NAME")) var method: [FilteredMethod] = []
  @Option(help: ArgumentHelp("Parts of the vectors that match, separated by commas.", valueName: "LIST"))
  var selectivities = "0.001,0.01,0.1,0.5"
  @Option(help: ArgumentHelp("Efforts that make a curve, separated by commas.", valueName: "LIST"))
  var efforts = "10,20,40,80,160,320,640"
  @Option(help: ArgumentHelp("cosine, dot or euclidean.", valueName: "NAME")) var similarity = Similarity.cosine
  @Option(help: ArgumentHelp("float32, float16 or int8.", valueName: "NAME")) var codec = VectorCodecKind.int8
  @Option(help: ArgumentHelp("Neighbours wanted.", valueName: "N")) var limit = 10
  @Option(help: ArgumentHelp("The recall at which the table compares.", valueName: "PART")) var recall = 0.95
  @Option(help: ArgumentHelp("Vectors used at most.", valueName: "N")) var count = Int.max
  @Option(help: ArgumentHelp("Queries used at most.", valueName: "N")) var queryCount = 200
  @Option(help: ArgumentHelp("How often each point is measured.", valueName: "N")) var rounds = 3
  @Option(help: ArgumentHelp("Decides everything random.", valueName: "N")) var seed: UInt64 = 42
  @Option(help: ArgumentHelp("Write the curves here.", valueName: "FILE"), completion: .file()) var html: String?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard limit > 0, rounds > 0, queryCount > 0, count > 0 else {
      throw ValidationError("--limit, --rounds, --count and --query-count are positive.")
    }
    guard (0...1).contains(recall) else { throw ValidationError("--recall lies between 0 and 1.") }
    let widths = try numbers(selectivities, "--selectivities")
    guard widths.allSatisfy({ $0 > 0 && $0 <= 1 }) else { throw ValidationError("--selectivities lie between 0 and 1.") }
    guard try numbers(efforts, "--efforts").allSatisfy({ $0 >= 1 && $0 <= 1e6 }) else {
      throw ValidationError("--efforts lie between 1 and 1,000,000.")
    }
  }

  func run() async throws {
    let (base, questions) = try DenseVectors.split(vectors, limit: count, queries: queries, queryCount: queryCount)
    var benchmark = FilteredBenchmark(vectors: base, queries: questions, similarity: similarity)
    benchmark.codec = codec
    benchmark.limit = limit
    benchmark.rounds = rounds
    benchmark.efforts = try numbers(efforts, "--efforts").map { Int($0) }
    let workloads = try workloads(base, questions)
    let total = workloads.count * (method.isEmpty ? FilteredMethod.allCases : method).count
    let progress = ProgressLine("Measuring", unit: "curves", isEnabled: !output.json)
    var done = 0
    let curves = try benchmark.run(workloads, methods: method.isEmpty ? FilteredMethod.allCases : method) { step in
      progress.update(done: done, total: total, detail: step)
      done += 1
    }
    progress.finish()
    let report = FilteredReport(
      subject: URL(fileURLWithPath: vectors).lastPathComponent, count: base.count, dimension: base.dimension,
      queries: questions.count, limit: limit, curves: curves)
    if let html {
      do { try Data(report.page.utf8).write(to: URL(fileURLWithPath: html)) } catch {
        throw EvaluationError.cannotWrite(path: html, reason: error.localizedDescription)
      }
    }
    try output.json ? JSONOutput.write(report) : show(report)
  }
}

extension FilteredBenchmarkCommand {
  private func workloads(_ base: DenseVectors, _ questions: DenseVectors) throws -> [FilteredWorkload] {
    let widths = try numbers(selectivities, "--selectivities")
    guard attributes != nil || generate else {
      let grid = FilterGrid(base, queries: questions, seed: seed)
      // Ranges over one column follow one another, and labels of one selectivity: their indexes are shared.
      let correlations: [FilterCorrelation] = [.independent, .correlated, .antiCorrelated]
      let ranges = try correlations.flatMap { correlation in
        try widths.map { try grid.workload(selectivity: $0, correlation, kind: .range) }
      }
      return ranges + (try widths.flatMap { width in
        try correlations.map { try grid.workload(selectivity: width, $0, kind: .label) }
      })
    }
    let table = try attributes.map { try AttributeTable(path: $0, limit: base.count) }
      ?? AttributeGenerator(count: base.count, seed: seed).table()
    guard table.count == base.count else {
      throw EvaluationError.incomparable(reason: "there are \(base.count) vectors and attributes of \(table.count)")
    }
    let usual = ["number_of_sub_categories", "update_date", "sub_categories", "num_authors", "created", "categories"]
    let names = attribute.isEmpty ? usual.filter { table.columns[$0] != nil } : attribute
    guard !names.isEmpty else {
      let known = table.columns.keys.sorted().joined(separator: ", ")
      throw EvaluationError.incomparable(reason: "no attribute was chosen; name some of \(known) with --attribute")
    }
    return try names.map { name in
      // Dates and the like are asked for by range, counts exactly.
      let distinct = if case .numbers(let values)? = table.columns[name] { Set(values).count } else { 0 }
      return try FilteredWorkload.drawn(
        from: table, name, count: questions.count, selectivities: distinct > 100 ? widths : [], seed: seed)
    }
  }

  private func numbers(_ list: String, _ option: String) throws -> [Double] {
    let numbers = list.split(separator: ",").map { Double($0.trimmingCharacters(in: .whitespaces)) }
    guard !numbers.isEmpty, numbers.allSatisfy({ $0?.isFinite ?? false }) else {
      throw ValidationError("\(option) is a list of numbers separated by commas.")
    }
    return numbers.compactMap { $0 }
  }

  private func show(_ report: FilteredReport) {
    let target = Units.fixed(recall, 2)
    var table = Table([
      ("workload", .left), ("matching", .right), ("method", .left), ("queries/s at \(target)", .right),
      ("of the best", .right), ("comparisons", .right), ("best recall", .right), ("built in", .right), ("structure", .right),
    ])
    for curve in report.curves {
      let speed = curve.queriesPerSecond(atRecall: recall)
      let share = speed.flatMap { speed in report.best(under: curve.workload, atRecall: recall).map { speed / $0 } }
      table.add([
        curve.workload, Units.fixed(100 * curve.selectivity, 2) + " %", curve.method.publishedName,
        speed.map { Units.count(Int($0)) } ?? "–", share.map { Units.fixed($0, 2) } ?? "–",
        curve.comparisons(atRecall: recall).map { Units.count(Int($0)) } ?? "–",
        Units.fixed(curve.points.map(\.recall).max() ?? 0, 4),
        curve.buildSeconds.map { Units.duration(seconds: $0) } ?? curve.problem ?? "", Units.bytes(curve.structureBytes),
      ])
    }
    Terminal.standardOutput.write(table.rendered(for: .standardOutput))
  }
}

struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure parts of Needletail on your data.",
    subcommands: [FilteredBenchmarkCommand.self, ChurnBenchmarkCommand.self, LoadBenchmarkCommand.self])
}

extension FilteredMethod: ExpressibleByArgument {}
extension VectorCodecKind: ExpressibleByArgument {}
extension Similarity: ExpressibleByArgument {}

extension DenseVectors {
  /// The vectors of a file, and those of another to search for; without that, the last of the first.
  static func split(
    _ path: String, limit: Int, queries: String?, queryCount: Int
  ) throws -> (base: DenseVectors, queries: DenseVectors) {
    let base = try DenseVectors(contentsOf: path, limit: limit)
    if let queries {
      let questions = try DenseVectors(contentsOf: queries, limit: queryCount)
      guard questions.dimension == base.dimension else {
        throw IndexError.dimensionMismatch(expected: base.dimension, found: questions.dimension)
      }
      return (base, questions)
    }
    let held = min(queryCount, base.count / 10)
    let split = (base.count - held) * base.dimension
    return (
      DenseVectors(dimension: base.dimension, values: Array(base.values[..<split])),
      DenseVectors(dimension: base.dimension, values: Array(base.values[split...]))
    )
  }
}
