public import NeedletailCore
public import NeedletailNumerics
internal import Foundation
internal import Synchronization

/// Turns a set of vectors into one long vector, so that an inner product approximates late interaction.
///
/// Dhulipala, Hadian, Jayaram, Lee and Mirrokni, "MUVERA: Multi-Vector Retrieval via Fixed Dimensional Encodings", NeurIPS 2024,
/// section 2.1. Nothing is learned: random hyperplanes cut space into cells; the vectors of a query in a cell are summed, those
/// of a document averaged, and an empty cell of a document borrows its nearest vector; repetitions with fresh randomness are
/// joined. An index of inner products over the encodings of documents finds candidates for `MultiVectorIndex.rank`.
///
/// Deviation: the final projection adds each component with a random sign to one place (a count sketch), as the authors' released
/// code does, where the paper has a dense random matrix: the same in expectation and as many times cheaper as it has columns.
public struct FixedDimensionalEncoder: Sendable {
  /// The sizes and the seed; both sides have to be encoded with the same.
  public struct Parameters: Hashable, Codable, Sendable {
    /// Independent encodings joined (`R_reps`).
    public var repetitions: Int
    /// Hyperplanes; there are `2^partitionBits` cells (`k_sim`).
    public var partitionBits: Int
    /// Components of a vector in its cell (`d_proj`); nil leaves vectors as they are.
    public var projectedDimension: Int?
    /// Components of the whole encoding (`d_final`); nil leaves it as it is.
    public var finalDimension: Int?
    /// Whether an empty cell of a document borrows the document's nearest vector.
    public var fillsEmptyCells: Bool
    public var seed: UInt64

    public init(
      repetitions: Int = 20, partitionBits: Int = 5, projectedDimension: Int? = 8, finalDimension: Int? = nil, fillsEmptyCells: Bool = true,
      seed: UInt64 = 1
    ) {
      self.repetitions = repetitions
      self.partitionBits = partitionBits
      self.projectedDimension = projectedDimension
      self.finalDimension = finalDimension
      self.fillsEmptyCells = fillsEmptyCells
      self.seed = seed
    }
  }

  public let parameters: Parameters
  /// Components of the vectors that are encoded.
  public let inputDimension: Int
  /// For each repetition `partitionBits` hyperplanes and then the rows of its projection, each of `inputDimension` components.
  private let matrix: [Float]
  /// For each component of the joined encoding its place in the final one, and its sign.
  private let finalPlaces: [UInt32]
  private let finalSigns: [Float]

  /// - Throws: `IndexError.invalidParameter`.
  public init(dimension: Int, parameters: Parameters = Parameters()) throws(IndexError) {
    guard (1...maximumDimension).contains(dimension), (1...1000).contains(parameters.repetitions), (0...12).contains(parameters.partitionBits),
      (1...maximumDimension).contains(parameters.projectedDimension ?? dimension)
    else {
      throw .invalidParameter("an encoding takes 1 to 1000 repetitions and 0 to 12 bits, and a projection to at least one component")
    }
    let length = parameters.repetitions * (1 << parameters.partitionBits) * (parameters.projectedDimension ?? dimension)
    guard length <= 1 << 24, (1...maximumDimension).contains(parameters.finalDimension ?? 1) else {
      throw .invalidParameter(
        "encodings of \(parameters.finalDimension ?? length) components are too long; choose fewer repetitions or bits, or a final dimension "
          + "of at most \(maximumDimension), which is what an index takes")
    }
    self.parameters = parameters
    inputDimension = dimension
    matrix = Self.matrix(dimension, parameters)
    var generator = SeededGenerator(seed: parameters.seed ^ 0xF1A1)
    let final = parameters.finalDimension
    finalPlaces = final.map { final in (0..<length).map { _ in UInt32.random(in: 0..<UInt32(final), using: &generator) } } ?? []
    finalSigns = final.map { _ in (0..<length).map { _ in generator.next() & 1 == 0 ? 1 : -1 } } ?? []
  }

  /// Components of an encoding.
  public var dimension: Int { parameters.finalDimension ?? joinedDimension }

  private var cellCount: Int { 1 << parameters.partitionBits }
  /// Components in a cell.
  private var width: Int { parameters.projectedDimension ?? inputDimension }
  private var joinedDimension: Int { parameters.repetitions * cellCount * width }
  /// Rows of the matrix for one repetition.
  private var rowsPerRepetition: Int { parameters.partitionBits + (parameters.projectedDimension ?? 0) }

