internal import NeedletailNumerics

/// An immutable index of the terms of documents, searched by BM25.
///
/// Postings are packed in blocks of 128 rows with bounds of their scores, so that a search decodes only what can still
/// reach the best results. Scores are exact: pruning never changes a result.
///
/// Documents may have fields, such as title and body. A field of a row has a slot of its own, `row * fieldCount + field`, and slots are
/// what postings count; an index without fields has one slot a row.
public struct LexicalIndex: Sendable {
  /// The fields of each row, at least 1.
  public let fieldCount: Int
  /// The number of terms of each slot.
  let lengths: Column<UInt32>
  let termBytes: Column<UInt8>
  /// Sorted by bytes.
  let terms: Column<TermEntry>
  let blocks: Column<PostingBlock>
  /// Packed gaps and frequencies.
  let words: Column<UInt32>

  /// The terms of each field in all rows.
  public let fieldLengths: [Int]
  /// In how many rows each term is; empty if there is one field, and postings tell.
  let rowFrequencies: [UInt32]

  /// The most fields of an index.
  public static let largestFieldCount = 16

  init(
    fieldCount: Int, lengths: Column<UInt32>, termBytes: Column<UInt8>, terms: Column<TermEntry>, blocks: Column<PostingBlock>,
    words: Column<UInt32>, rowFrequencies: [UInt32]
  ) {
    self.fieldCount = fieldCount
    self.rowFrequencies = rowFrequencies
    self.lengths = lengths
    self.termBytes = termBytes
    self.terms = terms
    self.blocks = blocks
    self.words = words
    var fieldLengths = [Int](repeating: 0, count: fieldCount)
    for slot in 0..<lengths.count { fieldLengths[slot % fieldCount] += Int(lengths[slot]) }
    self.fieldLengths = fieldLengths
  }

  /// The number of rows.
  public var count: Int { lengths.count / fieldCount }

  /// The terms of all rows.
  public var totalLength: Int { fieldLengths.reduce(0, +) }

  /// The number of distinct terms.
  public var termCount: Int { terms.count }

  /// The bytes it occupies, in memory or as a mapped file.
  public var byteCount: Int {
    [lengths.region, termBytes.region, terms.region, blocks.region, words.region].reduce(0) { $0 + $1.count }
  }

  /// Whether it is a mapped file, whose pages the system loads and drops as it sees fit.
  public var isMapped: Bool { words.region.isMapped }

  /// The number of terms of a row.
  ///
  /// - Precondition: `row` is below `count`.
  public func length(of row: Row) -> Int {
    (Int(row) * fieldCount..<(Int(row) + 1) * fieldCount).reduce(0) { $0 + Int(lengths[$1]) }
  }

  /// In how many rows a term is.
  public func documentFrequency(of term: String) -> Int { place(of: term).map { documentFrequency(ofTerm: $0) } ?? 0 }

  /// In how many rows the term at a place of the dictionary is.
  func documentFrequency(ofTerm place: Int) -> Int {
    fieldCount == 1 ? Int(terms[place].documentFrequency) : Int(rowFrequencies[place])
  }

  /// The place of a term in the dictionary.
  func place(of term: String) -> Int? {
    let bytes = Array(term.utf8)
    var low = 0
    var high = terms.count
    while low < high {
      let middle = (low + high) / 2
      switch compare(bytes, withTerm: middle) {
      case 0: return middle
      case ..<0: high = middle
      default: low = middle + 1
      }
    }
    return nil
  }

  /// The bytes of a term of the dictionary.
  func byteRange(ofTerm place: Int) -> Range<Int> {
    let end = place + 1 < terms.count ? Int(terms[place + 1].firstByte) : termBytes.count
    return Int(terms[place].firstByte)..<end
  }

  /// Negative if `bytes` come before the term, 0 if they are it.
  private func compare(_ bytes: [UInt8], withTerm place: Int) -> Int {
    let range = byteRange(ofTerm: place)
    precondition(range.upperBound <= termBytes.count, "terms lie within the index")
    let start = unsafe termBytes.start + range.lowerBound
    for number in 0..<min(bytes.count, range.count) {
      let difference = unsafe Int(bytes[number]) - Int(start[number])
      if difference != 0 { return difference }
    }
    return bytes.count - range.count
  }
}
