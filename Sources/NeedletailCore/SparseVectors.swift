/// Vectors of which few components differ from zero, in one flat batch: compressed sparse rows.
///
/// Row `i` has the terms `terms[offsets[i]..<offsets[i + 1]]` and the weights at the same places. Every value of this
/// type is sound: terms ascend strictly within a row and lie below `dimension`, weights are finite.
///
/// ```swift
/// var vectors = SparseVectors(dimension: 30_522)
/// try vectors.append(SparseVector([(term: 2, weight: 0.5), (term: 17, weight: 1.25)]))
/// ```
public struct SparseVectors: Representation, Hashable, Sendable {
  /// One more than the largest term that may occur: the size of the vocabulary.
  public let dimension: Int
  /// Where each row begins in `terms` and `weights`, and where the last one ends: `count + 1` numbers.
  public private(set) var offsets: [Int]
  /// The terms of all rows, row after row.
  public private(set) var terms: [UInt32]
  /// The weights of the terms.
  public private(set) var weights: [Float]

  public var count: Int { offsets.count - 1 }

  /// An empty batch.
  ///
  /// - Precondition: `dimension` is not negative and fits 32 bits.
  public init(dimension: Int) {
    precondition((0...Self.largestDimension).contains(dimension), "a vocabulary has 0 to \(Self.largestDimension) terms")
    self.dimension = dimension
    offsets = [0]
    terms = []
    weights = []
  }

  /// A batch from its parts, which are checked.
  ///
  /// - Throws: `SparseVectorError` for offsets that do not divide the terms, and for the first row that is not sound.
  public init(dimension: Int, offsets: [Int], terms: [UInt32], weights: [Float]) throws(SparseVectorError) {
    guard (0...Self.largestDimension).contains(dimension) else { throw .impossibleDimension(dimension) }
    guard offsets.first == 0, offsets.last == terms.count, terms.count == weights.count,
      zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 })
    else { throw .unevenParts }
    for row in 0..<offsets.count - 1 {
      let places = offsets[row]..<offsets[row + 1]
      try SparseVector.check(terms[places], weights[places], row: row)
      if let last = terms[places].last, Int(last) >= dimension {
        throw .termOutOfRange(row: row, term: last, dimension: dimension)
      }
    }
    self.dimension = dimension
    self.offsets = offsets
    self.terms = terms
    self.weights = weights
  }

  /// The most terms that a vocabulary may have.
  public static let largestDimension = Int(Int32.max)

  /// Adds a row.
  ///
  /// - Throws: `termOutOfRange` if a term is not below `dimension`.
  public mutating func append(_ vector: SparseVector) throws(SparseVectorError) {
    if let last = vector.terms.last, Int(last) >= dimension {
      throw .termOutOfRange(row: count, term: last, dimension: dimension)
    }
    terms += vector.terms
    weights += vector.weights
    offsets.append(terms.count)
  }

  /// Adds some rows of another batch.
  ///
  /// - Precondition: the vocabularies are equally large, and the rows are there.
  public mutating func append(_ rows: Range<Int>, of other: SparseVectors) {
    precondition(other.dimension == dimension, "vocabularies of \(dimension) and \(other.dimension) terms do not mix")
    let start = other.offsets[rows.lowerBound]
    let shift = terms.count - start
    terms += other.terms[start..<other.offsets[rows.upperBound]]
    weights += other.weights[start..<other.offsets[rows.upperBound]]
    for row in rows { offsets.append(other.offsets[row + 1] + shift) }
  }

  /// One row.
  ///
  /// - Precondition: `row` is below `count`.
  public subscript(row: Int) -> SparseVector {
    let places = offsets[row]..<offsets[row + 1]
    return SparseVector(sound: Array(terms[places]), Array(weights[places]))
  }
}

extension SparseVectors {
  /// The first rows.
  public func prefix(_ limit: Int) -> SparseVectors {
    var result = SparseVectors(dimension: dimension)
    let end = offsets[Swift.min(Swift.max(0, limit), count)]
    result.offsets = Array(offsets.prefix(Swift.min(Swift.max(0, limit), count) + 1))
    result.terms = Array(terms[..<end])
    result.weights = Array(weights[..<end])
    return result
  }

  /// Each row with its heaviest components only, at most `limit`.
  public func keepingHeaviest(_ limit: Int) -> SparseVectors {
    var result = SparseVectors(dimension: dimension)
    for row in 0..<count {
      let kept = self[row].keepingHeaviest(limit)
      result.terms += kept.terms
      result.weights += kept.weights
      result.offsets.append(result.terms.count)
    }
    return result
  }