  /// Each repetition has a generator of its own, the same for queries and documents.
  private static func matrix(_ dimension: Int, _ parameters: Parameters) -> [Float] {
    var matrix: [Float] = []
    for repetition in 0..<parameters.repetitions {
      var seeds = SeededGenerator(seed: parameters.seed)
      var generator = SeededGenerator(seed: seeds.next() &+ UInt64(repetition))
      for _ in 0..<parameters.partitionBits * dimension { matrix.append(Float(generator.nextGaussian())) }
      guard let projected = parameters.projectedDimension else { continue }
      let scale = 1 / Float(projected).squareRoot()
      for _ in 0..<projected * dimension { matrix.append(generator.next() & 1 == 0 ? scale : -scale) }
    }
    return matrix
  }

  // MARK: - Encoding

  /// The encoding of a query.
  ///
  /// - Parameter vectors: the vectors of the query one after the other; with none the encoding is zero.
  /// - Precondition: they have `inputDimension` components each.
  public func query(_ vectors: some Collection<Float>) -> [Float] { encoded(Array(vectors), isDocument: false) }

  /// The encoding of a document; see ``query(_:)``.
  public func document(_ vectors: some Collection<Float>) -> [Float] { encoded(Array(vectors), isDocument: true) }

  /// The encodings of many documents, spread over threads.
  public func documents(_ documents: TokenVectors, pool: WorkerPool = .shared) -> DenseVectors {
    let dimension = dimension
    var values = [Float](repeating: 0, count: documents.count * dimension)
    unsafe values.withUnsafeMutableBufferPointer { values in
      nonisolated(unsafe) let values = unsafe values
      pool.forEach(documents.count) { item in
        let encoding = document(documents[item])
        unsafe (values.baseAddress.unsafelyUnwrapped + item * dimension).update(from: encoding, count: dimension)
      }
    }
    return DenseVectors(dimension: dimension, values: values)
  }

  private func encoded(_ vectors: [Float], isDocument: Bool) -> [Float] {
    precondition(vectors.count.isMultiple(of: inputDimension), "\(vectors.count) values do not make vectors of \(inputDimension)")
    let count = vectors.count / inputDimension
    guard count > 0 else { return [Float](repeating: 0, count: dimension) }
    let rows = parameters.repetitions * rowsPerRepetition
    // For each vector its products with all hyperplanes and projections.
    var products: [Float] = []
    products.reserveCapacity(count * rows)
    if rows > 0 {
      for token in 0..<count {
        let vector = Array(vectors[token * inputDimension..<(token + 1) * inputDimension])
        products += DistanceKernels.current.dot(vector.span, rows: matrix.span)
      }
    }
    var joined = [Float](repeating: 0, count: joinedDimension)
    var cells = [Int](repeating: 0, count: count)
    for repetition in 0..<parameters.repetitions {
      let first = repetition * rowsPerRepetition
      for token in 0..<count {
        var cell = 0
        for bit in 0..<parameters.partitionBits where products[token * rows + first + bit] > 0 { cell |= 1 << bit }
        cells[token] = cell
      }
      func add(_ token: Int, to cell: Int, times factor: Float) {
        let target = (repetition * cellCount + cell) * width
        if parameters.projectedDimension != nil {
          let source = token * rows + first + parameters.partitionBits
          for component in 0..<width { joined[target + component] += factor * products[source + component] }
        } else {
          for component in 0..<width { joined[target + component] += factor * vectors[token * inputDimension + component] }
        }
      }
      guard isDocument else {
        for token in 0..<count { add(token, to: cells[token], times: 1) }
        continue
      }
      var members = [Int](repeating: 0, count: cellCount)
      for cell in cells { members[cell] += 1 }
      for token in 0..<count { add(token, to: cells[token], times: 1 / Float(members[cells[token]])) }
      guard parameters.fillsEmptyCells else { continue }
      for cell in 0..<cellCount where members[cell] == 0 { add(Self.nearest(to: cell, cells), to: cell, times: 1) }
    }
    return projected(joined)
  }

  /// The first vector whose cell differs from this one by the fewest hyperplanes.
  private static func nearest(to cell: Int, _ cells: [Int]) -> Int {
    var best = (token: 0, distance: Int.max)
    for (token, other) in cells.enumerated() {
      let distance = (cell ^ other).nonzeroBitCount
      if distance < best.distance { best = (token, distance) }
    }
    return best.token
  }

  private func projected(_ joined: [Float]) -> [Float] {
    guard let final = parameters.finalDimension else { return joined }
    var result = [Float](repeating: 0, count: final)
    for (component, value) in joined.enumerated() { result[Int(finalPlaces[component])] += finalSigns[component] * value }
    return result
  }
}

extension SeededGenerator {
  /// A number from the standard normal distribution (G. Box and M. Muller, 1958).
  mutating func nextGaussian() -> Double {
    let radius = (-2 * log(Double.random(in: Double.leastNormalMagnitude..<1, using: &self))).squareRoot()
    return radius * cos(2 * Double.pi * Double.random(in: 0..<1, using: &self))
  }
}
