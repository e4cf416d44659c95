import ArgumentParser
import Foundation
import NeedletailCore
import NeedletailEvaluation
import NeedletailIndex

/// Measures what the planner of filtered search loses against the best of the plans it chooses from, in every cell of a grid of
/// selectivity and correlation.
struct PlannerBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "planner",
    abstract: "Compares the planner of filtered search with each plan it may choose.",
    discussion: """
      Cells are selectivities by correlations of filter and queries. In each, plans and planner are searched one after the other on one
      thread with growing effort; their speed is that at the recall wanted. Regret is the speed of the fastest plan over that of the
      planner. Dropping is measured where it looks at fewer candidates than rows match: elsewhere comparing all of these is cheaper.
      Comparisons, which do not depend on the machine, are printed beside. Exits with 1 if a cell exceeds --most.
      """)

  @Argument(help: "The vectors (.npy, .fvecs, .fbin).") var vectors: String
  @Option(help: "The queries; the last vectors without.") var queries: String?
  @Option(help: "Parts of the vectors that match.") var selectivities = "0.001,0.01,0.1,0.2,0.3,0.5"
  @Option(help: "Efforts that make a curve.") var efforts = "10,14,20,28,40,57,80,113,160,226,320"
  @Option(help: "The recall to reach.") var recall = 0.95
  @Option(help: "range or label.") var kind = "range"
  @Option(help: "Vectors used at most.") var count = Int.max
  @Option(help: "Queries used at most.") var queryCount = 200
  @Option(help: "How often each point is measured.") var rounds = 5
  @Option(help: "The regret that no cell may exceed.") var most = 1.3
  @Option(help: "Write the grid here, as SVG.") var svg: String?
  @Option(help: "Decides everything random.") var seed: UInt64 = 42

  private static let correlations: [FilterCorrelation] = [.correlated, .independent, .antiCorrelated]
  private static let plans: [FilteredMethod] = [.scan, .walkAround, .postFilter]

  private struct Cell {
    var selectivity: Double
    var correlation: FilterCorrelation
    var curves: [FilteredMethod: FilteredBenchmark.Curve]
    let recall: Double

    func speed(_ method: FilteredMethod) -> Double? { curves[method]?.queriesPerSecond(atRecall: recall) }
    /// The fastest plan.
    var best: (plan: FilteredMethod, speed: Double)? {
      PlannerBenchmark.plans.compactMap { plan in speed(plan).map { (plan, $0) } }.max { $0.1 < $1.1 }
    }
    var regret: Double? { best.flatMap { best in speed(.planned).map { best.speed / $0 } } }
  }

  func run() throws {
    guard let kind = PredicateKind(rawValue: kind), kind == .range || kind == .label else { throw ValidationError("--kind is range or label") }
    let all = try DenseVectors(contentsOf: vectors, limit: count)
    let held = min(queryCount, all.count / 10)
    func part(_ rows: Range<Int>) -> DenseVectors {
      DenseVectors(dimension: all.dimension, values: Array(all.values[rows.lowerBound * all.dimension..<rows.upperBound * all.dimension]))
    }
    let questions = try queries.map { try DenseVectors(contentsOf: $0, limit: queryCount) } ?? part(all.count - held..<all.count)
    let base = queries == nil ? part(0..<all.count - held) : all
    let cells = try measure(base, questions, kind, try numbers(selectivities), try numbers(efforts).map { Int($0) })
    show(cells, base, questions)
    if let svg { try Data(picture(cells).utf8).write(to: URL(fileURLWithPath: svg)) }
    let worst = cells.map { $0.regret ?? .infinity }.max() ?? 0
    print("\nThe planner's greatest regret is \(Self.fixed(worst, 2)); allowed are \(Self.fixed(most, 2)).")
    if worst > most { throw ExitCode.failure }
  }

  private func numbers(_ list: String) throws -> [Double] {
    let found = list.split(separator: ",").compactMap { Double($0) }
    guard !found.isEmpty, found.count == list.split(separator: ",").count, found.allSatisfy({ $0 > 0 }) else {
      throw ValidationError("\(list) is not a list of numbers above zero")
    }
    return found
  }

  private func measure(
    _ base: DenseVectors, _ questions: DenseVectors, _ kind: PredicateKind, _ widths: [Double], _ efforts: [Int]
  ) throws -> [Cell] {
    var benchmark = FilteredBenchmark(vectors: base, queries: questions, similarity: .cosine)
    benchmark.efforts = efforts
    benchmark.rounds = rounds
    let grid = FilterGrid(base, queries: questions, seed: seed)
    let limit = Double(benchmark.limit)
    var cells: [Cell] = []
    // Two sets of cells, each over one graph: with the plan of dropping and without.
    for drops in [false, true] {
      let chosen = widths.filter { drops == (limit / $0 < $0 * Double(base.count)) }
      let places = Self.correlations.flatMap { correlation in chosen.map { (correlation, $0) } }
      let workloads = try places.map { try grid.workload(selectivity: $0.1, $0.0, kind: kind) }
      let methods: [FilteredMethod] = [.scan, .walkAround] + (drops ? [.postFilter] : []) + [.planned]
      let curves = try benchmark.run(workloads, methods: methods) { FileHandle.standardError.write(Data("\($0)\n".utf8)) }
      for (place, workload) in zip(places, workloads) {
        let own = curves.filter { $0.workload == workload.name }
        cells.append(Cell(
          selectivity: place.1, correlation: place.0, curves: Dictionary(uniqueKeysWithValues: own.map { ($0.method, $0) }),
          recall: recall))
      }
    }
    return cells.sorted { ($0.selectivity, $0.correlation.rawValue) < ($1.selectivity, $1.correlation.rawValue) }
  }

  // MARK: - Results

  private func show(_ cells: [Cell], _ base: DenseVectors, _ questions: DenseVectors) {
    print("\(base.count) vectors of \(base.dimension) components, \(questions.count) queries, recall@10 of \(recall), one thread, best of \(rounds) rounds\n")
    print("| matching | correlation | " + Self.plans.map { "\($0.publishedName), queries/s (comparisons)" }.joined(separator: " | ") + " | planned | best plan | regret |")
    print("|---:|---|" + String(repeating: "---:|", count: Self.plans.count) + "---:|---|---:|")
    for cell in cells {
      func column(_ method: FilteredMethod) -> String {
        guard let curve = cell.curves[method] else { return "not measured" }
        guard let speed = cell.speed(method) else { return "not reached (\(Self.fixed(curve.points.map(\.recall).max() ?? 0, 3)))" }
        return "\(Self.fixed(speed, 0)) (\(Self.fixed(curve.comparisons(atRecall: recall) ?? 0, 0)))"
      }
      let columns = (Self.plans + [.planned]).map(column).joined(separator: " | ")
      print("| \(Self.fixed(100 * cell.selectivity, 1)) % | \(cell.correlation.rawValue) | \(columns) | \(cell.best?.plan.publishedName ?? "none") | \(cell.regret.map { Self.fixed($0, 2) } ?? "not reached") |")
    }
  }

  /// Selectivities to the right, correlations downwards; greener is nearer to the best plan.
  private func picture(_ cells: [Cell]) -> String {
    let widths = Set(cells.map(\.selectivity)).sorted()
    var parts: [String] = []
    for (column, width) in widths.enumerated() {
      parts.append("<text x=\"\(200 + 120 * column)\" y=\"30\" text-anchor=\"middle\">\(Self.fixed(100 * width, 1)) %</text>")
      for (row, correlation) in Self.correlations.enumerated() {
        guard let cell = cells.first(where: { $0.selectivity == width && $0.correlation == correlation }) else { continue }
        let (x, y, regret) = (140 + 120 * column, 40 + 60 * row, cell.regret)
        let hue = regret.map { max(0, min(120, 120 * (1 - ($0 - 1) / (2 * (most - 1))))) } ?? 0
        parts.append("<rect x=\"\(x)\" y=\"\(y)\" width=\"118\" height=\"58\" fill=\"hsl(\(Self.fixed(hue, 0)),60%,80%)\"/>")
        parts.append("<text x=\"\(x + 59)\" y=\"\(y + 26)\" text-anchor=\"middle\">\(regret.map { Self.fixed($0, 2) } ?? "not reached")</text>")
        parts.append("<text x=\"\(x + 59)\" y=\"\(y + 46)\" text-anchor=\"middle\" font-size=\"11\">\(cell.best?.plan.publishedName ?? "")</text>")
      }
    }
    for (row, correlation) in Self.correlations.enumerated() {
      parts.append("<text x=\"130\" y=\"\(74 + 60 * row)\" text-anchor=\"end\">\(correlation.rawValue)</text>")
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(160 + 120 * widths.count) 240" font-family="sans-serif" font-size="14">
      \(parts.joined(separator: "\n"))
      </svg>

      """
  }

  private static func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
}
