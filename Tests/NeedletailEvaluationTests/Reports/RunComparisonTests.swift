import Foundation
#if canImport(FoundationXML)
  import FoundationXML
#endif
import NeedletailEvaluation
import Testing

@Suite struct RunComparisonTests {
  /// A run that finds the relevant document of each query at a stated rank.
  private func run(_ name: String, ranks: [Int]) throws(EvaluationError) -> Run {
    var run = Run(name: name)
    for (number, rank) in ranks.enumerated() {
      let fillers = (1..<rank).map { Run.Entry(document: "x\($0)", score: Double(100 - $0)) }
      try run.record(fillers + [Run.Entry(document: "right", score: 0)], for: "q\(number)")
    }
    return run
  }

  private func comparison(_ correction: MultipleComparisons = .holm) throws -> RunComparison {
    var generator = SeededGenerator(seed: 9)
    let ranks = (0..<60).map { _ in Int.random(in: 1...9, using: &generator) }
    let judgements = Dictionary(uniqueKeysWithValues: ranks.indices.map { ("q\($0)", ["right": 1]) })
    return try RunComparison(
      baseline: run("base", ranks: ranks), runs: [run("same <&>", ranks: ranks), run("ahead", ranks: ranks.map { max(1, $0 - 2) })],
      judgements: judgements, measures: [.reciprocalRank(cutoff: nil), .success(cutoff: 1)], correction: correction)
  }

  @Test func findsTheShiftAndNotTheCopy() throws {
    let rows = try comparison().rows
    #expect(rows.map(\.run) == ["same <&>", "same <&>", "ahead", "ahead"])
    for row in rows.prefix(2) { #expect(row.meanDifference == 0 && row.adjustedProbability == 1) }
    for row in rows.suffix(2) {
      #expect(row.meanDifference > 0 && row.adjustedProbability < 0.01 && row.interval.low > 0)
      #expect(row.differences.count == 60)
    }
  }

  @Test func correctsForTheNumberOfTests() throws {
    let (raw, corrected) = (try comparison(.none).rows, try comparison(.bonferroni).rows)
    for (first, second) in zip(raw, corrected) {
      #expect(abs(second.adjustedProbability - min(1, 4 * first.randomizationProbability)) < 1e-12)
    }
  }

  /// No test of significance has the probability 0, and none is printed so; as data it keeps all its digits.
  @Test func saysOfASmallProbabilityThatItIsSmall() throws {
    let comparison = try comparison(.none)
    let smallest = try #require(comparison.rows.map(\.randomizationProbability).min())
    #expect(smallest > 0 && smallest < 0.000_1)
    for text in [comparison.page.replacingOccurrences(of: "&lt;", with: "<"), comparison.markdown] {
      #expect(text.contains("< 0.0001") && !text.contains("| 0.0000 |") && !text.contains(">0.0000<"))
    }
    let read = try JSONDecoder().decode(RunComparison.self, from: JSONEncoder().encode(comparison))
    #expect(read.rows.map(\.randomizationProbability).min() == smallest)
  }

  @Test func theMarkdownHasALineForEachRow() throws {
    let lines = try comparison().markdown.split(separator: "\n").filter { $0.hasPrefix("|") }
    #expect(lines.count == 6 && Set(lines.map { $0.filter { $0 == "|" }.count }) == [12])
  }

  @Test func thePageIsWellFormedAndHoldsAPlotForEachRow() throws {
    let page = try comparison().page
    #expect(page.components(separatedBy: "<svg").count == 5)
    #expect(page.contains("same &lt;&amp;&gt;") && !page.contains("same <&>"))
    let drawing = try #require(page.range(of: "<svg")).lowerBound..<(try #require(page.range(of: "</svg>"))).upperBound
    let parser = XMLParser(data: Data(page[drawing].utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
  }
}
