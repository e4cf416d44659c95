internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailIndex
internal import NeedletailModels

/// Compares the methods of filtered search on arXiv abstracts: exact match on the number of categories, ranges of dates,
/// containment of a category (Iff et al., "Benchmarking filtered approximate nearest neighbor search algorithms on
/// transformer-based embedding vectors", 2025, sections 5 and 6).
///
/// Effects are stated in comparisons, which do not depend on the machine, and in throughput where the claim is about it.
/// Deviations: abstracts of 23 categories up to 2019 embedded with 384 components instead of 2.7 million with 4,096;
/// the date of an update is that of the first version where there was none; queries are the titles of papers that are
/// not searched.
public struct FilteredMethods: Experiment {
  public static let name = "filtered-methods"

  public struct Parameters: Decodable, Sendable {
    /// How many abstracts are searched.
    var documents: Int
    /// How many titles are searched for.
    var queries: Int
    /// The efforts that make a curve.
    var efforts: [Int]
    /// How often each point is measured.
    var rounds: Int
    /// The widths of date ranges, as parts of all papers, narrowest first.
    var widths: [Double]
  }

  public init() {}

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    let sample = try await ArxivSample(parameters.documents, queries: parameters.queries, in: laboratory)
    var benchmark = FilteredBenchmark(vectors: sample.vectors, queries: sample.queries, similarity: .cosine)
    benchmark.efforts = parameters.efforts
    benchmark.rounds = parameters.rounds
    benchmark.parameters.seed = laboratory.seed
    func workload(_ name: String, _ attribute: String, _ widths: [Double]) throws -> FilteredWorkload {
      let drawn = try FilteredWorkload.drawn(
        from: sample.table, attribute, count: sample.queries.count, selectivities: widths, seed: laboratory.seed)
      return FilteredWorkload(
        name: name, column: drawn.column, attributes: drawn.attributes, predicates: drawn.predicates)
    }
    let dates = try parameters.widths.map { try workload("dates, \($0) of all", "date", [$0]) }
    let counts = try workload("number of categories", "number of categories", [])
    let categories = try workload("one category", "categories", [])
    let methods = FilteredMethod.allCases.filter { $0 != .prefixGraph }
    let curves = try benchmark.run(dates + [counts, categories], methods: methods) { laboratory.progress($0) }
    let byWidth = dates.map { date in curves.filter { $0.workload == date.name } }
    let byCategory = curves.filter { $0.workload == categories.name }

    var findings = Findings()
    record(curves, &findings)
    let middle = byWidth[parameters.widths.count / 2]
    recordAdvantage(of: [.segmentGraph, .segmentTreeGraph], in: middle, "ranges", &findings)
    recordAdvantage(of: [.labelGraph, .stitchedLabelGraph, .labelSetGraph], in: byCategory, "categories", &findings)
    compare(.scan, with: .postFilter, in: byWidth[0], "at the narrowest range", &findings)
    compare(.postFilter, with: .scan, in: byWidth[parameters.widths.count - 1], "at the widest range", &findings)
    recordBuilds(curves, &findings)
    findings.notes.append(
      "\(sample.vectors.count) abstracts of \(sample.vectors.dimension) components, \(sample.queries.count) titles, recall@10 \(Self.recall), one thread.")
    return findings
  }

  private static let recall = 0.95

  private func record(_ curves: [FilteredBenchmark.Curve], _ findings: inout Findings) {
    for curve in curves {
      let method = "\(curve.method.publishedName), \(curve.workload)"
      findings.record("best recall@10, \(method)", curve.points.map(\.recall).max() ?? 0)
      if let speed = curve.queriesPerSecond(atRecall: Self.recall) { findings.record("queries/s, \(method)", speed) }
      if let comparisons = curve.comparisons(atRecall: Self.recall) {
        findings.record("comparisons, \(method)", comparisons)
      }
      if let seconds = curve.buildSeconds { findings.record("build, \(method)", seconds, unit: "s") }
    }
  }

  /// How many comparisons ACORN-γ makes for one of the best specialist; what scans in truth does not count.
  private func recordAdvantage(
    of specialists: [FilteredMethod], in curves: [FilteredBenchmark.Curve], _ name: String, _ findings: inout Findings
  ) {
    func least(_ methods: [FilteredMethod]) -> Double? {
      curves.filter { methods.contains($0.method) && $0.points.contains { $0.fallBacks < 0.5 } }
        .compactMap { $0.comparisons(atRecall: Self.recall) }.min()
    }
    // Not a number where a curve does not reach the recall, which no condition accepts.
    let ratio = (least([.denseExpansion]) ?? .nan) / (least(specialists) ?? .nan)
    findings.record(effect: "comparisons of ACORN-γ per comparison of a specialist, \(name)", ratio)
  }

  private func compare(
    _ method: FilteredMethod, with other: FilteredMethod, in curves: [FilteredBenchmark.Curve], _ name: String,
    _ findings: inout Findings
  ) {
    func speed(_ method: FilteredMethod) -> Double {
      curves.first { $0.method == method }?.queriesPerSecond(atRecall: Self.recall) ?? .nan
    }
    let ratio = speed(method) / speed(other)
    findings.record(effect: "queries/s of \(method.publishedName) per one of \(other.publishedName), \(name)", ratio)
  }

  private func recordBuilds(_ curves: [FilteredBenchmark.Curve], _ findings: inout Findings) {
    let seconds = curves.filter { $0.method != .scan }.compactMap(\.buildSeconds)
    guard let shortest = seconds.min(), let longest = seconds.max(), shortest > 0 else { return }
    findings.record(effect: "longest build per shortest", longest / shortest, published: 16)
  }
}

/// Embedded abstracts with the attributes of their papers, and titles of papers that are not among them.
private struct ArxivSample {
  let vectors: DenseVectors
  let queries: DenseVectors
  let table: AttributeTable

  init(_ count: Int, queries queryCount: Int, in laboratory: Laboratory) async throws {
    let task = try laboratory.task("arxiv-metadata")
    let all = try AttributeTable(path: laboratory.data("arxiv-metadata") + "/corpus.jsonl.gz")
    let wanted = Set(task.judgements.values.flatMap(\.keys))
    let rows = Array(task.corpus.indices.filter { !wanted.contains(task.corpus[$0].id) }.prefix(count))
    let embedder = try laboratory.embedder(precision: .int8)
    vectors = try await laboratory.vectors(
      of: rows.map { task.corpus[$0].title + ". " + task.corpus[$0].text }, as: .document, with: embedder)
    queries = try await laboratory.vectors(
      of: task.queries.prefix(queryCount).map(\.text), as: .query, with: embedder)
    var table = AttributeTable(count: rows.count)
    if case .sets(let sets, let names)? = all.columns["categories"] {
      table.add("categories", .sets(rows.map { sets[$0] }, names: names))
      table.add("number of categories", .numbers(rows.map { Double(sets[$0].count) }))
    }
    if case .numbers(let created)? = all.columns["created"], case .numbers(let updated)? = all.columns["updated"] {
      table.add("date", .numbers(rows.map { max(created[$0], updated[$0]) }))
    }
    self.table = table
  }
}
