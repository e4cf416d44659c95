import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

/// Every codec keeps the promises of `VectorCodec`.
@Suite struct VectorCodecTests {
  /// The error that a codec may leave on clustered vectors of 40 components.
  private static func maximumDistortion(_ codec: CodecSpecification) -> Double {
    switch codec {
    case .float32: 1e-12
    case .float16: 1e-6
    case .bfloat16: 1e-4
    case .scalar(bits: 8): 1e-4
    case .scalar: 0.03
    case .locallyAdaptive(bits: 8, residualBits: 0): 1e-4
    case .locallyAdaptive(bits: 8, _): 1e-8
    case .locallyAdaptive(_, residualBits: 0): 0.02
    case .locallyAdaptive(_, residualBits: 4): 1e-4
    case .locallyAdaptive: 1e-6
    case .product(_, bits: 8, _): 0.4
    case .product: 0.6
    // An error across the vector is bought for less along it.
    case .anisotropic(_, bits: 8): 0.5
    case .anisotropic: 0.8
    // Decoding without bias makes one bit longer than the vector: the error is (1 - c²) / c² with c² = 2 / π.
    case .rotated(bits: 1): 0.8
    case .rotated(let bits): 1.2 / Double(1 << (2 * bits - 2))
    case .signs: 0.8
    case .recurrent, .projected: 1
    }
  }

