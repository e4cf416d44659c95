import Foundation
#if canImport(FoundationXML)
  import FoundationXML
#endif
import NeedletailCore
import NeedletailEvaluation
import NeedletailIndex
import Testing

@Suite struct FilteredBenchmarkTests {
  /// Points along a curve in space: near rows have near numbers.
  private func vectors(_ count: Int, offset: Double = 0) -> DenseVectors {
    DenseVectors(
      dimension: 4,
      values: (0..<count).flatMap { row -> [Float] in
        let angle = (Double(row) + offset) / Double(count) * 3
        return [Float(cos(angle)), Float(sin(angle)), Float(cos(3 * angle)) / 4, Float(sin(5 * angle)) / 4]
      })
  }

  @Test func theGridHasTheSelectivityAndTheCorrelationAskedFor() throws {
    let (base, queries) = (vectors(1_000), vectors(20, offset: 0.5))
    let grid = FilterGrid(base, queries: queries, seed: 3)
    for kind in [PredicateKind.range, .label] {
      for selectivity in [0.01, 0.1, 0.5] {
        var nearMatches: [FilterCorrelation: Double] = [:]
        for correlation in FilterCorrelation.allCases {
          let workload = try grid.workload(selectivity: selectivity, correlation, kind: kind)
          #expect(abs(try workload.selectivity() - selectivity) < 0.3 * selectivity)
          #expect(workload.predicates.allSatisfy { $0.kind == kind })
          nearMatches[correlation] = try share(ofNearestMatching: workload, base, queries)
        }
        let correlated = try #require(nearMatches[.correlated])
        let independent = try #require(nearMatches[.independent])
        let anti = try #require(nearMatches[.antiCorrelated])
        #expect(correlated > independent, "\(kind) \(selectivity)")
        #expect(anti <= independent, "\(kind) \(selectivity)")
      }
    }
  }

  /// What part of the ten nearest rows of a query match, on average.
  private func share(ofNearestMatching workload: FilteredWorkload, _ base: DenseVectors, _ queries: DenseVectors) throws -> Double {
    let exact = try DenseIndexFactory.build(
      base, similarity: .euclidean, specification: DenseIndexSpecification(layout: .flat))
    var matching = 0
    for query in 0..<queries.count {
      let nearest = try exact.search(Array(queries[query]), SearchOptions(limit: 10))
      let rows = try workload.attributes.rows(satisfying: workload.predicates[query])
      matching += nearest.count { rows.contains($0.row) }
    }
    return Double(matching) / Double(10 * queries.count)
  }

