internal import Foundation
internal import NeedletailNumerics

/// Reads labels from lines of JSON: judgements (`query`, `document`, `relevance` from 0 to 1, 1 if left out) or clicks (`query`,
/// `document`, `clicks`, `impressions`).
public struct RelevanceLabelsFile: Sendable {
  /// One entry for each question, in the order in which they first occur.
  public let labels: [RelevanceLabels]
  /// Whether the labels are clicks, so that what has none was perhaps never shown.
  public let areClicks: Bool

  /// A line.
  private struct Record: Decodable {
    var query: String
    var document: String
    var relevance: Double?
    var clicks: Double?
    var impressions: Double?
  }

  /// - Throws: `RelevanceError`, naming file and line.
  public init(path: String) throws(RelevanceError) {
    var counts: [String: [String: (relevant: Double, of: Double)]] = [:]
    var order: [String] = []
    var clickLines = 0
    var lineCount = 0
    do throws(FileError) {
      var lines = try LineReader(path: path)
      while let line = try lines.next() {
        guard !line.isEmpty else { continue }
        lineCount += 1
        let record: Record
        do {
          record = try JSONDecoder().decode(Record.self, from: Data(line.utf8))
        } catch {
          throw FileError.malformed(path: path, offset: lineCount, reason: "line \(lines.lineNumber) is no label")
        }
        let isClick = record.clicks != nil || record.impressions != nil
        clickLines += isClick ? 1 : 0
        let relevant = isClick ? record.clicks ?? 0 : record.relevance ?? 1
        let whole = isClick ? record.impressions ?? 0 : 1
        guard relevant >= 0, whole > 0, relevant <= whole, whole.isFinite, !isClick || record.relevance == nil else {
          throw FileError.malformed(
            path: path, offset: lineCount, reason: "line \(lines.lineNumber): relevance is from 0 to 1, and clicks are at most the impressions")
        }
        if counts[record.query] == nil { order.append(record.query) }
        var sum = isClick ? counts[record.query]?[record.document] ?? (relevant: 0, of: 0) : (relevant: 0, of: 0)
        sum.relevant += relevant
        sum.of += whole
        counts[record.query, default: [:]][record.document] = sum
      }
    } catch {
      throw .malformed(path: path, reason: error.description)
    }
    guard clickLines == 0 || clickLines == lineCount else {
      throw .malformed(path: path, reason: "some lines have clicks and some have judgements; give one kind at a time")
    }
    guard lineCount > 0 else { throw .tooFewExamples(reason: "\(path) has no labels") }
    labels = order.map { query in
      RelevanceLabels(text: query, documents: (counts[query] ?? [:]).mapValues { $0.relevant / $0.of })
    }
    areClicks = clickLines > 0
  }
}
