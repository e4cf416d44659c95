/// What a network learns: one piece of a store of parameters.
public struct Parameter: Hashable, Sendable {
  public let name: String
  public let shape: Shape
  /// Whether it gets a gradient.
  public let isTrained: Bool
  /// Where it begins in the store.
  let offset: Int

  var range: Range<Int> { offset..<offset + shape.count }
}

/// All parameters of a network in one piece of memory, with their gradients in another.
///
/// One piece, so that an optimiser goes over all of them in a loop that fits the processor. Parameters declared one after the other
/// may be seen as one, as the queries, keys and values of an attention layer are.
public final class Parameters {
  public private(set) var all: [Parameter] = []
  let valueMemory: AlignedMemory
  let gradientMemory: AlignedMemory
  /// Entries of all parameters, with the gaps between them.
  let count: Int
  private let positions: [String: Int]

  /// Makes parameters of zeros.
  ///
  /// - Precondition: names differ.
  public init(_ declarations: [(name: String, shape: Shape, isTrained: Bool)]) {
    var offset = 0
    for declaration in declarations {
      all.append(Parameter(name: declaration.name, shape: declaration.shape, isTrained: declaration.isTrained, offset: offset))
      offset += (declaration.shape.count + 15) / 16 * 16
    }
    count = offset
    valueMemory = AlignedMemory(byteCount: offset * MemoryLayout<Float>.stride)
    gradientMemory = AlignedMemory(byteCount: offset * MemoryLayout<Float>.stride)
    positions = Dictionary(uniqueKeysWithValues: zip(all.map(\.name), all.indices))
  }

  /// The parameter of that name, if there is one.
  public func parameter(named name: String) -> Parameter? { positions[name].map { all[$0] } }

  /// The values of a parameter, row after row.
  ///
  /// - Precondition: setting takes as many values as the shape holds.
  public subscript(parameter: Parameter) -> [Float] {
    get { unsafe Array(UnsafeBufferPointer(start: valueMemory.pointer(to: Float.self, at: parameter.offset), count: parameter.shape.count)) }
    set {
      precondition(newValue.count == parameter.shape.count, "\(newValue.count) values for a parameter of shape \(parameter.shape)")
      unsafe valueMemory.pointer(to: Float.self, at: parameter.offset).update(from: newValue, count: newValue.count)
    }
  }

  /// The sum of the gradients since they were last cleared.
  public func gradient(of parameter: Parameter) -> [Float] {
    unsafe Array(UnsafeBufferPointer(start: gradientMemory.pointer(to: Float.self, at: parameter.offset), count: parameter.shape.count))
  }

  /// Sets all gradients to zero.
  public func clearGradients() {
    unsafe gradientMemory.pointer(to: Float.self).update(repeating: 0, count: count)
  }

  /// Entries of `snapshot`.
  public var snapshotCount: Int { count }

  /// All values in one row, gaps included: what a checkpoint keeps.
  public var snapshot: [Float] {
    get { unsafe Array(UnsafeBufferPointer(start: valueMemory.pointer(to: Float.self), count: count)) }
    set {
      precondition(newValue.count == count, "\(newValue.count) values for a store of \(count)")
      unsafe valueMemory.pointer(to: Float.self).update(from: newValue, count: count)
    }
  }
}
