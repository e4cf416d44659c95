import Foundation
import NeedletailEvaluation
import Testing

@Suite struct MarginalMeansTests {
  private func gaussian(_ generator: inout SeededGenerator) -> Double {
    (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0...1, using: &generator) }
  }

  /// Collections simulated from the model.
  private func groups(
    means: [[Double]], cells: [Int], sizes: [Int], variances: MarginalMeans.Variances, _ generator: inout SeededGenerator
  ) -> [MarginalMeans.Group] {
    zip(cells, sizes).enumerated().map { number, place in
      let (cell, size) = place
      let collection = gaussian(&generator) * variances.collection.squareRoot()
      let queries = (0..<size).map { _ in gaussian(&generator) * variances.query.squareRoot() }
      let values = means.map { mean in queries.map { mean[cell] + collection + $0 + gaussian(&generator) * variances.residual.squareRoot() } }
      return .init(name: "c\(number)", cell: "t\(cell)", values: values)
    }
  }

  /// Solves a symmetric positive system by elimination.
  private func solve(_ matrix: [[Double]], _ right: [[Double]]) -> [[Double]] {
    var (a, b) = (matrix, right)
    for pivot in a.indices {
      for row in a.indices where row > pivot {
        let factor = a[row][pivot] / a[pivot][pivot]
        if factor == 0 { continue }
        for column in pivot..<a.count { a[row][column] -= factor * a[pivot][column] }
        for column in b[row].indices { b[row][column] -= factor * b[pivot][column] }
      }
    }
    for row in a.indices.reversed() {
      for column in b[row].indices {
        var sum = b[row][column]
        for other in a.indices where other > row { sum -= a[row][other] * b[other][column] }
        b[row][column] = sum / a[row][row]
      }
    }
    return b
  }

  /// The closed form is generalised least squares with the whole covariance written out.
  @Test func equalsGeneralisedLeastSquares() throws {
    var generator = SeededGenerator(seed: 12)
    let variances = MarginalMeans.Variances(collection: 0.03, query: 0.05, residual: 0.02)
    let (cells, sizes) = ([0, 0, 1, 1, 1], [7, 3, 12, 5, 8])
    let groups = groups(means: [[0.3, 0.5], [0.4, 0.4], [0.6, 0.1]], cells: cells, sizes: sizes, variances: variances, &generator)
    let (systems, cellCount) = (3, 2)
    var rows: [(system: Int, group: Int, query: Int, value: Double)] = []
    for (number, group) in groups.enumerated() {
      for system in 0..<systems { for query in 0..<sizes[number] { rows.append((system, number, query, group.values[system][query])) } }
    }
    let covariance = rows.map { left in
      rows.map { right in
        guard left.group == right.group else { return 0.0 }
        let sameQuery = left.query == right.query
        return variances.collection + (sameQuery ? variances.query : 0) + (sameQuery && left.system == right.system ? variances.residual : 0)
      }
    }
    // One column for each system and cell, and the values.
    let design = rows.map { row in (0..<systems * cellCount).map { $0 == row.system * cellCount + cells[row.group] ? 1.0 : 0.0 } }
    let solved = solve(covariance, zip(design, rows).map { $0 + [$1.value] })
    let normal = (0..<systems * cellCount).map { i in
      (0...systems * cellCount).map { j in rows.indices.reduce(0.0) { $0 + design[$1][i] * solved[$1][j] } }
    }
    let expected = solve(normal.map { Array($0.dropLast()) }, normal.map { [$0.last ?? 0] })

    let means = try MarginalMeans(of: groups, systems: ["a", "b", "c"], variances: variances)
    for system in 0..<systems {
      for cell in 0..<cellCount { #expect(abs(means.cellMeans[cell][system] - expected[system * cellCount + cell][0]) < 1e-8) }
    }
  }

  /// Differences of systems lie within two standard errors about as often as they should.
  @Test func findsTheDifferencesItWasSimulatedWith() throws {
    var generator = SeededGenerator(seed: 2)
    let truth = [[0.3, 0.5, 0.2], [0.35, 0.45, 0.3], [0.5, 0.4, 0.4], [0.3, 0.6, 0.1]]
    let variances = MarginalMeans.Variances(collection: 0.02, query: 0.04, residual: 0.01)
    var within = 0
    let rounds = 200
    for _ in 0..<rounds {
      let groups = groups(means: truth, cells: [0, 0, 0, 1, 1, 2, 2], sizes: [20, 40, 10, 30, 15, 25, 25], variances: variances, &generator)
      let means = try MarginalMeans(of: groups, systems: ["a", "b", "c", "d"])
      let found = means.cellMeans[1][1] - means.cellMeans[1][0]
      if abs(found - (truth[1][1] - truth[0][1])) <= 2 * means.contrastErrors[1] { within += 1 }
      #expect(abs(means.variances.residual - 0.01) < 0.003 && abs(means.variances.query - 0.04) < 0.02)
    }
    #expect(Double(within) / Double(rounds) >= 0.93)
  }

  @Test func doNotFollowALargeCollection() throws {
    var generator = SeededGenerator(seed: 8)
    let variances = MarginalMeans.Variances(collection: 0.03, query: 0.02, residual: 0.01)
    var groups = groups(means: [[0.3, 0.3], [0.4, 0.4]], cells: [0, 0, 1, 1], sizes: [50, 50, 50, 50], variances: variances, &generator)
    let before = try MarginalMeans(of: groups, systems: ["a", "b"])
    groups[0].values = groups[0].values.map { values in (0..<20).flatMap { _ in values } }
    let after = try MarginalMeans(of: groups, systems: ["a", "b"])
    let (micro, marginal) = (abs(after.microMeans[0] - before.microMeans[0]), abs(after.means[0] - before.means[0]))
    #expect(micro > 3 * marginal, "\(micro) against \(marginal)")
  }

  @Test func refusesWhatIsNotBalanced() {
    #expect(throws: EvaluationError.self) { try MarginalMeans(of: [], systems: ["a", "b"]) }
    #expect(throws: EvaluationError.self) { try MarginalMeans(of: [.init(name: "x", cell: "t", values: [[1]])], systems: ["a"]) }
    let ragged = MarginalMeans.Group(name: "x", cell: "t", values: [[1, 2], [1]])
    #expect(throws: EvaluationError.self) { try MarginalMeans(of: [ragged], systems: ["a", "b"]) }
  }
}
