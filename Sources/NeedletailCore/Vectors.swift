/// A batch of what an encoder produces: one item for each input.
public protocol Representation: Sendable {
  /// The number of inputs represented.
  var count: Int { get }
}

/// Rows of equal length in one flat array, row after row.
public struct DenseVectors: Representation, Hashable, Sendable {
  /// The number of components of each row.
  public let dimension: Int
  /// `count * dimension` components, row after row.
  public var values: [Float]

  public var count: Int { dimension == 0 ? 0 : values.count / dimension }

  /// Makes a batch from a flat array.
  ///
  /// - Precondition: `values.count` is a multiple of `dimension`, which is positive unless `values` is empty.
  public init(dimension: Int, values: [Float]) {
    precondition(dimension >= 0 && (values.isEmpty || (dimension > 0 && values.count.isMultiple(of: dimension))),
      "\(values.count) values do not make rows of \(dimension)")
    self.dimension = dimension
    self.values = values
  }

  /// The components of one row.
  public subscript(row: Int) -> ArraySlice<Float> { values[row * dimension..<(row + 1) * dimension] }
}

/// How the nearness of two vectors is measured. A higher score is always nearer.
public enum Similarity: String, Codable, Sendable, CaseIterable {
  /// Inner product.
  case dot
  /// Inner product of the vectors scaled to unit length.
  case cosine
  /// Negative squared Euclidean distance.
  case euclidean
}
