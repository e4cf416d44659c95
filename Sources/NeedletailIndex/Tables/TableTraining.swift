internal import NeedletailCore
internal import NeedletailNumerics

/// Learns a table of embeddings from pairs of bags: a bag is the mean of its features' rows, scaled to length 1, and each left
/// one is told from the right ones of a batch that are not its own.
public struct TableTraining: Sendable {
  /// Components of a row.
  public var dimension: Int
  public var epochCount: Int
  /// Pairs in a batch.
  public var batchSize: Int
  public var learningRate: Float
  public var temperature: Float
  public var seed: UInt64

  public init(
    dimension: Int = 32, epochCount: Int = 3, batchSize: Int = 256, learningRate: Float = 0.01, temperature: Float = 0.05,
    seed: UInt64 = 42
  ) {
    self.dimension = dimension
    self.epochCount = epochCount
    self.batchSize = batchSize
    self.learningRate = learningRate
    self.temperature = temperature
    self.seed = seed
  }

  func validate() throws(IndexError) {
    guard (1...4_096).contains(dimension), epochCount >= 0, batchSize >= 2, learningRate > 0, temperature > 0 else {
      throw .invalidParameter("a table has 1 to 4,096 components and learns from batches of two or more, at a rate and a temperature above zero")
    }
  }

  /// Learns a table from the first `count` pairs and gives the vectors of all bags on both sides.
  func vectors(
    of pairs: FeaturePairs, learningFrom count: Int, _ table: any LearnedTable, pool: WorkerPool
  ) -> (left: DenseVectors, right: DenseVectors) {
    let parameters = Parameters(table.parameters)
    var generator = SeededGenerator(seed: seed)
    table.initialise(parameters, &generator)
    let optimiser = Optimizer(.adamW, of: parameters, pool: pool)
    let tape = Tape(pool: pool)
    let batches = (count + batchSize - 1) / batchSize
    for epoch in 0..<epochCount {
      let order = (0..<count).shuffled(using: &generator)
      for (number, start) in stride(from: 0, to: count, by: batchSize).enumerated() {
        let members = Array(order[start..<min(count, start + batchSize)])
        guard members.count > 1 else { continue }
        tape.clear()
        let bags = bags(members.map { pairs.left[$0] } + members.map { pairs.right[$0] }, table, tape, parameters)
        let half = members.count * dimension
        let (values, groups) = (bags.values, Array(members))
        let contrast = InBatchContrast(temperature: temperature, rows: members, groups: groups, documentGroups: groups)
        let outcome = contrast.loss(Array(values[..<half]), Array(values[half...]), dimension: dimension, pool: pool)
        do throws(TensorError) {
          try tape.differentiate(bags, gradient: outcome.queryGradient + outcome.documentGradient)
        } catch {
          preconditionFailure("a gradient for each component: \(error)")
        }
        let done = Float(epoch * batches + number) / Float(epochCount * batches)
        optimiser.step(rate: learningRate * (1 - done))
      }
    }
    return (embedded(pairs.left, table, tape, parameters), embedded(pairs.right, table, tape, parameters))
  }

  private func embedded(
    _ all: [[Int32]], _ table: any LearnedTable, _ tape: Tape, _ parameters: Parameters
  ) -> DenseVectors {
    var values: [Float] = []
    for start in stride(from: 0, to: all.count, by: batchSize) {
      tape.clear()
      values += bags(Array(all[start..<min(all.count, start + batchSize)]), table, tape, parameters).values
    }
    return DenseVectors(dimension: dimension, values: values)
  }

  private func bags(
    _ bags: [[Int32]], _ table: any LearnedTable, _ tape: Tape, _ parameters: Parameters
  ) -> Tensor {
    var ranges: [Range<Int>] = []
    for bag in bags { ranges.append((ranges.last?.upperBound ?? 0)..<(ranges.last?.upperBound ?? 0) + bag.count) }
    do throws(TensorError) {
      guard ranges.contains(where: { !$0.isEmpty }) else {
        return try tape.constant([Float](repeating: 0, count: bags.count * dimension), shape: [bags.count, dimension])
      }
      return try table.rows(bags.flatMap { $0 }, tape, parameters).reduced(ranges, by: .mean).unitLength()
    } catch {
      preconditionFailure("features have rows of \(dimension) components: \(error)")
    }
  }
}
