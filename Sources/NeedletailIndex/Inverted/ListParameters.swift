/// How an inverted index is built and searched.
///
/// With one list it compares the codes of all rows.
public struct ListParameters: Codable, Hashable, Sendable {
  /// How many lists rows are divided into (`nlist`); nil for about four times the square root of the number of rows.
  public var listCount: Int?
  /// How many lists a search looks into unless its options say otherwise (`nprobe`); nil for one in sixteen.
  public var probeCount: Int?
  /// How many candidates are scored in full unless the options of a search say otherwise.
  ///
  /// Codecs that bound their errors need no number: every row that may be among the best by the bounds is scored.
  public var candidateCount: Int
  /// Whether lists become alike in length at the price of some distance.
  public var isBalanced: Bool
  /// Filters that allow at most so many rows are met by comparing those in full.
  public var exactScanLimit: Int
  public var seed: UInt64

  public init(
    listCount: Int? = nil, probeCount: Int? = nil, candidateCount: Int = 100, isBalanced: Bool = false,
    exactScanLimit: Int = 2_000, seed: UInt64 = 42
  ) {
    self.listCount = listCount
    self.probeCount = probeCount
    self.candidateCount = candidateCount
    self.isBalanced = isBalanced
    self.exactScanLimit = exactScanLimit
    self.seed = seed
  }

  /// The number of lists for a number of rows.
  public func resolvedListCount(rowCount: Int) -> Int {
    max(1, min(rowCount, listCount ?? Int(4 * Double(rowCount).squareRoot())))
  }

  /// The number of lists to look into.
  func resolvedProbeCount(listCount: Int) -> Int { max(1, min(listCount, probeCount ?? (listCount + 15) / 16)) }

  func validate() throws(IndexError) {
    guard (1...1 << 24).contains(listCount ?? 1), (1...1 << 24).contains(probeCount ?? 1) else {
      throw .invalidParameter("an inverted index has between 1 and 16,777,216 lists, and looks into at least one")
    }
    guard (1...1_000_000).contains(candidateCount), exactScanLimit >= 0 else {
      throw .invalidParameter("candidateCount lies between 1 and 1,000,000, and exactScanLimit is not negative")
    }
  }
}
