internal import Foundation

/// Means of several systems over heterogeneous collections that do not depend on which collection happens to be large or easy: estimated
/// marginal means of the linear mixed-effects model `y ~ system × cell + (1 | collection / query)`, where a cell is a kind of collection or
/// task (Li et al., "On the Robustness of LLM-Based Dense Retrievers", 2026, section 3).
///
/// Every system has to have answered every query; then the model has a closed form, for given variances equal to generalised least squares
/// on the full covariance, and no iterative package is needed. The variance of collections is estimated by restricted maximum likelihood.
/// Deviation: cells are constant within a collection.
public struct MarginalMeans: Codable, Sendable {
  /// The values of one collection.
  public struct Group: Sendable {
    public var name: String
    /// The kind of collection.
    public var cell: String
    /// For each system, in the order of the systems, a value for each query.
    public var values: [[Double]]

    public init(name: String, cell: String, values: [[Double]]) {
      self.name = name
      self.cell = cell
      self.values = values
    }
  }

  public struct Variances: Codable, Hashable, Sendable {
    /// Between collections, between the queries of a collection, and of what is left.
    public var collection: Double
    public var query: Double
    public var residual: Double

    public init(collection: Double, query: Double, residual: Double) {
      self.collection = collection
      self.query = query
      self.residual = residual
    }
  }

  public let systems: [String]
  /// In the order of their names.
  public let cells: [String]
  public let variances: Variances
  /// For each cell, for each system, the estimated mean.
  public let cellMeans: [[Double]]
  /// For each system the plain mean of its cells: the figure to rank by.
  public let means: [Double]
  /// For each system the mean over all queries, for comparison: large collections decide it.
  public let microMeans: [Double]
  /// The standard error of the difference of two systems in each cell.
  public let contrastErrors: [Double]

  /// Estimates the means.
  ///
  /// - Parameters:
  ///   - groups: the collections; each needs a query.
  ///   - systems: the names of the systems.
  ///   - variances: nil to estimate them.
  /// - Throws: `incomparable` if there is no collection, no second system, or a system lacks a value.
  public init(of groups: [Group], systems: [String], variances: Variances? = nil) throws(EvaluationError) {
    guard !groups.isEmpty, systems.count > 1 else { throw .incomparable(reason: "marginal means need a collection and two systems") }
    for group in groups {
      let count = group.values.first?.count ?? 0
      guard group.values.count == systems.count, count > 0, group.values.allSatisfy({ $0.count == count }) else {
        throw .incomparable(reason: "not every system has a value for every query of \(group.name)")
      }
    }
    self.systems = systems
    cells = Set(groups.map(\.cell)).sorted()
    let parts = groups.map { Part($0, systemCount: systems.count) }
    let chosen = variances ?? Self.variances(of: parts, systemCount: systems.count, cellCount: cells.count)
    self.variances = chosen
    let systemCount = Double(systems.count)
    var cellMeans: [[Double]] = []
    var errors: [Double] = []
    for cell in cells {
      let members = parts.filter { $0.cell == cell }
      let weights = members.map { $0.weight(chosen, systemCount: systemCount) }
      let centre = zip(members, weights).reduce(0) { $0 + $1.0.mean * $1.1 } / weights.reduce(0, +)
      let count = members.reduce(0) { $0 + $1.count }
      cellMeans.append(systems.indices.map { system in centre + members.reduce(0) { $0 + $1.deviations[system] } / Double(count) })
      errors.append((2 * chosen.residual / Double(count)).squareRoot())
    }
    self.cellMeans = cellMeans
    contrastErrors = errors
    means = systems.indices.map { system in cellMeans.reduce(0) { $0 + $1[system] } / Double(cellMeans.count) }
    let all = groups.reduce(0) { $0 + $1.values[0].count }
    microMeans = systems.indices.map { system in groups.reduce(0) { $0 + $1.values[system].reduce(0, +) } / Double(all) }
  }
}

// MARK: - Variances

/// What the model needs of a collection.
private struct Part {
  let cell: String
  let count: Int
  /// The mean over queries and systems.
  let mean: Double
  /// The squares of the queries' means around it.
  let squares: Double
  /// For each system the sum over queries of its distance from the mean of all systems.
  let deviations: [Double]
  /// The sum of the squares of these distances.
  let deviationSquares: Double

  init(_ group: MarginalMeans.Group, systemCount: Int) {
    cell = group.cell
    count = group.values[0].count
    let averages = (0..<count).map { query in group.values.reduce(0) { $0 + $1[query] } / Double(systemCount) }
    let mean = averages.reduce(0, +) / Double(count)
    self.mean = mean
    squares = averages.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviations = group.values.map { values in zip(values, averages).reduce(0) { $0 + $1.0 - $1.1 } }
    deviationSquares = group.values.reduce(0) { sum, values in zip(values, averages).reduce(sum) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
  }

  /// One over the variance of the collection's mean.
  func weight(_ variances: MarginalMeans.Variances, systemCount: Double) -> Double {
    1 / max(1e-12, variances.collection + (variances.query + variances.residual / systemCount) / Double(count))
  }
}

extension MarginalMeans {
  private static func variances(of parts: [Part], systemCount: Int, cellCount: Int) -> Variances {
    let queries = parts.reduce(0) { $0 + $1.count }
    let cells = Dictionary(grouping: parts, by: \.cell)
    // What is left of the distances after the means of systems within cells.
    var left = parts.reduce(0) { $0 + $1.deviationSquares }
    for members in cells.values {
      let count = Double(members.reduce(0) { $0 + $1.count })
      for system in 0..<systemCount {
        let sum = members.reduce(0) { $0 + $1.deviations[system] }
        left -= sum * sum / count
      }
    }
    let residual = max(0, left / Double(max(1, (systemCount - 1) * (queries - cellCount))))
    let within = parts.reduce(0) { $0 + $1.squares } / Double(max(1, queries - parts.count))
    let query = max(0, within - residual / Double(systemCount))
    let start = Variances(collection: 0, query: query, residual: residual)
    return Variances(collection: collectionVariance(cells, start, Double(systemCount)), query: query, residual: residual)
  }

  /// The variance between collections that maximises the restricted likelihood, found by narrowing on a logarithmic scale.
  private static func collectionVariance(_ cells: [String: [Part]], _ others: Variances, _ systemCount: Double) -> Double {
    func likelihood(_ variance: Double) -> Double {
      var variances = others
      variances.collection = variance
      var sum = 0.0
      for (_, members) in cells.sorted(by: { $0.key < $1.key }) {
        let weights = members.map { $0.weight(variances, systemCount: systemCount) }
        let total = weights.reduce(0, +)
        let centre = zip(members, weights).reduce(0) { $0 + $1.0.mean * $1.1 } / total
        sum += weights.reduce(0) { $0 + log($1) } - log(total)
        sum -= zip(members, weights).reduce(0) { $0 + $1.1 * ($1.0.mean - centre) * ($1.0.mean - centre) }
      }
      return sum / 2
    }
    guard cells.values.contains(where: { $0.count > 1 }) else { return 0 }
    let grid = stride(from: -9.0, through: 1.0, by: 0.05).map { pow(10, $0) }
    let best = grid.max { likelihood($0) < likelihood($1) } ?? 0
    guard likelihood(best) > likelihood(0) else { return 0 }
    var (low, high) = (best / 1.13, best * 1.13)
    for _ in 0..<60 {
      let (left, right) = (low + (high - low) * 0.382, low + (high - low) * 0.618)
      if likelihood(left) < likelihood(right) { low = left } else { high = right }
    }
    return (low + high) / 2
  }
}
