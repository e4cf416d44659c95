public import NeedletailCore

/// A sparse vector as clients gave it. Unlike `SparseVector` of Core it keeps zeros, which clients get back.
public struct SparsePointVector: Hashable, Sendable {
  /// The dimensions that are stored, ascending, without doubles.
  public private(set) var indices: [UInt32]
  /// Their values; zeros may be among them.
  public private(set) var values: [Float]

  /// Takes dimensions in any order.
  ///
  /// - Precondition: as many indices as values, no index twice.
  public init(indices: [UInt32], values: [Float]) {
    precondition(indices.count == values.count, "a sparse vector has as many values as indices")
    if zip(indices, indices.dropFirst()).allSatisfy({ $0 < $1 }) {
      self.indices = indices
      self.values = values
    } else {
      let order = indices.indices.sorted { indices[$0] < indices[$1] }
      self.indices = order.map { indices[$0] }
      self.values = order.map { values[$0] }
    }
  }

  /// The inner product over the dimensions both have; nil if they share none.
  func dot(_ other: SparsePointVector) -> Float? {
    var (left, right) = (0, 0)
    var sum: Float = 0
    var sharesAny = false
    while left < indices.count, right < other.indices.count {
      if indices[left] == other.indices[right] {
        sum += values[left] * other.values[right]
        sharesAny = true
        left += 1
        right += 1
      } else if indices[left] < other.indices[right] {
        left += 1
      } else {
        right += 1
      }
    }
    return sharesAny ? sum : nil
  }
}

/// A vector of a point, of one of three kinds.
public enum VectorValue: Hashable, Sendable {
  case dense([Float])
  case sparse(SparsePointVector)
  /// One row for each token, patch or the like; at least one row.
  case multi(DenseVectors)

  /// What its numbers take, in bytes.
  var byteCount: Int {
    switch self {
    case .dense(let values): 4 * values.count
    case .sparse(let vector): 8 * vector.indices.count
    case .multi(let rows): 4 * rows.values.count
    }
  }

  /// Writes the vector as JSON has it.
  public func write(_ writer: inout JSONWriter) {
    switch self {
    case .dense(let values): writer.floats(values)
    case .sparse(let vector):
      writer.object { writer in
        writer.member("indices") { $0.array { writer in for index in vector.indices { writer.integer(index) } } }
        writer.member("values") { $0.floats(vector.values) }
      }
    case .multi(let rows):
      writer.array { writer in for row in 0..<rows.count { writer.floats(rows[row]) } }
    }
  }
}

/// The vectors of a point by name; the unnamed one has the empty name.
public typealias NamedVectors = [String: VectorValue]
