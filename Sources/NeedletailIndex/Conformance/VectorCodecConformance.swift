public import NeedletailCore
internal import NeedletailNumerics

/// Checks that a codec keeps the promises of `VectorCodec`, for authors of codecs and for our own tests.
public struct VectorCodecConformance: Sendable {
  /// What the codec was trained on.
  public let vectors: DenseVectors
  public let queries: DenseVectors

  public init(vectors: DenseVectors, queries: DenseVectors) {
    self.vectors = vectors
    self.queries = queries
  }

  /// How well codes stand for the vectors.
  public struct Errors: Sendable {
    /// The mean squared distance between vectors and their decoded forms, as a fraction of their mean squared length.
    public var relativeDistortion: Double
    /// The same without the refining part of the codes.
    public var coarseDistortion: Double
    /// The greatest difference between a score and the product with the decoded vector, as a fraction of both lengths.
    public var scoreError: Double
  }

  /// Measures a codec.
  public func errors(of codec: any VectorCodec) -> Errors {
    let codes = codec.encode(vectors)
    let (fine, coarse) = (codec.decode(codes), codec.decodeCoarsely(codes))
    var scoreError = 0.0
    for number in 0..<queries.count {
      let query = Array(queries[number])
      let image = codec.image(of: query)
      for (row, score) in codec.scores(of: query, codes: codes).enumerated() {
        let (product, lengths) = Self.product(image[...], coarse[row])
        if lengths > 0 { scoreError = max(scoreError, abs(product - Double(score)) / lengths) }
      }
    }
    return Errors(
      relativeDistortion: distortion(fine), coarseDistortion: distortion(coarse), scoreError: scoreError)
  }

  /// The broken promises, each as a sentence; empty for a sound codec.
  ///
  /// - Parameters:
  ///   - codec: a codec made for the suite's vectors.
  ///   - maximumDistortion: the greatest admissible `relativeDistortion`; nil where decoded vectors live in a
  ///     space of their own.
  public func violations(of codec: any VectorCodec, maximumDistortion: Double?) -> [String] {
    var violations: [String] = []
    let codes = codec.encode(vectors)
    let rowBytes = codec.codeBytes + codec.residualBytes
    if codes.count != vectors.count * rowBytes { violations.append("codes take \(codes.count) bytes") }
    if codes != codec.encode(vectors) { violations.append("the same vectors have other codes the second time") }
    for row in [0, vectors.count / 2, vectors.count - 1] where vectors.count > 0 {
      let alone = codec.encode(DenseVectors(dimension: vectors.dimension, values: Array(vectors[row])))
      if alone != Array(codes[row * rowBytes..<(row + 1) * rowBytes]) {
        violations.append("row \(row) has another code alone than among others")
      }
    }
    let decoded = codec.decode(codes)
    if decoded.count != vectors.count { violations.append("\(decoded.count) rows are decoded") }
    if !decoded.values.allSatisfy(\.isFinite) { violations.append("a decoded component is not finite") }
    let errors = errors(of: codec)
    if errors.scoreError > Double(codec.scoreTolerance) {
      violations.append("a score is off by \(errors.scoreError) of both lengths, not \(codec.scoreTolerance)")
    }
    if let maximumDistortion {
      if errors.relativeDistortion > maximumDistortion {
        violations.append("the distortion is \(errors.relativeDistortion), not \(maximumDistortion)")
      }
      if codec.residualBytes > 0, errors.relativeDistortion > 0.2 * errors.coarseDistortion {
        violations.append("the refining part leaves \(errors.relativeDistortion) of \(errors.coarseDistortion)")
      }
    }
    if !codec.encode(DenseVectors(dimension: vectors.dimension, values: [])).isEmpty {
      violations.append("no vectors have codes")
    }
    return violations
  }

  private func distortion(_ decoded: DenseVectors) -> Double {
    guard decoded.dimension == vectors.dimension else { return .nan }
    var (error, length) = (0.0, 0.0)
    for (value, approximation) in zip(vectors.values, decoded.values) {
      error += Double(value - approximation) * Double(value - approximation)
      length += Double(value) * Double(value)
    }
    return length > 0 ? error / length : error
  }

  private static func product(_ left: ArraySlice<Float>, _ right: ArraySlice<Float>) -> (Double, lengths: Double) {
    var (product, first, second) = (0.0, 0.0, 0.0)
    for (x, y) in zip(left, right) {
      product += Double(x) * Double(y)
      first += Double(x) * Double(x)
      second += Double(y) * Double(y)
    }
    return (product, (first * second).squareRoot())
  }
}
