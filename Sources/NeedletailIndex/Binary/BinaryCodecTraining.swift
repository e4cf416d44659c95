public import NeedletailCore
public import NeedletailNumerics

/// Learns recurrent binary codes from pairs of finished embeddings, whatever model made them.
///
/// Y. Gan et al., "Binary embedding-based retrieval at Tencent", KDD 2023, section 3.3, with its published settings scaled
/// to what is given. With `keepingCompatible`, the new codes are also contrasted with the old codes of the partners
/// (section 3.5), so that new queries find rows that were encoded before. Deviations: no queue of earlier batches; the loss
/// of compatibility takes the same contrast, with weight 1; networks start as a rotation, or as those that wrote the old codes (as the
/// linear map nearest to these, if they are of another shape), since random ones unlearn with thousands of pairs what the
/// embeddings knew, and the paper has millions; the rate falls to zero linearly.
public struct BinaryCodecTraining: Sendable {
  /// Components of a code, a multiple of 16.
  public var bits: Int
  /// Corrections after the first signs, 0 to 3.
  public var steps: Int
  /// Hidden units of each network; the paper takes 2,048. With less than two for each component of a vector (or of a code, if
  /// that has fewer) networks start at random.
  public var hiddenCount: Int
  public var epochCount: Int
  /// Pairs in a batch.
  public var batchSize: Int
  public var learningRate: Float
  public var temperature: Float
  /// How many of the hardest negatives of a batch count.
  public var negativeCount: Int
  public var weightDecay: Float
  /// Weight of a further loss that draws each reconstruction to its vector (0 in the paper).
  public var reconstructionWeight: Float
  public var seed: UInt64

  public init(
    bits: Int, steps: Int = 1, hiddenCount: Int = 768, epochCount: Int = 10, batchSize: Int = 512,
    learningRate: Float = 0.005, temperature: Float = 0.05, negativeCount: Int = 5, weightDecay: Float = 1e-3,
    reconstructionWeight: Float = 0, seed: UInt64 = 42
  ) {
    self.bits = bits
    self.steps = steps
    self.hiddenCount = hiddenCount
    self.epochCount = epochCount
    self.batchSize = batchSize
    self.learningRate = learningRate
    self.temperature = temperature
    self.negativeCount = negativeCount
    self.weightDecay = weightDecay
    self.reconstructionWeight = reconstructionWeight
    self.seed = seed
  }

  /// Pairs of rows that belong together.
  public struct Pairs: Sendable {
    public var queries: DenseVectors
    public var documents: DenseVectors
    /// Pairs with equal groups are not told from each other: questions with the same answer, for example.
    public var groups: [Int]

    /// - Parameters:
    ///   - queries: one row for each pair.
    ///   - documents: as many, in the same order.
    ///   - groups: one number for each pair; all different if nil.
    public init(queries: DenseVectors, documents: DenseVectors, groups: [Int]? = nil) {
      self.queries = queries
      self.documents = documents
      self.groups = groups ?? Array(0..<queries.count)
    }
  }

