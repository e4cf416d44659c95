import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

@Suite struct RecurrentBinaryCodecTests {
  /// Pairs around common places: a query and a document for each.
  private static func pairs(_ count: Int, dimension: Int, seed: UInt64 = 1, noise: Float = 0.35) -> BinaryCodecTraining.Pairs {
    let places = IndexSamples.clustered(count, dimension: dimension, seed: seed)
    var generator = SeededGenerator(seed: seed + 100)
    func moved() -> DenseVectors {
      DenseVectors(dimension: dimension, values: places.values.map { $0 + noise * Float.random(in: -1...1, using: &generator) })
    }
    return BinaryCodecTraining.Pairs(queries: moved(), documents: moved())
  }

  private static func untrained(steps: Int, bits: Int = 64, dimension: Int = 24) -> RecurrentBinaryCodec {
    TrainableBinaryNetwork(dimension: dimension, bits: bits, steps: steps, hidden: 32, seed: 3).codec
  }

  @Test(arguments: 0...3)
  func keepsThePromisesOfCodecs(_ steps: Int) {
    let codec = Self.untrained(steps: steps)
    let vectors = IndexSamples.clustered(150, dimension: 24)
    let conformance = VectorCodecConformance(vectors: vectors, queries: IndexSamples.clustered(8, dimension: 24, seed: 4))
    #expect(conformance.violations(of: codec, maximumDistortion: nil) == [])
  }

  /// Dossier check 6: `m (u + 1) / 8 + 2` bytes, three bits taking the room of four.
  @Test func bytesAreCounted() {
    #expect((0...3).map { Self.untrained(steps: $0, bits: 384).codeBytes } == [48 + 2, 96 + 2, 192 + 2, 192 + 2])
  }

  /// The tables give the products of composed codes exactly, and so does counting bits.
  @Test(arguments: 0...3)
  func tableSumsAndBitCountsAreTheProduct(_ steps: Int) {
    let codec = Self.untrained(steps: steps)
    let vectors = IndexSamples.clustered(70, dimension: 24)
    let integers = codec.integers(of: vectors.values)
    #expect(integers.allSatisfy { !$0.isMultiple(of: 2) && abs($0) < Int16(1 << (steps + 1)) })
    let codes = codec.encode(vectors)
    for query in [0, 13, 69] {
      let scores = codec.scores(of: Array(vectors[query]), codes: codes)
      let planes = BitPlanes(integers: integers, bits: 64, steps: steps)
      for row in 0..<70 {
        let (left, right) = (integers[query * 64..<(query + 1) * 64], integers[row * 64..<(row + 1) * 64])
        let product = zip(left, right).reduce(0) { $0 + Int($1.0) * Int($1.1) }
        #expect(planes.product(query, row) == product)
        let lengths = [left, right].map { Double($0.reduce(0) { $0 + Int($1) * Int($1) }).squareRoot() }
        #expect(abs(Double(scores[row]) - Double(product) / lengths[0] / lengths[1]) < 1e-3)
      }
    }
  }

  @Test func theWorkedExampleOfTheDossier() {
    // q = (1.5, -0.5), d = (0.5, -1.5): the product is 1.5, in quarters 6.
    let planes = BitPlanes(integers: [3, -1, 1, -3], bits: 2, steps: 1)
    #expect(planes.product(0, 1) == 6)
  }