  @Test func elevenAttributesAreGeneratedTheSameForTheSameSeed() throws {
    let table = AttributeGenerator(count: 2_000, seed: 1).table()
    #expect(table.columns.keys.sorted() == [
      "authors", "has_comment", "license", "main_categories", "number_of_authors", "number_of_main_categories",
      "number_of_sub_categories", "number_of_versions", "sub_categories", "submitter", "update_date",
    ])
    guard case .sets(let comments, let names)? = table.columns["has_comment"],
      case .numbers(let again)? = AttributeGenerator(count: 2_000, seed: 1).table().columns["update_date"],
      case .numbers(let dates)? = table.columns["update_date"],
      case .numbers(let other)? = AttributeGenerator(count: 2_000, seed: 2).table().columns["update_date"]
    else { throw CocoaError(.featureUnsupported) }
    let part = Double(comments.count { names[Int($0[0])] == "true" }) / 2_000
    #expect(abs(part - 0.742) < 0.05)
    #expect(dates == again)
    #expect(dates != other)
    // Skewed: the most frequent author is far more frequent than most.
    guard case .sets(let authors, _)? = table.columns["authors"] else { return }
    #expect(authors.count { $0.contains(0) } > 10)
  }

  @Test func attributesAreReadByWhatTheyLookLike() throws {
    let path = NSTemporaryDirectory() + "/attributes-\(UUID().uuidString).jsonl"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let lines = [
      #"{"metadata": {"day": "1970-01-02", "year": 2001, "tags": ["a", "b"], "open": true}, "kind": "x"}"#,
      #"{"metadata": {"day": "2000-03-01", "year": null, "tags": [], "open": false}, "kind": 7}"#,
      #"{"metadata": {"day": "1969-12-31", "year": 1.5, "tags": ["b"]}}"#,
    ]
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    let table = try AttributeTable(path: path)
    #expect(table.count == 3)
    if case .numbers(let days)? = table.columns["day"] { #expect(days == [1, 11_017, -1]) } else { Issue.record("day") }
    if case .numbers(let years)? = table.columns["year"] { #expect(years == [2_001, 0, 1.5]) } else { Issue.record("year") }
    if case .sets(let tags, let names)? = table.columns["tags"] {
      #expect(names == ["b", "a"])
      #expect(tags == [[1, 0], [], [0]])
    } else { Issue.record("tags") }
    if case .sets(let kinds, let names)? = table.columns["kind"] {
      #expect(kinds.map { $0.map { names[Int($0)] } } == [["x"], ["7"], []])
    } else { Issue.record("kind") }
    try "{}\n[1]".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(throws: EvaluationError.self) { try AttributeTable(path: path) }
    #expect(throws: (any Error).self) { try table.attributes("colour") }
  }

  @Test func everyServingMethodGetsACurve() throws {
    let (base, queries) = (vectors(600), vectors(10, offset: 0.4))
    var benchmark = FilteredBenchmark(vectors: base, queries: queries, similarity: .euclidean)
    benchmark.efforts = [10, 60]
    benchmark.rounds = 1
    let grid = FilterGrid(base, queries: queries, seed: 1)
    let workloads = try [
      grid.workload(selectivity: 0.1, .independent, kind: .range), grid.workload(selectivity: 0.1, .correlated, kind: .label),
    ]
    let curves = try benchmark.run(workloads, methods: FilteredMethod.allCases)
    #expect(curves.count == FilteredMethod.allCases.count { $0.kinds.contains(.range) }
      + FilteredMethod.allCases.count { $0.kinds.contains(.label) })
    for curve in curves {
      let best = try #require(curve.points.map(\.recall).max())
      #expect(best >= 0.95, "\(curve.method) under \(curve.workload)")
      #expect(curve.queriesPerSecond(atRecall: 0.95) ?? 0 > 0)
    }
    let report = FilteredReport(subject: "a & <b>", count: 600, dimension: 4, queries: 10, limit: 10, curves: curves)
    #expect(report.workloads.count == 2)
    let page = report.page.replacingOccurrences(of: "<!DOCTYPE html>\n", with: "").replacingOccurrences(of: "<meta charset=\"utf-8\">", with: "")
    #expect(report.page.contains("a &amp; &lt;b&gt;"))
    #expect(report.page.components(separatedBy: "<svg").count == 3)
    #expect(XMLParser(data: Data(page.utf8)).parse())
  }

  @Test func theRateAtARecallLiesBetweenThePoints() {
    func point(_ recall: Double, _ speed: Double) -> FilteredBenchmark.Point {
      FilteredBenchmark.Point(
        effort: 1, recall: recall, queriesPerSecond: speed, slowestQueriesPerSecond: speed, comparisons: 2 * speed,
        fallBacks: 0, violations: 0)
    }
    let curve = FilteredBenchmark.Curve(
      workload: "", selectivity: 1, method: .planned, buildSeconds: 1, structureBytes: 0,
      points: [point(0.8, 400), point(0.9, 200), point(1, 100)], problem: nil)
    #expect(curve.queriesPerSecond(atRecall: 0.7) == 400)
    #expect(abs((curve.queriesPerSecond(atRecall: 0.95) ?? 0) - 150) < 1e-6)
    #expect(abs((curve.comparisons(atRecall: 0.95) ?? 0) - 300) < 1e-6)
  }
}