  /// The share of the sum of magnitudes that the heaviest `limit` components of a row hold, on average over rows that have
  /// any: how concentrated the vectors are.
  public func massShare(ofHeaviest limit: Int) -> Double {
    var sum = 0.0
    var rowCount = 0
    for row in 0..<count where offsets[row] < offsets[row + 1] {
      let magnitudes = weights[offsets[row]..<offsets[row + 1]].map { Double(Swift.abs($0)) }.sorted(by: >)
      let mass = magnitudes.reduce(0, +)
      guard mass > 0 else { continue }
      sum += magnitudes.prefix(limit).reduce(0, +) / mass
      rowCount += 1
    }
    return rowCount > 0 ? sum / Double(rowCount) : 0
  }
}

/// One vector of which few components differ from zero.
public struct SparseVector: Hashable, Sendable {
  /// The numbers of the components, strictly ascending.
  public let terms: [UInt32]
  /// The components, finite.
  public let weights: [Float]

  /// A vector from entries in any order; those of weight 0 are left out.
  ///
  /// - Throws: `repeatedTerm`, or `unusableWeight` for one that is not a finite number.
  public init(_ entries: some Sequence<(term: UInt32, weight: Float)>) throws(SparseVectorError) {
    let sorted = entries.filter { $0.weight != 0 }.sorted { $0.term < $1.term }
    terms = sorted.map(\.term)
    weights = sorted.map(\.weight)
    try Self.check(terms[...], weights[...], row: nil)
  }

  /// The zero vector.
  public init() {
    terms = []
    weights = []
  }

  /// The entries are known to be sound.
  init(sound terms: [UInt32], _ weights: [Float]) {
    self.terms = terms
    self.weights = weights
  }

  /// The number of components that differ from zero.
  public var count: Int { terms.count }

  /// The components of greatest magnitude, at most `limit`, of equal ones those with the lowest numbers: what serving keeps of a learned vector.
  public func keepingHeaviest(_ limit: Int) -> SparseVector {
    guard count > limit else { return self }
    let kept = terms.indices.sorted { (abs(weights[$0]), terms[$1]) > (abs(weights[$1]), terms[$0]) }.prefix(max(0, limit)).sorted()
    return SparseVector(sound: kept.map { terms[$0] }, kept.map { weights[$0] })
  }

  /// The inner product with another vector.
  public func dot(_ other: SparseVector) -> Float {
    var sum = 0.0
    var place = 0
    for (term, weight) in zip(terms, weights) {
      while place < other.count, other.terms[place] < term { place += 1 }
      guard place < other.count else { break }
      if other.terms[place] == term { sum += Double(weight) * Double(other.weights[place]) }
    }
    return Float(sum)
  }

  static func check(_ terms: ArraySlice<UInt32>, _ weights: ArraySlice<Float>, row: Int?) throws(SparseVectorError) {
    for (previous, next) in zip(terms, terms.dropFirst()) where previous >= next {
      throw previous == next ? .repeatedTerm(row: row, term: next) : .unorderedTerms(row: row)
    }
    for (term, weight) in zip(terms, weights) where !weight.isFinite { throw .unusableWeight(row: row, term: term) }
  }
}

/// Why numbers do not make sparse vectors. `row` is nil for a vector on its own.
public enum SparseVectorError: Problem, Hashable {
  /// The dimension is negative or beyond 32 bits.
  case impossibleDimension(Int)
  /// Offsets, terms and weights do not fit each other.
  case unevenParts
  case unorderedTerms(row: Int?)
  case repeatedTerm(row: Int?, term: UInt32)
  case unusableWeight(row: Int?, term: UInt32)
  case termOutOfRange(row: Int, term: UInt32, dimension: Int)

  public var category: ProblemCategory { .invalidRequest }

  public var description: String {
    func name(_ row: Int?) -> String { row.map { "sparse vector \($0)" } ?? "the sparse vector" }
    return switch self {
    case .impossibleDimension(let dimension):
      "\(dimension) is no size of a vocabulary; give 0 to \(SparseVectors.largestDimension)"
    case .unevenParts:
      "the offsets of sparse vectors must ascend from 0 to the number of terms, with one weight for each term"
    case .unorderedTerms(let row): "\(name(row)) has terms out of order; sort them"
    case .repeatedTerm(let row, let term): "\(name(row)) has term \(term) twice; add up its weights"
    case .unusableWeight(let row, let term): "\(name(row)) has a weight at term \(term) that is not a finite number"
    case .termOutOfRange(let row, let term, let dimension):
      "\(name(row)) has term \(term), but the vocabulary has only \(dimension); build it for the right vocabulary"
    }
  }
}
