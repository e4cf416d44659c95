/// The extents of a tensor, slowest first; none for a single number.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  public let extents: [Int]

  public init(_ extents: [Int]) {
    precondition(extents.allSatisfy { $0 >= 0 }, "a negative extent in \(extents)")
    self.extents = extents
  }

  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// How many numbers a tensor of this shape holds.
  public var count: Int { extents.reduce(1, *) }
  public var rank: Int { extents.count }
  /// The last extent; 1 for a single number.
  public var columns: Int { extents.last ?? 1 }
  /// The product of all extents but the last.
  public var rows: Int { extents.dropLast().reduce(1, *) }

  public subscript(axis: Int) -> Int { extents[axis] }

  /// "[32, 64, 384]".
  public var description: String { "\(extents)" }
}

/// Why an operation on tensors cannot be carried out.
public enum TensorError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The shapes of two operands do not fit.
  case shapes(operation: String, left: Shape, right: Shape)
  /// The shape of the operand does not suit the operation.
  case shape(operation: String, Shape, expected: String)
  /// An index leads out of a tensor.
  case index(operation: String, index: Int, bound: Int)

  public var description: String {
    switch self {
    case .shapes(let operation, let left, let right): "\(operation) does not work for the shapes \(left) and \(right)"
    case .shape(let operation, let shape, let expected): "\(operation) needs \(expected), not the shape \(shape)"
    case .index(let operation, let index, let bound): "\(operation) was given the index \(index), outside of 0..<\(bound)"
    }
  }
}
