/// Several vectors for each input, such as one for each token, in one flat array.
public struct TokenVectors: Representation, Hashable, Sendable {
  /// The number of components of each vector.
  public let dimension: Int
  /// The components of all vectors, input after input.
  public private(set) var values: [Float] = []
  /// The number of the first vector of each input; one more than inputs.
  public private(set) var offsets: [Int] = [0]

  public var count: Int { offsets.count - 1 }
  /// The vectors of all inputs together.
  public var tokenCount: Int { offsets[offsets.count - 1] }

  /// No inputs yet.
  ///
  /// - Precondition: `dimension` is positive.
  public init(dimension: Int) {
    precondition(dimension > 0, "vectors of \(dimension) components")
    self.dimension = dimension
  }

  /// Adds an input with its vectors one after the other; it may have none.
  ///
  /// - Precondition: the number of components is a multiple of `dimension`.
  public mutating func append(_ components: some Collection<Float>) {
    precondition(components.count.isMultiple(of: dimension), "\(components.count) values do not make vectors of \(dimension)")
    values += components
    offsets.append(tokenCount + components.count / dimension)
  }

  /// Adds the inputs of another batch.
  ///
  /// - Precondition: the dimensions agree.
  public mutating func append(contentsOf other: TokenVectors) {
    precondition(other.dimension == dimension, "vectors of \(other.dimension) behind vectors of \(dimension)")
    let first = tokenCount
    values += other.values
    offsets += other.offsets.dropFirst().map { first + $0 }
  }

  /// The numbers of the vectors of an input.
  public func tokens(of item: Int) -> Range<Int> { offsets[item]..<offsets[item + 1] }

  /// The components of the vectors of an input, one after the other.
  public subscript(item: Int) -> ArraySlice<Float> { values[offsets[item] * dimension..<offsets[item + 1] * dimension] }
}
