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

/// All parameters of a network in one piece of memory, with the gradients of those that learn in another.
///
/// One piece, so that an optimiser goes over all of them in a loop that fits the processor. Those that learn come first, so that the
/// memory of gradients, moments and averages ends where they end: a parameter that does not learn costs its values and nothing else.
public final class Parameters {
  public private(set) var all: [Parameter] = []
  let valueMemory: AlignedMemory
  let gradientMemory: AlignedMemory
  /// Entries of the parameters that learn, with the gaps between them; the others lie behind.
  let trainedCount: Int
  /// Bytes of values and gradients.
  public var byteCount: Int { valueMemory.byteCount + gradientMemory.byteCount }
  private let positions: [String: Int]

  /// Makes parameters of zeros.
  ///
  /// - Precondition: names differ.
  public init(_ declarations: [(name: String, shape: Shape, isTrained: Bool)]) {
    func size(_ shape: Shape) -> Int { (shape.count + 15) / 16 * 16 }
    trainedCount = declarations.reduce(0) { $0 + ($1.isTrained ? size($1.shape) : 0) }
    var (trained, fixed) = (0, trainedCount)
    for (name, shape, isTrained) in declarations {
      all.append(Parameter(name: name, shape: shape, isTrained: isTrained, offset: isTrained ? trained : fixed))
      if isTrained { trained += size(shape) } else { fixed += size(shape) }
    }
    valueMemory = AlignedMemory(byteCount: fixed * MemoryLayout<Float>.stride)
    gradientMemory = AlignedMemory(byteCount: trainedCount * MemoryLayout<Float>.stride)
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

  /// The sum of the gradients since they were last cleared; empty for a parameter that does not learn.
  public func gradient(of parameter: Parameter) -> [Float] {
    guard parameter.isTrained else { return [] }
    return unsafe Array(UnsafeBufferPointer(start: gradientMemory.pointer(to: Float.self, at: parameter.offset), count: parameter.shape.count))
  }

  /// Sets all gradients to zero.
  public func clearGradients() {
    unsafe gradientMemory.pointer(to: Float.self).update(repeating: 0, count: trainedCount)
  }

  /// Entries of `snapshot`.
  public var snapshotCount: Int { trainedCount }

  /// The values of all parameters that learn in one row, gaps included: what a checkpoint keeps.
  public var snapshot: [Float] {
    get { unsafe Array(UnsafeBufferPointer(start: valueMemory.pointer(to: Float.self), count: trainedCount)) }
    set {
      precondition(newValue.count == trainedCount, "\(newValue.count) values for a store of \(trainedCount)")
      unsafe valueMemory.pointer(to: Float.self).update(from: newValue, count: trainedCount)
    }
  }
}