  /// Where signs are replaced by the clipping that they pass gradients through, gradients equal finite differences.
  @Test(arguments: 0...2)
  func gradientsAreThoseOfTheRelaxedNetwork(_ steps: Int) {
    let (dimension, bits) = (8, 16)
    let network = TrainableBinaryNetwork(
      dimension: dimension, bits: bits, steps: steps, hidden: 12, seed: 5, isRelaxed: true)
    var rows = IndexSamples.clustered(20, dimension: dimension, seed: 6).values
    UnitRows.normalise(&rows, dimension: dimension)
    var generator = SeededGenerator(seed: 7)
    let direction = (0..<20 * bits).map { _ in Float.random(in: -1...1, using: &generator) }
    func value() -> Double {
      var trace = TrainableBinaryNetwork.Trace()
      let codes = network.forward(rows, &trace, pool: .shared)
      return zip(codes, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    }
    var trace = TrainableBinaryNetwork.Trace()
    _ = network.forward(rows, &trace, pool: .shared)
    network.backward(direction, trace, pool: .shared)
    let middle = value()
    var (compared, skipped) = (0, 0)
    for part in network.networks {
      for parameter in part.parameters.indices {
        let largest = part.gradients[parameter].map(abs).max() ?? 0
        for index in stride(from: 0, to: part.parameters[parameter].count, by: 7) {
          let original = part.parameters[parameter][index]
          let step: Float = 1e-3
          part.parameters[parameter][index] = original + step
          let above = value()
          part.parameters[parameter][index] = original - step
          let below = value()
          part.parameters[parameter][index] = original
          let scale = Double(max(largest, 1))
          // Where a component crosses the edge of its window between the two, there is no slope to compare with.
          guard abs((above - middle) - (middle - below)) / Double(step) < 0.02 * scale else {
            skipped += 1
            continue
          }
          compared += 1
          let slope = (above - below) / Double(2 * step)
          #expect(
            abs(slope - Double(part.gradients[parameter][index])) < 0.01 * scale, "parameter \(parameter), number \(index)")
        }
      }
    }
    #expect(compared > 9 * skipped, "\(skipped) of \(compared + skipped) are on an edge")
  }

  @Test func theContrastHasTheGradientItClaims() {
    let dimension = 6
    var (queries, keys) = (IndexSamples.clustered(9, dimension: dimension, seed: 1).values, IndexSamples.clustered(9, dimension: dimension, seed: 2).values)
    UnitRows.normalise(&queries, dimension: dimension)
    UnitRows.normalise(&keys, dimension: dimension)
    let contrast = HardNegativeContrast(temperature: 0.5, negativeCount: 8, groups: [0, 1, 2, 3, 4, 5, 6, 7, 7])
    let result = contrast.loss(queries, keys, dimension: dimension, pool: .shared)
    for index in stride(from: 0, to: queries.count, by: 5) {
      var (above, below) = (queries, queries)
      above[index] += 1e-3
      below[index] -= 1e-3
      let slope = (contrast.loss(above, keys, dimension: dimension, pool: .shared).loss
        - contrast.loss(below, keys, dimension: dimension, pool: .shared).loss) / 2e-3
      #expect(abs(slope - Double(result.queryGradient[index])) < 1e-3)
    }
  }

  /// Recall of partners at rank one by inner product.
  private static func recall(_ queries: DenseVectors, _ rows: DenseVectors) -> Double {
    let found = (0..<queries.count).count { query in
      let scores = (0..<rows.count).map { row in zip(queries[query], rows[row]).reduce(Float(0)) { $0 + $1.0 * $1.1 } }
      return scores.allSatisfy { $0 <= scores[query] }
    }
    return Double(found) / Double(queries.count)
  }

  private static func codes(_ codec: RecurrentBinaryCodec, _ vectors: DenseVectors) -> DenseVectors {
    codec.decode(codec.encode(vectors))
  }

  private static let held = pairs(200, dimension: 24, seed: 50, noise: 0.9)

  @Test func trainingFindsPartnersAndOldCodesStayUsable() throws {
    let pairs = Self.pairs(600, dimension: 24, noise: 0.9)
    let training = BinaryCodecTraining(bits: 64, steps: 1, hiddenCount: 64, epochCount: 8, batchSize: 100)
    let old = try training.codec(from: pairs)
    let random = Self.untrained(steps: 1)
    let before = Self.recall(Self.codes(random, Self.held.queries), Self.codes(random, Self.held.documents))
    let after = Self.recall(Self.codes(old, Self.held.queries), Self.codes(old, Self.held.documents))
    // Random networks keep angles, and find partners too; training has to find more.
    #expect(after > before + 0.02, "\(after) after, \(before) before")

    var other = training
    other.seed = 77
    let alone = try other.codec(from: pairs)
    let compatible = try other.codec(from: pairs, keepingCompatible: old)
    let rows = Self.codes(old, Self.held.documents)
    let (beside, apart) = (
      Self.recall(Self.codes(compatible, Self.held.queries), rows), Self.recall(Self.codes(alone, Self.held.queries), rows)
    )
    // Without the loss of compatibility old rows are found by chance: one in two hundred.
    #expect(apart < 0.05, "\(apart)")
    // Published: at least as much as old queries find.
    #expect(beside > 0.9 * after, "\(beside) of \(after)")
  }

