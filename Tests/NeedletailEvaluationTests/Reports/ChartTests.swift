import Foundation
import NeedletailEvaluation
import NeedletailNumerics
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct ChartTests {
  /// Whether a drawing is well-formed, and what kinds of elements it has.
  private func elements(of svg: String) -> [String: Int]? {
    final class Counter: NSObject, XMLParserDelegate {
      var counts: [String: Int] = [:]
      func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?, attributes: [String: String] = [:]
      ) { counts[name, default: 0] += 1 }
    }
    let parser = XMLParser(data: Data(svg.utf8))
    let counter = Counter()
    parser.delegate = counter
    return parser.parse() ? counter.counts : nil
  }

  /// By hand: (10 · |0.2 - 0.1| + 30 · |0.7 - 0.9|) / 40 = 0.175.
  @Test func theCalibrationErrorIsTheWeightedDistanceFromTheDiagonal() {
    let chart = CalibrationChart(
      title: "a <b>",
      bins: [.init(count: 10, expected: 0.2, observed: 0.1), .init(count: 0, expected: 0, observed: 1), .init(count: 30, expected: 0.7, observed: 0.9)])
    #expect(abs(chart.expectedError - 0.175) < 1e-12)
    let counts = elements(of: chart.svg)
    #expect(counts?["circle"] == 2 && counts?["rect"] == 2)
    #expect(chart.page.contains("0.1750") && chart.page.contains("a &lt;b&gt;") && !chart.page.contains("a <b>"))
    let empty = CalibrationChart(title: "none", bins: [])
    #expect(empty.expectedError == 0 && elements(of: empty.svg) != nil)
  }

  @Test func nothingBeatsTheFrontAndItBeatsTheRest() {
    var generator = SeededGenerator(seed: 3)
    for count in [0, 1, 2, 40] {
      let points = (0..<count).map { number in
        TradeChart.Point(name: "p\(number)", bytes: Int.random(in: 1...30, using: &generator) * 1000, quality: Double(Int.random(in: 0...20, using: &generator)) / 20)
      }
      let chart = TradeChart(title: "trade", measure: "recall", points: points)
      let front = chart.front
      func beats(_ one: TradeChart.Point, _ other: TradeChart.Point) -> Bool {
        one.bytes <= other.bytes && one.quality >= other.quality && (one.bytes < other.bytes || one.quality > other.quality)
      }
      for point in front { #expect(!points.contains { beats($0, point) }) }
      for point in points where !front.contains(point) {
        #expect(front.contains { beats($0, point) || ($0.bytes == point.bytes && $0.quality == point.quality) })
      }
      #expect(front.isEmpty == (count == 0))
      #expect(elements(of: chart.svg)?["circle"] ?? 0 == count)
    }
  }
}