  @Test(arguments: CodecSpecification.examples)
  func keepsItsPromises(_ specification: CodecSpecification) throws {
    for (dimension, count) in [(40, 600), (17, 100), (130, 300)] {
      let vectors = IndexSamples.clustered(count, dimension: dimension)
      let queries = IndexSamples.clustered(10, dimension: dimension, seed: 2)
      let codec = try CodecTraining.codec(specification, for: vectors)
      #expect(codec.specification == specification && codec.dimension == dimension)
      let conformance = VectorCodecConformance(vectors: vectors, queries: queries)
      #expect(
        conformance.violations(of: codec, maximumDistortion: dimension == 40 ? Self.maximumDistortion(specification) : 1) == [])
    }
  }

  @Test(arguments: CodecSpecification.examples)
  func namesAreReadBack(_ specification: CodecSpecification) {
    #expect(CodecSpecification(specification.description) == specification)
    #expect(CodecSpecification(specification.description.uppercased()) == specification)
  }

  @Test func otherNamesAreRefused() {
    for name in ["", "pq", "pq0x4", "pq8x5", "sq3", "lvq4x3", "rabitq0", "rabitq9", "pq8x4x4", "sq8x8", "x", "opq-1x4"] {
      #expect(CodecSpecification(name) == nil, "\(name)")
    }
  }

  @Test(arguments: CodecSpecification.examples)
  func anyNumberOfThreadsLearnsTheSame(_ specification: CodecSpecification) throws {
    let vectors = IndexSamples.clustered(700, dimension: 24)
    let codes = try [1, 3].map {
      try CodecTraining.codec(specification, for: vectors, pool: WorkerPool(threadCount: $0)).encode(vectors)
    }
    #expect(codes[0] == codes[1])
  }

  @Test(arguments: CodecSpecification.examples)
  func extremeVectorsStayFinite(_ specification: CodecSpecification) throws {
    let dimension = 16
    let zeros = [Float](repeating: 0, count: dimension)
    let samples: [[Float]] = [
      zeros, zeros.map { _ in 1e18 }, zeros.map { _ in -1e-30 }, zeros.map { _ in 1e-38 },
      (0..<dimension).map { $0 == 3 ? 1e17 : 0 }, (0..<dimension).map { Float($0) - 7.5 },
    ]
    for values in [samples.flatMap { $0 }, samples[0], samples[1], samples[3], samples[4] + samples[4]] {
      let vectors = DenseVectors(dimension: dimension, values: values)
      let codec = try CodecTraining.codec(specification, for: vectors)
      let codes = codec.encode(vectors)
      let decoded = codec.decode(codes).values
      #expect(!decoded.contains { !$0.isFinite })
      for sample in samples {
        let scores = codec.scores(of: sample, codes: codes)
        #expect(!scores.contains { $0.isNaN })
      }
    }
  }

  @Test func brokenVectorsAndParametersAreRefused() throws {
    var vectors = IndexSamples.clustered(50, dimension: 4)
    #expect(throws: IndexError.self) {
      try CodecTraining.codec(.product(parts: 5, bits: 4, isRotated: false), for: vectors)
    }
    #expect(throws: IndexError.self) { try CodecTraining.codec(.recurrent(bits: 64, steps: 1), for: vectors) }
    vectors.values[4 * 30] = .nan
    #expect(throws: IndexError.unusableVector(row: 30, reason: "its components must be finite numbers whose squares sum to less than 4e37")) {
      try CodecTraining.codec(.scalar(bits: 8), for: vectors)
    }
  }

  @Test func moreBitsMeanLessError() throws {
    let vectors = IndexSamples.clustered(400, dimension: 64)
    let conformance = VectorCodecConformance(vectors: vectors, queries: DenseVectors(dimension: 64, values: []))
    let distortions = try (1...8).map {
      conformance.errors(of: try CodecTraining.codec(.rotated(bits: $0), for: vectors)).relativeDistortion
    }
    for (coarse, fine) in zip(distortions, distortions.dropFirst()) { #expect(fine < 0.6 * coarse) }
  }

  @Test func aLearnedRotationHelpsCorrelatedComponents() throws {
    // Pairs of components that lie in different parts say nearly the same.
    let base = IndexSamples.clustered(2_000, dimension: 8)
    var values: [Float] = []
    for row in 0..<base.count { values += Array(base[row]) + base[row].map { 0.9 * $0 } }
    let vectors = DenseVectors(dimension: 16, values: values)
    let conformance = VectorCodecConformance(vectors: vectors, queries: DenseVectors(dimension: 16, values: []))
    let distortions = try [false, true].map {
      conformance.errors(of: try CodecTraining.codec(.product(parts: 4, bits: 4, isRotated: $0), for: vectors))
        .relativeDistortion
    }
    #expect(distortions[1] < 0.8 * distortions[0])
  }

  /// Vectors and queries of unit length; the true product of each query with each vector.
  private func unitSamples() -> (vectors: DenseVectors, queries: DenseVectors, products: [[Float]]) {
    func unit(_ vectors: DenseVectors) -> DenseVectors {
      let values = (0..<vectors.count).flatMap { row in
        let length = vectors[row].reduce(0) { $0 + $1 * $1 }.squareRoot()
        return vectors[row].map { $0 / length }
      }
      return DenseVectors(dimension: vectors.dimension, values: values)
    }
    let vectors = unit(IndexSamples.clustered(2_000, dimension: 64))
    let queries = unit(IndexSamples.clustered(50, dimension: 64, seed: 9))
    return (vectors, queries, (0..<queries.count).map { query in
      (0..<vectors.count).map { row in zip(queries[query], vectors[row]).reduce(0) { $0 + $1.0 * $1.1 } }
    })
  }

  @Test func codesChosenByScoresMissLessOfTheBestOnes() throws {
    let (vectors, queries, products) = unitSamples()
    func quality(_ specification: CodecSpecification) throws -> (error: Double, recall: Double) {
      let codec = try CodecTraining.codec(specification, for: vectors)
      let codes = codec.encode(vectors)
      var (error, hits) = (0.0, 0)
      for query in 0..<queries.count {
        let scores = codec.scores(of: Array(queries[query]), codes: codes)
        func best(_ values: [Float]) -> Set<Int> { Set(values.indices.sorted { (values[$0], $1) > (values[$1], $0) }.prefix(10)) }
        let wanted = best(products[query])
        hits += best(Array(scores.prefix(vectors.count))).intersection(wanted).count
        for row in wanted {
          let difference = Double(scores[row] - products[query][row])
          error += difference * difference
        }
      }
      return (error, Double(hits) / Double(10 * queries.count))
    }
    let (plain, chosen) = (try quality(.product(parts: 32, bits: 4, isRotated: false)), try quality(.anisotropic(parts: 32, bits: 4)))
    #expect(chosen.error < 0.8 * plain.error, "\(chosen) against \(plain)")
    #expect(chosen.recall > plain.recall, "\(chosen) against \(plain)")
  }

  /// One bit for each of many random directions is the hash of Charikar: two vectors share a bit with the probability 1 - angle / π.
  @Test func signsBehindARandomRotationCollideByTheAngle() throws {
    let dimension = 512
    var generator = SeededGenerator(seed: 4)
    for angle in [0.2, 0.7, 1.2, .pi / 2, 2.4] {
      var agreement = 0.0
      let pairs = 20
      for pair in 0..<pairs {
        // a pair of unit vectors at the angle, in a random plane
        let first = TokenSamples.unit(dimension, &generator)
        let other = TokenSamples.unit(dimension, &generator)
        let product = zip(first, other).reduce(0) { $0 + $1.0 * $1.1 }
        let across = zip(first, other).map { $1 - product * $0 }
        let length = across.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let second = zip(first, across).map { Float(cos(angle)) * $0 + Float(sin(angle)) * $1 / length }
        let vectors = DenseVectors(dimension: dimension, values: first + second)
        let codec = try CodecTraining.codec(.rotated(bits: 1), for: vectors, seed: UInt64(pair))
        let signs = codec.decode(codec.encode(vectors))
        // signs in rotated space: the cosine of two decoded vectors is the share of equal bits minus that of different ones
        let cosine = zip(signs[0], signs[1]).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        let lengths = (0...1).map { row in signs[row].reduce(0) { $0 + Double($1) * Double($1) } }
        agreement += (1 + cosine / (lengths[0] * lengths[1]).squareRoot()) / 2 / Double(pairs)
      }
      #expect(abs(agreement - (1 - angle / .pi)) < 0.02, "\(agreement) at \(angle)")
    }
  }

  @Test func boundsOfRotatedCodesHold() throws {
    // Seen through the scores: |score - true product| within the stated bound for nearly all pairs.
    let vectors = IndexSamples.clustered(500, dimension: 96)
    let queries = IndexSamples.clustered(10, dimension: 96, seed: 8)
    for bits in [1, 4] {
      let codec = try CodecTraining.codec(.rotated(bits: bits), for: vectors)
      let codes = codec.encode(vectors)
      var beyond = 0
      for number in 0..<queries.count {
        let query = Array(queries[number])
        let length = query.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let scores = codec.scores(of: query, codes: codes)
        for row in 0..<vectors.count {
          let product = zip(query, vectors[row]).reduce(Float(0)) { $0 + $1.0 * $1.1 }
          let bound = unsafe codes.withUnsafeBytes {
            unsafe $0.loadUnaligned(fromByteOffset: row * codec.codeBytes + 4, as: Float.self)
          }
          if abs(scores[row] - product) > 1.05 * bound * length { beyond += 1 }
        }
      }
      #expect(Double(beyond) / 5_000 < 0.1)
    }
  }
}
