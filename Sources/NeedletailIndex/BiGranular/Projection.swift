public import NeedletailCore
internal import NeedletailNumerics

/// A learned linear map of vectors to vectors of as many components, scaled to unit length.
///
/// Stands where S. Xiao et al. (WWW 2022) train a whole encoder: the vectors of an encoder that stays as it is are turned
/// towards a task. Deviation: scaled to unit length where the paper normalises layers, so that products are cosines.
public struct Projection: Sendable {
  public let dimension: Int
  /// Row-major: component `i` of the result is row `i` times the vector, plus `bias[i]`.
  let weights: Column<Float>
  let bias: Column<Float>

  package init(dimension: Int, weights: [Float], bias: [Float]) {
    precondition(weights.count == dimension * dimension && bias.count == dimension)
    self.dimension = dimension
    self.weights = Column(weights)
    self.bias = Column(bias)
  }

  var byteCount: Int { weights.region.count + bias.region.count }

  /// One vector, mapped. A vector that is mapped to zero stays zero.
  public func applied(to vector: [Float]) -> [Float] {
    precondition(vector.count == dimension, "a vector of \(vector.count) components for a projection of \(dimension)")
    var result = [Float](repeating: 0, count: dimension)
    unsafe vector.withUnsafeBufferPointer { source in
      unsafe result.withUnsafeMutableBufferPointer { unsafe apply(to: source.baseAddress!, into: $0.baseAddress!) }
    }
    return result
  }

  /// All vectors, mapped.
  public func applied(to vectors: DenseVectors) -> DenseVectors {
    precondition(vectors.dimension == dimension || vectors.count == 0)
    var values = vectors.count == 0 ? [] : DenseProduct.rows(vectors.values, weights.elements, depth: dimension)
    let bias = bias.elements
    for index in values.indices { values[index] += bias[index % dimension] }
    UnitRows.normalise(&values, dimension: dimension)
    return DenseVectors(dimension: dimension, values: values)
  }

  func apply(to row: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>) {
    let rows = unsafe RowPointer(base: weights.start, stride: dimension, dimension: dimension)
    unsafe DistanceKernels.current.dot(row, rows, indices: nil, count: dimension, into: result)
    var squared: Float = 0
    for index in 0..<dimension {
      unsafe result[index] += bias.start[index]
      squared += unsafe result[index] * result[index]
    }
    let factor = squared > 0 && squared.isFinite ? 1 / squared.squareRoot() : 0
    for index in 0..<dimension { unsafe result[index] *= factor }
  }

  // MARK: - In a file

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.append(UInt64(dimension))
    write(to: &writer)
    return writer.bytes
  }

  func write(to writer: inout ByteWriter) {
    weights.elements.forEach { writer.append($0) }
    bias.elements.forEach { writer.append($0) }
  }

  init?(bytes: [UInt8]) {
    var reader = ByteReader(bytes)
    guard let dimension = reader.nextCount(), (1...maximumDimension).contains(dimension) else { return nil }
    self.init(dimension: dimension, from: &reader)
    guard reader.isAtEnd else { return nil }
  }

  init?(dimension: Int, from reader: inout ByteReader) {
    guard let weights = reader.nextFloats(dimension * dimension), let bias = reader.nextFloats(dimension) else { return nil }
    self.init(dimension: dimension, weights: weights, bias: bias)
  }
}