  /// A new encoder: its vectors are those of the old one turned, with other noise. Only the codes of documents connect them.
  @Test func newEmbeddingsFindOldCodes() throws {
    let turn = RandomRotation(dimension: 24, seed: 8)
    func turned(_ vectors: DenseVectors) -> DenseVectors {
      DenseVectors(
        dimension: 24,
        values: (0..<vectors.count).flatMap { row in
          var vector = Array(vectors[row])
          turn.apply(to: &vector)
          return vector
        })
    }
    let pairs = Self.pairs(600, dimension: 24, noise: 0.9)
    let training = BinaryCodecTraining(bits: 64, steps: 1, hiddenCount: 64, epochCount: 4, batchSize: 100)
    let old = try training.codec(from: pairs)
    var other = training
    other.seed = 77
    let new = try other.codec(
      from: BinaryCodecTraining.Pairs(queries: turned(pairs.queries), documents: turned(pairs.documents)),
      keepingCompatible: old, oldPairs: pairs)
    let rows = Self.codes(old, Self.held.documents)
    let (before, after) = (
      Self.recall(Self.codes(old, Self.held.queries), rows), Self.recall(Self.codes(new, turned(Self.held.queries)), rows)
    )
    #expect(after > 0.85 * before, "\(after) of \(before)")
  }

  /// What the codes are before anything is learned: at equal bits a correction keeps more than further signs.
  @Test func aCorrectionKeepsMoreThanFurtherSigns() throws {
    let pairs = Self.pairs(300, dimension: 48, noise: 1.2)
    let held = Self.pairs(300, dimension: 48, seed: 60, noise: 1.2)
    func found(bits: Int, steps: Int) throws -> Double {
      let codec = try BinaryCodecTraining(bits: bits, steps: steps, hiddenCount: 96, epochCount: 0).codec(from: pairs)
      return Self.recall(Self.codes(codec, held.queries), Self.codes(codec, held.documents))
    }
    let (corrected, signs) = (try found(bits: 48, steps: 1), try found(bits: 96, steps: 0))
    #expect(corrected > signs, "\(corrected) with a correction, \(signs) with as many signs")
  }

  @Test func anyNumberOfThreadsLearnsTheSame() throws {
    let pairs = Self.pairs(80, dimension: 12)
    let training = BinaryCodecTraining(bits: 32, steps: 1, hiddenCount: 16, epochCount: 2, batchSize: 40)
    let codes = try [1, 3].map { try training.codec(from: pairs, pool: WorkerPool(threadCount: $0)).encode(pairs.queries) }
    #expect(codes[0] == codes[1])
  }

  @Test func settingsThatDoNotFitAreRefused() {
    let pairs = Self.pairs(10, dimension: 12)
    for training in [
      BinaryCodecTraining(bits: 17), BinaryCodecTraining(bits: 0), BinaryCodecTraining(bits: 32, steps: 4),
      BinaryCodecTraining(bits: 32, hiddenCount: 0), BinaryCodecTraining(bits: 32, batchSize: 1),
    ] {
      #expect(throws: IndexError.self) { try training.codec(from: pairs) }
    }
    var broken = pairs
    broken.queries.values[3] = .nan
    #expect(throws: IndexError.self) { try BinaryCodecTraining(bits: 32).codec(from: broken) }
  }

  @Test func filesAndIndexesKeepTheNetwork() throws {
    let codec = Self.untrained(steps: 1)
    let vectors = IndexSamples.clustered(200, dimension: 24)
    try TemporaryFile.use { path in
      try CodecFile.write(codec, to: path)
      let read = try CodecFile.read(path)
      #expect(read.specification == codec.specification && read.encode(vectors) == codec.encode(vectors))
    }
    for keepsVectors in [true, false] {
      let index = try DenseIndexFactory.build(
        vectors, similarity: .cosine,
        specification: DenseIndexSpecification(
          layout: .inverted, codec: .float16, lists: ListParameters(listCount: 6, exactScanLimit: 0),
          keepsVectors: keepsVectors),
        codec: codec)
      try TemporaryFile.use { path in
        try DenseIndexFactory.write(index, to: path)
        #expect(try DenseIndexFactory.open(path).search(vectors, SearchOptions(limit: 9)) == index.search(vectors, SearchOptions(limit: 9)))
      }
    }
    #expect(throws: IndexError.self) {
      try DenseIndexFactory.build(
        vectors, similarity: .euclidean, specification: DenseIndexSpecification(layout: .inverted), codec: codec)
    }
  }
}
