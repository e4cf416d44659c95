internal import NeedletailCore
public import NeedletailNumerics

/// What is still found after a table of embeddings was learned within a budget, by each of several methods.
///
/// The part on learned tables of H. Zhang et al., VLDB 2024, with retrieval in place of click prediction: the right bag of each
/// held-out pair is searched for by the left one among all right bags.
public struct TableStudy: Codable, Hashable, Sendable {
  /// One method at one budget.
  public struct Result: Codable, Hashable, Sendable {
    public var method: TableMethod
    /// As a fraction of the full table.
    public var budget: Double
    /// Everything that a look-up needs; nil if the method cannot go that low.
    public var storage: [StoredPart]?
    /// The share of held-out pairs whose right bag is among the ten nearest.
    public var recall: Double?
    public var trainingSeconds: Double?

    /// Bytes of the storage.
    public var bytes: Int? { storage.map { $0.reduce(0) { $0 + $1.bits } / 8 } }
  }

  public var featureCount: Int
  public var dimension: Int
  /// Bytes of a row for each feature.
  public var fullBytes: Int
  public var pairCount: Int
  public var heldOutCount: Int
  /// The full table, then each method at each budget.
  public var results: [Result]

  /// Learns every table and measures it.
  ///
  /// - Parameters:
  ///   - pairs: the last ones are held out.
  ///   - heldOut: how many.
  ///   - budgets: fractions of the full table, above 0, at most 1.
  ///   - methods: what is compared.
  ///   - training: how tables learn; the same for all.
  ///   - pool: the threads; results do not depend on how many there are.
  ///   - progress: hears what is learned next.
  /// - Throws: `invalidParameter` for settings that do not fit the pairs.
  public init(
    of pairs: FeaturePairs, heldOut: Int, budgets: [Double], methods: [TableMethod] = TableMethod.allCases,
    training: TableTraining = TableTraining(), pool: WorkerPool = .shared, progress: (TableMethod, Double) -> Void = { _, _ in }
  ) throws(IndexError) {
    try training.validate()
    guard budgets.allSatisfy({ $0 > 0 && $0 <= 1 }) else { throw .invalidParameter("budgets are fractions above 0, at most 1") }
    guard heldOut >= 1, pairs.count - heldOut >= 2, pairs.featureCount > 0 else {
      throw .invalidParameter("\(pairs.count) pairs cannot be divided into \(heldOut) to ask with and two or more to learn from")
    }
    featureCount = pairs.featureCount
    dimension = training.dimension
    fullBytes = 4 * pairs.featureCount * training.dimension
    pairCount = pairs.count
    heldOutCount = heldOut
    let runs = [(TableMethod.full, 1.0)] + budgets.flatMap { budget in methods.filter { $0 != .full }.map { ($0, budget) } }
    let clock = ContinuousClock()
    results = []
    for (method, budget) in runs {
      progress(method, budget)
      var result = Result(method: method, budget: budget)
      let bytes = Int(budget * Double(fullBytes))
      if let table = method.table(featureCount: featureCount, dimension: dimension, budgetBytes: bytes) {
        let start = clock.now
        let (left, right) = training.vectors(of: pairs, learningFrom: pairs.count - heldOut, table, pool: pool)
        result.trainingSeconds = (clock.now - start) / .seconds(1)
        result.storage = table.storage
        result.recall = try Self.recall(left, right, heldOut: heldOut, pool)
      }
      results.append(result)
    }
  }

  private static func recall(
    _ left: DenseVectors, _ right: DenseVectors, heldOut: Int, _ pool: WorkerPool
  ) throws(IndexError) -> Double {
    let index = try DenseIndexFactory.build(
      right, similarity: .cosine, specification: DenseIndexSpecification(layout: .flat, codec: .float32), pool: pool)
    let first = left.count - heldOut
    let asked = DenseVectors(dimension: left.dimension, values: Array(left.values[(first * left.dimension)...]))
    let answers = try index.search(asked, SearchOptions(limit: 10))
    return Double(answers.enumerated().count { number, found in found.contains { Int($0.row) == first + number } }) / Double(heldOut)
  }
}
