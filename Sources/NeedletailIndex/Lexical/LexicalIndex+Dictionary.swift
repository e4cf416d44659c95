/// What the dictionary and the postings say without scores.
extension LexicalIndex {
  /// The terms that begin with a text, byte by byte, in the order of their bytes, with the number of rows that have them.
  public func terms(beginningWith prefix: String) -> [(term: String, documentFrequency: Int)] {
    let bytes = Array(prefix.utf8)
    var low = 0
    var high = terms.count
    // The first term that does not come before the prefix.
    while low < high {
      let middle = (low + high) / 2
      if termBytes(middle).lexicographicallyPrecedes(bytes) { low = middle + 1 } else { high = middle }
    }
    var found: [(term: String, documentFrequency: Int)] = []
    while low < terms.count, termBytes(low).starts(with: bytes) {
      found.append((String(decoding: termBytes(low), as: UTF8.self), Int(terms[low].documentFrequency)))
      low += 1
    }
    return found
  }

  private func termBytes(_ place: Int) -> [UInt8] { byteRange(ofTerm: place).map { termBytes[$0] } }

  /// The rows that have all of these terms; every row if there are none.
  public func rows(withAll words: some Sequence<String>) -> RowSet {
    var entries: [TermEntry] = []
    for word in Set(words) {
      guard let place = place(of: word) else { return RowSet() }
      entries.append(terms[place])
    }
    entries.sort { $0.documentFrequency < $1.documentFrequency }
    guard let rarest = entries.first else { return RowSet(0..<Row(count)) }
    return entries.dropFirst().reduce(into: rows(of: rarest)) { found, entry in
      if !found.isEmpty { found.formIntersection(rows(of: entry)) }
    }
  }

  private func rows(of entry: TermEntry) -> RowSet {
    var buffer = PostingBuffer()
    var rows: [Row] = []
    rows.reserveCapacity(Int(entry.documentFrequency))
    for number in 0..<entry.blockCount {
      buffer.decode(number, of: entry, in: self)
      rows += buffer.rows[..<buffer.count]
    }
    return RowSet(rows)
  }
}
