internal import CNeedletailKernels

/// One step of a model that predicts some things from others by the inner products of their rows, and learns from the error.
///
/// Every input row is scored against every output row. What is at stake may be some hundred scores at once, so that each row is
/// loaded once for all (Ji, Satish, Li and Dubey, "Parallelizing Word2Vec in Shared and Distributed Memory", 2016): all errors are
/// those before the step, as in any other minibatch.
///
/// A value is the workspace of one thread; it allocates nothing after `init`.
@safe public final class RowPrediction {
  private let kernels: UnsafePointer<needletail_prediction_kernels>
  private let capacity: Int
  private let scores: ParameterRows
  private let labels: ParameterRows
  private let inputPointers: AlignedMemory
  private let outputPointers: AlignedMemory
  private let errorPointers: AlignedMemory

  private let firstRow: [Int32] = [0]

  /// Input rows and output rows of the step in progress.
  private var inputCount = 0
  private var outputCount = 0
  private var stride = 0

  /// - Parameters:
  ///   - inputCapacity: most input rows in a step.
  ///   - outputCapacity: most output rows in a step.
  ///   - instructionSet: nil for the best of this processor; an instruction set it lacks counts as nil.
  public init(inputCapacity: Int, outputCapacity: Int, instructionSet: DistanceKernels.InstructionSet? = nil) {
    precondition(inputCapacity > 0 && outputCapacity > 0, "a prediction needs room for one input and one output")
    unsafe kernels = instructionSet.flatMap { unsafe needletail_prediction_for($0.isa) } ?? needletail_prediction_current()
    capacity = outputCapacity
    scores = ParameterRows(count: inputCapacity, dimension: outputCapacity)
    labels = ParameterRows(count: 1, dimension: outputCapacity)
    inputPointers = unsafe AlignedMemory(byteCount: inputCapacity * MemoryLayout<needletail_row>.stride)
    outputPointers = unsafe AlignedMemory(byteCount: outputCapacity * MemoryLayout<needletail_row>.stride)
    errorPointers = unsafe AlignedMemory(byteCount: inputCapacity * MemoryLayout<needletail_row>.stride)
  }

  // MARK: - Whole steps

  /// One step of logistic regression from each input row to each output row: moves both along the gradient of
  /// `Σ log σ(±x·u)`, where the sign is plus for a label of one and minus for a label of zero.
  ///
  /// - Parameters:
  ///   - inputs: the vectors that are predicted from; `inputRows` may repeat a row.
  ///   - inputRows: their rows.
  ///   - outputs: the vectors of what is predicted; `outputRows` are distinct.
  ///   - outputRows: their rows.
  ///   - targets: for each output row, one if it is to be predicted, zero if not.
  ///   - rate: the step size.
  ///   - changesOutputs: false leaves the output rows as they are.
  ///   - errors: scratch memory, a row for each input row.
  public func learn(
    from inputs: ParameterRows, _ inputRows: Span<Int32>, to outputs: ParameterRows, _ outputRows: Span<Int32>,
    targets: Span<Float>, rate: Float, changesOutputs: Bool = true, errors: ParameterRows
  ) {
    guard !inputRows.isEmpty, !outputRows.isEmpty else { return }
    score(inputs, inputRows, outputs, outputRows)
    makeErrors(targets: targets, rate: rate)
    collectErrors(into: errors)
    if changesOutputs { correctOutputs() }
    for index in inputRows.indices { add(errors, row: index, to: inputs, row: Int(inputRows[index])) }
  }

  /// The same step from one row that is not itself learned: its error goes to row 0 of `errors`, for the caller to pass on.
  public func learn(
    fromHidden hidden: ParameterRows, to outputs: ParameterRows, _ outputRows: Span<Int32>, targets: Span<Float>, rate: Float,
    changesOutputs: Bool = true, errors: ParameterRows
  ) {
    guard !outputRows.isEmpty else { return errors.clear(0) }
    let rows = firstRow
    score(hidden, rows.span, outputs, outputRows)
    makeErrors(targets: targets, rate: rate)
    collectErrors(into: errors)
    if changesOutputs { correctOutputs() }
  }

