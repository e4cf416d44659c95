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
      found.append((String(decoding: termBytes(low), as: UTF8.self), documentFrequency(ofTerm: low)))
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

  /// In how many rows besides these a term is.
  func documentFrequency(of term: String, excluding removed: RowSet) -> Int {
    guard let place = place(of: term) else { return 0 }
    guard !removed.isEmpty else { return documentFrequency(ofTerm: place) }
    var rows = rows(of: terms[place])
    rows.subtract(removed)
    return rows.count
  }

  /// How many of these rows there are, and the terms of each of their fields.
  func lengths(of rows: RowSet) -> (rows: Int, terms: [Int]) {
    var terms = [Int](repeating: 0, count: fieldCount)
    var found = 0
    for row in rows where Int(row) < count {
      found += 1
      for field in 0..<fieldCount { terms[field] += Int(lengths[Int(row) * fieldCount + field]) }
    }
    return (found, terms)
  }

  private func rows(of entry: TermEntry) -> RowSet {
    var buffer = PostingBuffer()
    var rows: [Row] = []
    rows.reserveCapacity(Int(entry.documentFrequency))
    for number in 0..<entry.blockCount {
      buffer.decode(number, of: entry, in: self)
      guard fieldCount == 1 else {
        for place in 0..<buffer.count { unsafe rows.append(buffer.rows[place] / UInt32(fieldCount)) }
        continue
      }
      unsafe rows += UnsafeBufferPointer(start: buffer.rows, count: buffer.count)
    }
    return RowSet(rows)
  }
}
