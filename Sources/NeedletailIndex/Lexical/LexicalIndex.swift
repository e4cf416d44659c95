internal import NeedletailNumerics

/// An immutable index of the terms of documents, searched by BM25.
///
/// Postings are packed in blocks of 128 rows with bounds of their scores, so that a search decodes only what can still
/// reach the best results. Scores are exact: pruning never changes a result.
public struct LexicalIndex: Sendable {
  /// The number of terms of each row.
  let lengths: Column<UInt32>
  let termBytes: Column<UInt8>
  /// Sorted by bytes.
  let terms: Column<TermEntry>
  let blocks: Column<PostingBlock>
  /// Packed gaps and frequencies.
  let words: Column<UInt32>

  /// The terms of all rows.
  public let totalLength: Int

  init(
    lengths: Column<UInt32>, termBytes: Column<UInt8>, terms: Column<TermEntry>, blocks: Column<PostingBlock>, words: Column<UInt32>
  ) {
    self.lengths = lengths
    self.termBytes = termBytes
    self.terms = terms
    self.blocks = blocks
    self.words = words
    totalLength = lengths.elements.reduce(0) { $0 + Int($1) }
  }

  /// The number of rows.
  public var count: Int { lengths.count }

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
  public func length(of row: Row) -> Int { Int(lengths[Int(row)]) }

  /// In how many rows a term is.
  public func documentFrequency(of term: String) -> Int {
    place(of: term).map { Int(terms[$0].documentFrequency) } ?? 0
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
    for (byte, position) in zip(bytes, range) {
      let difference = Int(byte) - Int(termBytes[position])
      if difference != 0 { return difference }
    }
    return bytes.count - range.count
  }
}
