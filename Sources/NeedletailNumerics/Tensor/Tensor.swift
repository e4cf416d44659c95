/// Numbers in a shape, on a tape that remembers how they came about.
///
/// A tensor may be read until its tape is cleared; its memory is used again then, or as soon as neither a variable nor the tape holds
/// it. Entries are single precision, row after row.
/// Operations that get shapes which do not fit throw a `TensorError` that names them.
public final class Tensor {
  public let shape: Shape
  /// Whether `Tape.differentiate(_:)` computes a gradient for it.
  public let isDifferentiable: Bool

  /// The tape it is on.
  public let tape: Tape
  let storage: AlignedMemory
  private let offset: Int
  private var slope: AlignedMemory?
  private let slopeOffset: Int
  /// Which recording of the tape its memory was lent for; nil if the memory belongs to somebody else.
  private let generation: Int?

  init(_ shape: Shape, isDifferentiable: Bool, on tape: Tape, storage: AlignedMemory) {
    self.shape = shape
    self.isDifferentiable = isDifferentiable
    self.tape = tape
    self.storage = storage
    offset = 0
    slopeOffset = 0
    generation = tape.memory.generation
  }

  /// Numbers that belong to somebody else, and whose gradient is added to what is there.
  init(_ shape: Shape, on tape: Tape, storage: AlignedMemory, offset: Int, gradient: AlignedMemory?) {
    self.shape = shape
    isDifferentiable = gradient != nil
    self.tape = tape
    self.storage = storage
    self.offset = offset
    slope = gradient
    slopeOffset = offset
    generation = nil
  }

  deinit {
    // after a clearing the memory serves others
    guard generation == tape.memory.generation else { return }
    tape.memory.giveBack(storage)
    forgetGradient()
  }

  /// All entries, row after row.
  public var values: [Float] { unsafe Array(UnsafeBufferPointer(start: pointer, count: shape.count)) }

  /// The only entry.
  ///
  /// - Precondition: the shape has one.
  public var value: Float {
    precondition(shape.count == 1, "a tensor of shape \(shape) is not a single number")
    return unsafe pointer.pointee
  }

  /// The gradient after `Tape.differentiate(_:)`; zeros where nothing arrived.
  ///
  /// Only what was made by `Tape.variable` and parameters keep theirs.
  public var gradient: [Float] {
    guard let start = unsafe gradientPointer else { return [Float](repeating: 0, count: shape.count) }
    return unsafe Array(UnsafeBufferPointer(start: start, count: shape.count))
  }

  @unsafe var pointer: UnsafeMutablePointer<Float> { unsafe storage.pointer(to: Float.self, at: offset) }

  @unsafe var gradientPointer: UnsafeMutablePointer<Float>? { unsafe slope?.pointer(to: Float.self, at: slopeOffset) }

  /// Where a gradient goes, and whether there is one already that it has to be added to; without, every entry has to be written.
  @unsafe func receive() -> (start: UnsafeMutablePointer<Float>, accumulates: Bool) {
    if let start = unsafe gradientPointer { return unsafe (start, true) }
    let memory = tape.memory.take(shape.count)
    slope = memory
    return unsafe (memory.pointer(to: Float.self), false)
  }

  /// Where a gradient is added, for those that do not write every entry.
  @unsafe func receiveSum() -> UnsafeMutablePointer<Float> {
    let (start, accumulates) = unsafe receive()
    if !accumulates { unsafe start.update(repeating: 0, count: shape.count) }
    return unsafe start
  }

  /// Gives the memory of the gradient back, once the operation that made the tensor has passed it on.
  func forgetGradient() {
    if let slope { tape.memory.giveBack(slope) }
    slope = nil
  }
}
