/// Collects documents, as lists of terms, for a ``LexicalIndex``.
///
/// ```swift
/// var builder = LexicalIndexBuilder()
/// builder.add(terms: ["needl", "haystack"])
/// let index = builder.build()
/// ```
///
/// Where documents have fields, such as title and body, terms are given for each: `LexicalIndexBuilder(fieldCount: 2)` and `add(fields:)`.
///
/// Takes eight bytes for each distinct term of each document, and as much again while it builds.
public struct LexicalIndexBuilder: Sendable {
  /// Terms in the order in which they first came.
  private var numbers: [String: UInt32] = [:]
  private var terms: [String] = []
  /// The distinct terms of one document after another, with their frequencies.
  private var postings: [(term: UInt32, frequency: UInt32)] = []
  /// Where the postings of each document end.
  private var ends: [Int] = []
  private var lengths: [UInt32] = []
  private var scratch: [UInt32] = []
  /// The fields of each document.
  public let fieldCount: Int

  /// - Precondition: `fieldCount` is from 1 to `LexicalIndex.largestFieldCount`.
  public init(fieldCount: Int = 1) {
    precondition((1...LexicalIndex.largestFieldCount).contains(fieldCount), "a document has 1 to \(LexicalIndex.largestFieldCount) fields")
    self.fieldCount = fieldCount
  }

  /// The number of documents so far.
  public var count: Int { lengths.count / fieldCount }

  /// Adds a document without fields and returns its row, the number of documents before it. Empty terms are left out.
  ///
  /// - Precondition: documents have one field.
  @discardableResult
  public mutating func add(terms: some Sequence<String>) -> Row {
    precondition(fieldCount == 1, "a document with fields is added by add(fields:)")
    addSlot(terms)
    return Row(count - 1)
  }

  /// Adds a document with the terms of each of its fields and returns its row. Empty terms are left out.
  ///
  /// - Precondition: there are as many fields as the index has.
  @discardableResult
  public mutating func add(fields: [[String]]) -> Row {
    precondition(fields.count == fieldCount, "a document has terms for each field")
    for terms in fields { addSlot(terms) }
    return Row(count - 1)
  }

  private mutating func addSlot(_ documentTerms: some Sequence<String>) {
    scratch.removeAll(keepingCapacity: true)
    for term in documentTerms where !term.isEmpty { scratch.append(number(of: term)) }
    lengths.append(UInt32(scratch.count))
    scratch.sort()
    var position = 0
    while position < scratch.count {
      let term = scratch[position]
      let start = position
      while position < scratch.count, scratch[position] == term { position += 1 }
      postings.append((term, UInt32(position - start)))
    }
    ends.append(postings.count)
  }

  private mutating func number(of term: String) -> UInt32 {
    if let number = numbers[term] { return number }
    let number = UInt32(terms.count)
    numbers[term] = number
    terms.append(term)
    return number
  }

  /// The index of all documents.
  public consuming func build() -> LexicalIndex {
    var frequencies = [UInt32](repeating: 0, count: terms.count)
    for posting in postings { frequencies[Int(posting.term)] += 1 }
    let order = Self.sortedByBytes(terms)
    var starts = [Int](repeating: 0, count: terms.count)
    var next = 0
    for term in order {
      starts[term] = next
      next += Int(frequencies[term])
    }
    let lists = inverted(starts)
    var writer = LexicalWriter(lengths: lengths, fieldCount: fieldCount)
    for term in order {
      writer.append(terms[term], lists[starts[term]..<starts[term] + Int(frequencies[term])])
    }
    return writer.finish()
  }

  /// The postings in the order of terms, each term's in the order of rows.
  private func inverted(_ starts: [Int]) -> [(row: UInt32, frequency: UInt32)] {
    var lists = [(row: UInt32, frequency: UInt32)](repeating: (0, 0), count: postings.count)
    var places = starts
    var position = 0
    for (row, end) in ends.enumerated() {
      while position < end {
        let posting = postings[position]
        lists[places[Int(posting.term)]] = (UInt32(row), posting.frequency)
        places[Int(posting.term)] += 1
        position += 1
      }
    }
    return lists
  }

  /// The terms' places in the order of their UTF-8 bytes.
  private static func sortedByBytes(_ terms: [String]) -> [Int] {
    // Most comparisons are settled by the first eight bytes.
    let keys = terms.enumerated().map { (prefix: prefix(of: $1), place: $0) }
    return keys.sorted { left, right in
      left.prefix != right.prefix
        ? left.prefix < right.prefix : terms[left.place].utf8.lexicographicallyPrecedes(terms[right.place].utf8)
    }.map(\.place)
  }

  private static func prefix(of term: String) -> UInt64 {
    var prefix: UInt64 = 0
    var count = 0
    for byte in term.utf8.prefix(8) {
      prefix = prefix << 8 | UInt64(byte)
      count += 1
    }
    return prefix << UInt64(8 * (8 - count))
  }
}
