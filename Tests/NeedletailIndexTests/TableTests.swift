import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

@Suite struct TableTests {
  /// Pairs about common things: a bag holds words of its thing, drawn anew on each side, and frequent words of none.
  private static func pairs(_ count: Int, seed: UInt64 = 1) throws -> FeaturePairs {
    var generator = SeededGenerator(seed: seed)
    func bag(_ thing: Int) -> [Int] {
      (0..<4).map { _ in 100 + 8 * thing + Int.random(in: 0..<8, using: &generator) }
        + (0..<3).map { _ in Int.random(in: 0..<30, using: &generator) }
    }
    let things = (0..<count).map { _ in Int.random(in: 0..<60, using: &generator) }
    return try FeaturePairs(left: things.map(bag), right: things.map(bag))
  }

  @Test func featuresAreNumberedByFrequency() throws {
    let pairs = try FeaturePairs(left: [["a", "b"], ["c"]], right: [["b"], ["b", "c"]])
    #expect(pairs.featureCount == 3)
    #expect(pairs.left == [[2, 0], [1]] && pairs.right == [[0], [0, 1]])
    #expect(throws: IndexError.self) { try FeaturePairs(left: [["a"]], right: [["b"]]) }
    #expect(throws: IndexError.self) { try FeaturePairs(left: [["a"], ["b"]], right: [["b"]]) }
  }

  /// Dossier check 1: within the budget, and as many bytes as numbers are learned and mapped.
  @Test func bytesAreThoseOfWhatIsLearned() throws {
    for method in TableMethod.allCases {
      for budget in [1, 0.5, 0.25, 0.1, 0.02] {
        let bytes = Int(budget * Double(4 * 5_000 * 16))
        guard let table = method.table(featureCount: 5_000, dimension: 16, budgetBytes: bytes) else { continue }
        let learned = table.parameters.reduce(0) { $0 + 4 * $1.shape.count }
        let map = method == .frequencyShared ? 4 * 5_000 : method == .sharedArray ? 64 : 0
        #expect(table.byteCount == learned + map && table.byteCount <= bytes, "\(method) at \(budget)")
      }
    }
    // 2 √5000 rows are the fewest of two tables; a map of 5,000 numbers leaves nothing of a fiftieth.
    #expect(TableMethod.quotientRemainder.table(featureCount: 5_000, dimension: 16, budgetBytes: 4 * 16 * 140) == nil)
    #expect(TableMethod.frequencyShared.table(featureCount: 5_000, dimension: 16, budgetBytes: 6_400) == nil)
    #expect(TableMethod.full.table(featureCount: 5_000, dimension: 16, budgetBytes: 4 * 5_000 * 16 - 1) == nil)
  }

  /// Dossier check 3: gradients are those of finite differences.
  @Test(arguments: TableMethod.allCases)
  func gradientsAreFiniteDifferences(_ method: TableMethod) throws {
    let dimension = 4
    let budget = method == .full ? 4 * 300 * dimension : 4 * 150 * dimension
    let table = try #require(method.table(featureCount: 300, dimension: dimension, budgetBytes: budget))
    let parameters = Parameters(table.parameters)
    var generator = SeededGenerator(seed: 3)
    table.initialise(parameters, &generator)
    let features: [Int32] = [0, 1, 7, 7, 80, 150, 299, 298]
    let direction = (0..<features.count * dimension).map { _ in generator.normalFloat() }
    let tape = Tape()
    func value() throws -> Double {
      tape.clear()
      return zip(try table.rows(features, tape, parameters).values, direction).reduce(0) { $0 + Double($1.0 * $1.1) }
    }
    tape.clear()
    try tape.differentiate(try table.rows(features, tape, parameters), gradient: direction)
    let gradients = parameters.all.map { parameters.gradient(of: $0) }
    var moved = 0
    for (parameter, gradient) in zip(parameters.all, gradients) {
      for index in gradient.indices where gradient[index] != 0 || index.isMultiple(of: 97) {
        var values = parameters[parameter]
        let original = values[index]
        values[index] = original + 1e-2
        parameters[parameter] = values
        let above = try value()
        values[index] = original - 1e-2
        parameters[parameter] = values
        let below = try value()
        values[index] = original
        parameters[parameter] = values
        #expect(abs((above - below) / 2e-2 - Double(gradient[index])) < 1e-3)
        if gradient[index] != 0 { moved += 1 }
      }
    }
    #expect(moved >= 7 * dimension / 2)
  }

  @Test func learnedTablesFindAndTheFullOneFindsMost() throws {
    let pairs = try Self.pairs(1_200)
    let study = try TableStudy(
      of: pairs, heldOut: 200, budgets: [0.5, 0.2], training: TableTraining(dimension: 16, epochCount: 6, batchSize: 100))
    func recall(_ method: TableMethod, _ budget: Double) throws -> Double {
      try #require(study.results.first { $0.method == method && $0.budget == budget }?.recall)
    }
    let full = try recall(.full, 1)
    // Twenty other bags are about the same thing; ten places hold the right one at most half of the time.
    #expect(full > 0.25, "\(full)")
    for method in TableMethod.allCases where method != .full {
      let found = try recall(method, 0.5)
      #expect(found > 0.5 * full && found < full + 0.08, "\(method): \(found) of \(full)")
    }
  }

  @Test func anyNumberOfThreadsLearnsTheSame() throws {
    let pairs = try Self.pairs(150)
    let studies = try [1, 3].map { threads in
      try TableStudy(
        of: pairs, heldOut: 30, budgets: [0.5], training: TableTraining(dimension: 8, epochCount: 1, batchSize: 40),
        pool: WorkerPool(threadCount: threads))
    }
    #expect(studies[0].results.map(\.recall) == studies[1].results.map(\.recall))
  }

  @Test func settingsThatDoNotFitAreRefused() throws {
    let pairs = try Self.pairs(20)
    #expect(throws: IndexError.self) { try TableStudy(of: pairs, heldOut: 19, budgets: [0.5]) }
    #expect(throws: IndexError.self) { try TableStudy(of: pairs, heldOut: 5, budgets: [0]) }
    #expect(throws: IndexError.self) { try TableStudy(of: pairs, heldOut: 5, budgets: [0.5], training: TableTraining(batchSize: 1)) }
  }
}
