internal import NeedletailText

/// Finds the words of a question in passages: those with the same stem, by the analyser of the collection.
struct Highlighter: Sendable {
  private let analyzer: Analyzer
  private let terms: Set<String>

  /// - Parameter query: what was searched for.
  init(query: String, analyzer: Analyzer) {
    self.analyzer = analyzer
    terms = Set(analyzer.terms(in: query).map(\.term))
  }

  /// A place where a word of the question stands.
  struct Match: Hashable {
    var range: Range<Int>
    var term: String
  }

  /// The words of the question in a text, in order.
  func matches(in text: String) -> [Match] {
    guard !terms.isEmpty else { return [] }
    return analyzer.terms(in: text).compactMap { found in
      terms.contains(found.term) ? Match(range: found.byteRange, term: found.term) : nil
    }
  }

  /// The byte ranges of matches; those that touch or overlap, as pairs of ideographs do, are made one.
  static func ranges(of matches: [Match]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for range in matches.map(\.range).sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
      if let last = ranges.last, range.lowerBound <= last.upperBound {
        ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        ranges.append(range)
      }
    }
    return ranges
  }
}