  /// Learns a codec.
  ///
  /// - Parameters:
  ///   - pairs: what is learned from.
  ///   - old: a codec whose codes of the documents are kept, and with which new queries have to be compared.
  ///   - oldPairs: the same pairs as the old codec saw them, where the embeddings changed too.
  ///   - pool: the threads to work with; the result does not depend on how many there are.
  ///   - progress: hears the mean loss of each epoch.
  /// - Throws: `invalidParameter` for settings or pairs that do not fit each other.
  public func codec(
    from pairs: Pairs, keepingCompatible old: RecurrentBinaryCodec? = nil, oldPairs: Pairs? = nil,
    pool: WorkerPool = .shared, progress: (_ epoch: Int, _ loss: Double) -> Void = { _, _ in }
  ) throws(IndexError) -> RecurrentBinaryCodec {
    try validate(pairs, old, oldPairs)
    let dimension = pairs.queries.dimension
    let network = TrainableBinaryNetwork(
      dimension: dimension, bits: bits, steps: steps, hidden: hiddenCount, seed: seed)
    start(network, pairs, old, oldPairs, pool)
    let optimiser = NesterovDescent(network.networks, weightDecay: weightDecay)
    var (queries, documents) = (pairs.queries.values, pairs.documents.values)
    UnitRows.normalise(&queries, dimension: dimension)
    UnitRows.normalise(&documents, dimension: dimension)
    let oldCodes = old.map { Self.unitCodes($0, (oldPairs ?? pairs).documents) }
    var generator = SeededGenerator(seed: seed &+ 1)
    let stepCount = Float(max(1, epochCount * ((pairs.groups.count + batchSize - 1) / batchSize)))
    var stepsTaken: Float = 0
    for epoch in 0..<epochCount {
      let order = Array(0..<pairs.groups.count).shuffled(using: &generator)
      var (loss, batchCount) = (0.0, 0)
      for start in stride(from: 0, to: order.count, by: batchSize) where order.count - start >= min(batchSize, order.count) / 2 {
        let batch = Batch(Array(order[start..<min(order.count, start + batchSize)]), queries, documents, dimension, pairs.groups)
        loss += step(network, batch, oldCodes, pool)
        optimiser.apply(rate: learningRate * (1 - stepsTaken / stepCount))
        stepsTaken += 1
        batchCount += 1
      }
      progress(epoch + 1, loss / Double(max(1, batchCount)))
    }
    return network.codec
  }

  /// Rows that networks are fitted to before they learn, at most.
  private static let fittedCount = 8_192
  /// Rows that the normalisation of a rotation begins with, at most.
  private static let seenCount = 2_048

  /// Lets the network begin with what is known without learning.
  private func start(
    _ network: TrainableBinaryNetwork, _ pairs: Pairs, _ old: RecurrentBinaryCodec?, _ oldPairs: Pairs?, _ pool: WorkerPool
  ) {
    let rows = Self.units(pairs.documents, Self.fittedCount)
    let oldRows = oldPairs.map { Self.units($0.documents, Self.fittedCount) }
    if let old, network.start(from: old, seeing: oldRows, as: rows, pool: pool) { return }
    network.startAsRotation(seenOn: Self.units(pairs.documents, Self.seenCount), seed: seed, pool: pool)
    guard let old else { return }
    let kept = Self.some((oldPairs ?? pairs).documents, Self.fittedCount)
    network.startNear(old.composedCodes(of: kept).values, of: rows, pool: pool)
  }

  /// At most so many rows, from all over.
  private static func some(_ vectors: DenseVectors, _ count: Int) -> DenseVectors {
    guard vectors.count > count else { return vectors }
    return DenseVectors(
      dimension: vectors.dimension, values: (0..<count).flatMap { vectors[$0 * vectors.count / count] })
  }

  private static func units(_ vectors: DenseVectors, _ count: Int) -> [Float] {
    var values = some(vectors, count).values
    UnitRows.normalise(&values, dimension: vectors.dimension)
    return values
  }

  private func validate(_ pairs: Pairs, _ old: RecurrentBinaryCodec?, _ oldPairs: Pairs?) throws(IndexError) {
    guard (16...16_384).contains(bits), bits.isMultiple(of: 16), (0...3).contains(steps) else {
      throw .invalidParameter("a binary code has a multiple of 16 components, at most 16,384, and 0 to 3 corrections")
    }
    guard (1...65_536).contains(hiddenCount), epochCount >= 0, batchSize >= 2, negativeCount >= 1, temperature > 0 else {
      throw .invalidParameter("training needs hidden units, batches of at least two pairs, a negative and a temperature")
    }
    let count = pairs.queries.count
    guard count >= 2, pairs.documents.count == count, pairs.groups.count == count,
      pairs.queries.dimension == pairs.documents.dimension
    else { throw .invalidParameter("training needs two pairs or more, with as many documents as queries, all of one dimension") }
    guard (pairs.queries.values + pairs.documents.values).allSatisfy({ abs($0) < 1e15 }) else {
      throw .invalidParameter("a component of the training pairs is not a usable number")
    }
    guard let old else { return }
    let oldDocuments = (oldPairs ?? pairs).documents
    guard oldDocuments.count == count, oldDocuments.dimension == old.dimension, old.bits == bits else {
      throw .invalidParameter("compatible codes have as many components as the old ones, which need the embeddings they were made of")
    }
  }

