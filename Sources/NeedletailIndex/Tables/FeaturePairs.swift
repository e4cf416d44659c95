/// Pairs of bags of features that belong together, such as the words of a title and those of its text.
///
/// Features are numbered by how often they come: 0 is the most frequent. Methods that share rows by frequency rely on it.
public struct FeaturePairs: Sendable {
  public let left: [[Int32]]
  public let right: [[Int32]]
  public let featureCount: Int

  /// Numbers the features of all bags, whatever they are, by frequency; equally frequent ones in the order of their values.
  ///
  /// - Parameters:
  ///   - left: one bag for each pair.
  ///   - right: as many, in the same order.
  /// - Throws: `invalidParameter` if there are fewer than two pairs, or unequally many on both sides.
  public init<Feature: Hashable & Comparable>(left: [[Feature]], right: [[Feature]]) throws(IndexError) {
    guard left.count == right.count, left.count >= 2 else {
      throw .invalidParameter("two pairs of bags or more are needed, with as many on the left as on the right")
    }
    var counts: [Feature: Int] = [:]
    for bag in [left, right].joined() { for feature in bag { counts[feature, default: 0] += 1 } }
    let order = counts.keys.sorted { (counts[$1] ?? 0, $0) < (counts[$0] ?? 0, $1) }
    let numbers = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, Int32($0)) })
    self.left = left.map { $0.compactMap { numbers[$0] } }
    self.right = right.map { $0.compactMap { numbers[$0] } }
    featureCount = order.count
  }

  public var count: Int { left.count }
}
