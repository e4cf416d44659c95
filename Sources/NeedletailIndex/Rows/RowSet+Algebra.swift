extension RowSet {
  /// The rows in either set.
  public func union(_ other: RowSet) -> RowSet {
    let (short, long) = words.count < other.words.count ? (words, other.words) : (other.words, words)
    var result = long
    for word in short.indices { result[word] |= short[word] }
    return RowSet(words: result)
  }

  /// The rows in both sets.
  public func intersection(_ other: RowSet) -> RowSet {
    RowSet(words: zip(words, other.words).map { $0 & $1 })
  }

  /// The rows of this set that are not in the other.
  public func subtracting(_ other: RowSet) -> RowSet {
    var result = words
    for word in 0..<Swift.min(words.count, other.words.count) { result[word] &= ~other.words[word] }
    return RowSet(words: result)
  }

  /// The rows below `count` that are not in this set.
  public func complement(count: Int) -> RowSet {
    RowSet(0..<Row(count)).subtracting(self)
  }

  /// Whether all rows of this set are in the other.
  public func isSubset(of other: RowSet) -> Bool { intersection(other).count == count }

  public mutating func formUnion(_ other: RowSet) { self = union(other) }
  public mutating func formIntersection(_ other: RowSet) { self = intersection(other) }
  public mutating func subtract(_ other: RowSet) { self = subtracting(other) }
}