  private static func unitCodes(_ codec: RecurrentBinaryCodec, _ vectors: DenseVectors) -> [Float] {
    var codes = codec.composedCodes(of: vectors).values
    UnitRows.normalise(&codes, dimension: codec.bits)
    return codes
  }

  // MARK: - One batch

  private struct Batch {
    let members: [Int]
    /// Queries, then documents.
    let rows: [Float]
    let groups: [Int]

    init(_ members: [Int], _ queries: [Float], _ documents: [Float], _ dimension: Int, _ allGroups: [Int]) {
      self.members = members
      rows = members.flatMap { queries[$0 * dimension..<($0 + 1) * dimension] }
        + members.flatMap { documents[$0 * dimension..<($0 + 1) * dimension] }
      groups = members.map { allGroups[$0] }
    }
  }

  private func step(
    _ network: TrainableBinaryNetwork, _ batch: Batch, _ oldCodes: [Float]?, _ pool: WorkerPool
  ) -> Double {
    for part in network.networks { part.clearGradients() }
    var trace = TrainableBinaryNetwork.Trace()
    var codes = network.forward(batch.rows, &trace, pool: pool)
    let factors = UnitRows.normalise(&codes, dimension: bits)
    let half = batch.members.count * bits
    let (queries, documents) = (Array(codes[..<half]), Array(codes[half...]))
    let objective = HardNegativeContrast(temperature: temperature, negativeCount: negativeCount, groups: batch.groups)
    var result = objective.loss(queries, documents, dimension: bits, pool: pool)
    if let oldCodes {
      let keys = batch.members.flatMap { oldCodes[$0 * bits..<($0 + 1) * bits] }
      let compatible = objective.loss(queries, keys, dimension: bits, pool: pool)
      result.loss += compatible.loss
      for index in result.queryGradient.indices { result.queryGradient[index] += compatible.queryGradient[index] }
    }
    let gradient = TrainableBinaryNetwork.throughUnit(
      result.queryGradient + result.keyGradient, codes, factors, dimension: bits)
    network.backward(gradient, trace, reconstructionWeight: reconstructionWeight, rows: batch.rows, pool: pool)
    return result.loss
  }
}

/// Gradient descent with Nesterov momentum, weight decay of the matrices, and a bound on the gradient.
private final class NesterovDescent {
  private let networks: [TrainablePerceptron]
  private let weightDecay: Float
  private var velocities: [[[Float]]]
  private let momentum: Float = 0.9
  private let largestGradient: Float = 5

  init(_ networks: [TrainablePerceptron], weightDecay: Float) {
    self.networks = networks
    self.weightDecay = weightDecay
    velocities = networks.map { $0.parameters.map { [Float](repeating: 0, count: $0.count) } }
  }

  func apply(rate: Float) {
    var squared = 0.0
    for network in networks { for values in network.gradients { squared += values.reduce(0.0) { $0 + Double($1 * $1) } } }
    let norm = Float(squared.squareRoot())
    let clip = norm > largestGradient ? largestGradient / norm : 1
    for (number, network) in networks.enumerated() {
      for parameter in network.parameters.indices {
        // Matrices only: gains, shifts and biases are left alone.
        let decay = parameter == 0 || parameter == 3 ? weightDecay : 0
        move(
          &network.parameters[parameter], &velocities[number][parameter], along: network.gradients[parameter], clip: clip,
          decay: decay, rate: rate)
      }
    }
  }

  private func move(
    _ values: inout [Float], _ velocity: inout [Float], along gradient: [Float], clip: Float, decay: Float, rate: Float
  ) {
    let (count, momentum) = (values.count, momentum)
    unsafe values.withUnsafeMutableBufferPointer { values in
      unsafe velocity.withUnsafeMutableBufferPointer { velocity in
        unsafe gradient.withUnsafeBufferPointer { gradient in
          for index in 0..<count {
            let slope = unsafe clip * gradient[index] + decay * values[index]
            unsafe velocity[index] = momentum * velocity[index] + slope
            unsafe values[index] -= rate * (slope + momentum * velocity[index])
          }
        }
      }
    }
  }
}
