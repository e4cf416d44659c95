/// What becomes of a separator between pieces, named as in `tokenizer.json`.
enum DelimiterBehavior: String, Hashable, Sendable, CaseIterable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"

  /// Appends the pieces that `parts`, which cover a range without gaps, come down to.
  func append(_ parts: [Part], to pieces: inout [Range<Int>]) {
    let first = pieces.count
    switch self {
    case .isolated: pieces += parts.map(\.range)
    case .removed: pieces += parts.lazy.filter { !$0.isDelimiter }.map(\.range)
    case .contiguous:
      var previous: Bool?
      for part in parts {
        if previous == part.isDelimiter, let last = pieces.popLast() {
          pieces.append(last.lowerBound..<part.range.upperBound)
        } else {
          pieces.append(part.range)
        }
        previous = part.isDelimiter
      }
    case .mergedWithPrevious:
      var previous = false
      for part in parts {
        if part.isDelimiter, !previous, pieces.count > first, let last = pieces.popLast() {
          pieces.append(last.lowerBound..<part.range.upperBound)
        } else {
          pieces.append(part.range)
        }
        previous = part.isDelimiter
      }
    case .mergedWithNext:
      var open: Range<Int>?
      for part in parts {
        if let delimiter = open {
          pieces.append(part.isDelimiter ? delimiter : delimiter.lowerBound..<part.range.upperBound)
          open = part.isDelimiter ? part.range : nil
        } else if part.isDelimiter {
          open = part.range
        } else {
          pieces.append(part.range)
        }
      }
      if let open { pieces.append(open) }
    }
  }

  /// A separator, or what lies between two.
  struct Part {
    var range: Range<Int>
    var isDelimiter: Bool
  }
}