  // MARK: - Steps with an error of the caller's

  /// Computes the inner products of each input with each output, for `withScores`.
  public func score(_ inputs: ParameterRows, _ inputRows: Span<Int32>, _ outputs: ParameterRows, _ outputRows: Span<Int32>) {
    precondition(inputs.stride == outputs.stride, "inputs of \(inputs.dimension) and outputs of \(outputs.dimension) numbers")
    precondition(inputRows.count <= scores.count && outputRows.count <= capacity, "more rows than the workspace has room for")
    inputCount = inputRows.count
    outputCount = outputRows.count
    stride = inputs.stride
    let left = unsafe inputPointers.pointer(to: needletail_row.self)
    let right = unsafe outputPointers.pointer(to: needletail_row.self)
    for index in inputRows.indices { unsafe left[index] = inputs.pointer(Int(inputRows[index])) }
    for index in outputRows.indices { unsafe right[index] = outputs.pointer(Int(outputRows[index])) }
    unsafe kernels.pointee.products(left, inputCount, right, outputCount, stride, scores.pointer(0), scores.stride)
  }

  /// Reads the scores of one input, and replaces them with errors: step size times the derivative of what is to grow.
  public func withScores<Result>(ofInput input: Int, _ body: (inout MutableSpan<Float>) -> Result) -> Result {
    precondition(input < inputCount, "input \(input) of \(inputCount)")
    var span = unsafe MutableSpan(_unsafeStart: scores.pointer(input), count: outputCount)
    return body(&span)
  }

  /// Sets row i of `errors` to the errors of input i, carried back through the outputs as they are now.
  public func collectErrors(into errors: ParameterRows) {
    precondition(errors.stride == stride, "errors of \(errors.dimension) numbers")
    let results = unsafe errorPointers.pointer(to: needletail_row.self)
    for index in 0..<inputCount { unsafe results[index] = errors.pointer(index) }
    unsafe kernels.pointee.combinations(
      scores.pointer(0), scores.stride, 1, outputPointers.pointer(to: needletail_row.self), outputCount, results, inputCount, stride,
      false)
  }

  /// Adds to each output row the inputs, each times its error.
  public func correctOutputs() {
    unsafe kernels.pointee.combinations(
      scores.pointer(0), 1, scores.stride, inputPointers.pointer(to: needletail_row.self), inputCount,
      outputPointers.pointer(to: needletail_row.self), outputCount, stride, true)
  }

  private func makeErrors(targets: Span<Float>, rate: Float) {
    precondition(targets.count == outputCount, "\(targets.count) targets for \(outputCount) outputs")
    labels.changeRow(0) { values in for index in targets.indices { values[index] = targets[index] } }
    unsafe kernels.pointee.errors(scores.pointer(0), inputCount, outputCount, scores.stride, labels.pointer(0), rate)
  }

  // MARK: - Sums of rows

  /// Adds `factor` times a row to another.
  public func add(_ source: ParameterRows, row: Int, times factor: Float = 1, to target: ParameterRows, row targetRow: Int) {
    precondition(source.stride == target.stride, "rows of \(source.dimension) and \(target.dimension) numbers")
    var read: needletail_row = unsafe source.pointer(row)
    var written: needletail_row = unsafe target.pointer(targetRow)
    var factor = factor
    unsafe kernels.pointee.combinations(&factor, 1, 1, &read, 1, &written, 1, source.stride, true)
  }

  /// Sets row 0 of `result` to the mean of rows.
  public func average(_ source: ParameterRows, _ rows: Span<Int32>, into result: ParameterRows) {
    precondition(source.stride == result.stride, "rows of \(source.dimension) and \(result.dimension) numbers")
    result.clear(0)
    let factor = 1 / Float(max(1, rows.count))
    for index in rows.indices { add(source, row: Int(rows[index]), times: factor, to: result, row: 0) }
  }
}
