/// Up to 128 slots of rows that contain a term, as the file describes them; a slot is a row where documents have no fields, and rows
/// stand for slots below.
struct PostingBlock: BitwiseCopyable, Sendable {
  /// Rows in a block; only the last one of a term may have fewer.
  static let capacity = 128

  /// The highest row of the block; the lowest is above the last one of the block before.
  var lastRow: UInt32
  /// Where its packed numbers begin, in words of 32 bits.
  var firstWord: UInt32
  /// Bits of each packed gap between rows, less 1, and of each packed frequency, less 1.
  var rowBits: UInt8
  var frequencyBits: UInt8
  /// How many of the bounds count.
  var boundCount: UInt16
  var bounds: (PostingBound, PostingBound, PostingBound)

  /// The words that the numbers of `count` rows take.
  func wordCount(_ count: Int) -> Int {
    (count * Int(rowBits) + 31) / 32 + (count * Int(frequencyBits) + 31) / 32
  }
}

/// A frequency and a length that no document of a block beats in both: its score bounds theirs for any parameters.
struct PostingBound: BitwiseCopyable, Hashable, Sendable {
  /// The greatest value stands for any that is as great or greater.
  var frequency: UInt16
  var length: UInt16

  init(frequency: UInt32, length: UInt32) {
    self.frequency = UInt16(clamping: frequency)
    self.length = UInt16(clamping: length)
  }

  /// The frequency to compute with.
  var effectiveFrequency: Float { frequency == .max ? .infinity : Float(frequency) }
}

/// Finds few bounds for the documents of a block: the points of the Pareto front of frequency and length, thinned out by
/// merging neighbours until three are left.
enum PostingBounds {
  static let capacity = 3

  static func of(_ postings: some Sequence<(frequency: UInt32, length: UInt32)>) -> [PostingBound] {
    // By falling frequency; among equal ones the shortest document leads.
    let sorted = postings.sorted { $0.frequency != $1.frequency ? $0.frequency > $1.frequency : $0.length < $1.length }
    var front: [(frequency: UInt32, length: UInt32)] = []
    for posting in sorted where posting.length < front.last?.length ?? .max { front.append(posting) }
    while front.count > capacity { mergeClosest(&front) }
    return front.map { PostingBound(frequency: $0.frequency, length: $0.length) }
  }

  /// Merging two neighbours takes the frequency of the first and the length of the second; the pair is merged that makes
  /// the smallest rectangle.
  private static func mergeClosest(_ front: inout [(frequency: UInt32, length: UInt32)]) {
    func loss(_ index: Int) -> UInt64 {
      UInt64(front[index].frequency - front[index + 1].frequency) * UInt64(front[index].length - front[index + 1].length)
    }
    let index = (0..<front.count - 1).min { loss($0) < loss($1) } ?? 0
    front[index].length = front[index + 1].length
    front.remove(at: index + 1)
  }
}

/// A term of the dictionary: where its bytes begin, where its blocks begin, and how many slots have it.
struct TermEntry: BitwiseCopyable, Sendable {
  var firstByte: UInt32
  var firstBlock: UInt32
  var documentFrequency: UInt32

  var blockCount: Int { (Int(documentFrequency) + PostingBlock.capacity - 1) / PostingBlock.capacity }
}
