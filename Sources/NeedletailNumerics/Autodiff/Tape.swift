internal import CNeedletailKernels

/// Remembers operations so that the gradient of their result can be computed backwards ("reverse mode"; Linnainmaa, 1970; in the
/// form of Griewank and Walther, Evaluating Derivatives, 2008, section 3.2).
///
/// ```swift
/// let tape = Tape()
/// let x = try tape.variable([1, 2, 3], shape: [3])
/// let loss = try x.multiplied(by: x).sum()
/// try tape.differentiate(loss)
/// x.gradient  // [2, 4, 6]
/// tape.clear()  // the memory serves the next step
/// ```
///
/// A tape belongs to one thread at a time; operations spread over the pool's threads, and give the same result for any number
/// of them.
public final class Tape {
  public let pool: WorkerPool
  /// Whether operations are remembered; without, nothing has a gradient.
  public var isRecording = true
  /// Decides what dropout removes; the same seed after `clear` removes the same.
  public var seed: UInt64 = 0 {
    didSet { randomness = SeededGenerator(seed: seed) }
  }

  let memory = TensorMemory()
  private var randomness = SeededGenerator(seed: 0)
  private var operations: [(output: Tensor, backward: () -> Void)] = []

  public init(pool: WorkerPool = .shared) { self.pool = pool }

  /// Bytes that tensors of this tape hold or held and will use again.
  public var byteCount: Int { memory.byteCount }

  /// Numbers without a gradient.
  public func constant(_ values: [Float], shape: Shape) throws(TensorError) -> Tensor {
    try leaf(values, shape: shape, isDifferentiable: false)
  }

  /// Numbers with a gradient.
  public func variable(_ values: [Float], shape: Shape) throws(TensorError) -> Tensor {
    try leaf(values, shape: shape, isDifferentiable: true)
  }

  /// A parameter as it stands; its gradient is added to that of the store.
  public func parameter(_ parameter: Parameter, of parameters: Parameters) -> Tensor {
    Tensor(
      parameter.shape, on: self, storage: parameters.valueMemory, offset: parameter.offset,
      gradient: isRecording && parameter.isTrained ? parameters.gradientMemory : nil)
  }

  /// Computes the gradients of a number with respect to all variables and parameters it came from.
  ///
  /// Call once for a recording; the gradients of what lies between are gone afterwards.
  public func differentiate(_ loss: Tensor) throws(TensorError) {
    guard loss.shape.count == 1 else { throw .shape(operation: "differentiate", loss.shape, expected: "a single number") }
    try differentiate(loss, gradient: [1])
  }

  /// The same from a tensor whose gradient is known.
  public func differentiate(_ output: Tensor, gradient: [Float]) throws(TensorError) {
    guard gradient.count == output.shape.count else {
      throw .shapes(operation: "differentiate", left: output.shape, right: [gradient.count])
    }
    guard output.isDifferentiable else { return }
    let (start, accumulates) = unsafe output.receive()
    for index in gradient.indices {
      unsafe start[index] = (accumulates ? start[index] : 0) + gradient[index]
    }
    while let (output, backward) = operations.popLast() {
      if unsafe output.gradientPointer != nil {
        backward()
        output.forgetGradient()
      }
    }
  }

  /// Forgets all operations and takes the memory of all tensors back. They may not be used after this.
  public func clear() {
    operations.removeAll(keepingCapacity: true)
    memory.giveBackAll()
    randomness = SeededGenerator(seed: seed)
  }

  private func leaf(_ values: [Float], shape: Shape, isDifferentiable: Bool) throws(TensorError) -> Tensor {
    guard values.count == shape.count else { throw .shapes(operation: "a tensor of given numbers", left: [values.count], right: shape) }
    let tensor = Tensor(shape, isDifferentiable: isDifferentiable && isRecording, on: self, storage: memory.take(shape.count))
    unsafe tensor.pointer.update(from: values, count: values.count)
    return tensor
  }
}

extension Tape {
  /// The result of an operation, to be filled.
  func result(_ shape: Shape, of inputs: Tensor...) -> Tensor { result(shape, of: inputs) }

  func result(_ shape: Shape, of inputs: [Tensor]) -> Tensor {
    let isDifferentiable = isRecording && inputs.contains(where: \.isDifferentiable)
    return Tensor(shape, isDifferentiable: isDifferentiable, on: self, storage: memory.take(shape.count))
  }

  /// Remembers how the gradient of a result is passed on to what it came from.
  func record(_ output: Tensor, _ backward: @escaping () -> Void) {
    if output.isDifferentiable { operations.append((output, backward)) }
  }

  /// A seed for the next random operation.
  func nextSeed() -> UInt32 { UInt32(truncatingIfNeeded: randomness.next() >> 32) }

  /// Calls `body` for ranges of at most `size` that together are `0..<count`, on all threads. The ranges do not depend on the
  /// number of threads.
  func spread(_ count: Int, by size: Int, _ body: (Range<Int>) -> Void) {
    let tasks = (count + size - 1) / size
    forEach(tasks) { task in body(task * size..<min(count, (task + 1) * size)) }
  }

  /// Calls `body` for `0..<count` on all threads.
  func forEach(_ count: Int, _ body: (Int) -> Void) {
    if count < 2 || pool.threadCount == 1 {
      for index in 0..<count { body(index) }
      return
    }
    withoutActuallyEscaping(body) { body in
      // Tensors are not for several threads; what runs here touches memory that no two tasks write.
      nonisolated(unsafe) let body = body
      pool.forEach(count) { index in unsafe body(index) }
    }
  }

  /// Calls `body` for `0..<count`, telling it which of at most `pool.threadCount` workers calls.
  func forEachShare(of count: Int, _ body: (_ share: Int, _ worker: Int) -> Void) {
    let workers = min(pool.threadCount, count)
    forEach(workers) { worker in
      for share in stride(from: worker, to: count, by: workers) { body(share, worker) }
    }
  }

  @unsafe static var kernels: needletail_training_kernels { unsafe needletail_training_current().pointee }
}
