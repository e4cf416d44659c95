internal import Foundation

/// A ranking with many ties, such as one by Hamming distance, measured as the mean over all orders of equal items (McSherry and Najork,
/// "Computing Information Retrieval Performance Measures Efficiently in the Presence of Tied Scores", ECIR 2008).
public struct TiedRanking: Hashable, Sendable {
  /// Items with the same score.
  public struct Group: Hashable, Sendable {
    public var count: Int
    /// How many of them are relevant.
    public var relevant: Int

    public init(count: Int, relevant: Int) {
      self.count = count
      self.relevant = relevant
    }
  }

  /// The groups, best first; empty ones do no harm.
  public var groups: [Group]

  public init(groups: [Group]) {
    self.groups = groups
  }

  /// Expected average precision; 0 if nothing is relevant.
  public var averagePrecision: Double {
    var before = 0
    var relevantBefore = 0.0
    var sum = 0.0
    for group in groups where group.count > 0 {
      let relevant = Double(group.relevant)
      if group.relevant > 0 {
        // Given that the item in place i is relevant, the others before it are so in proportion.
        let others = group.count > 1 ? (relevant - 1) / Double(group.count - 1) : 0
        for place in 1...group.count {
          sum += relevant / Double(group.count) * (relevantBefore + 1 + Double(place - 1) * others) / Double(before + place)
        }
      }
      before += group.count
      relevantBefore += relevant
    }
    return relevantBefore > 0 ? sum / relevantBefore : 0
  }

  /// Expected nDCG at a depth, with binary gains; 0 if nothing is relevant.
  public func nDCG(at depth: Int) -> Double {
    var place = 0
    var gain = 0.0
    for group in groups where place < depth {
      let end = min(depth, place + group.count)
      for position in place..<end { gain += Double(group.relevant) / Double(group.count) / log2(Double(position + 2)) }
      place = end
    }
    let relevant = groups.reduce(0) { $0 + $1.relevant }
    let best = (0..<min(depth, relevant)).reduce(0.0) { $0 + 1 / log2(Double($1 + 2)) }
    return best > 0 ? gain / best : 0
  }
}
