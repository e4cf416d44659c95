internal import NeedletailNumerics

/// A perceptron that learns: linear, batch normalisation, relu, linear.
///
/// Batch normalisation: S. Ioffe and C. Szegedy, ICML 2015. While it learns, each batch is normalised by its own mean and
/// variance; `frozen` folds the running ones into the first layer.
package final class TrainablePerceptron {
  let inputs: Int
  let hidden: Int
  let outputs: Int
  /// `W₁`, gain, shift, `W₂`, `b₂`.
  package var parameters: [[Float]]
  /// What the last `backward` calls added up, in the same order.
  package var gradients: [[Float]]
  private var runningMean: [Float]
  private var runningVariance: [Float]

  private static let epsilon: Float = 1e-5
  private static let momentum: Float = 0.1

  /// What a forward pass leaves for the backward one.
  struct Trace {
    var input: [Float] = []
    /// The hidden layer after normalisation, before gain and shift.
    var normalised: [Float] = []
    var inverseDeviation: [Float] = []
    /// The hidden layer after relu.
    var active: [Float] = []
  }

  /// Weights are drawn as X. Glorot and Y. Bengio suggest (AISTATS 2010), biases are zero.
  init(inputs: Int, hidden: Int, outputs: Int, generator: inout SeededGenerator) {
    self.inputs = inputs
    self.hidden = hidden
    self.outputs = outputs
    func drawn(_ rows: Int, _ columns: Int) -> [Float] {
      let bound = (6 / Float(rows + columns)).squareRoot()
      return (0..<rows * columns).map { _ in Float.random(in: -bound...bound, using: &generator) }
    }
    parameters = [
      drawn(hidden, inputs), [Float](repeating: 1, count: hidden), [Float](repeating: 0, count: hidden),
      drawn(outputs, hidden), [Float](repeating: 0, count: outputs),
    ]
    gradients = parameters.map { [Float](repeating: 0, count: $0.count) }
    runningMean = [Float](repeating: 0, count: hidden)
    runningVariance = [Float](repeating: 1, count: hidden)
  }

  /// Makes the network a linear map of its inputs, from which it then learns to depart.
  ///
  /// Two hidden units carry `z` and `-z` of each of the fewest products `z` that the map needs, since
  /// `relu(z) - relu(-z) = z`; the others keep their inner weights and do not show at first.
  ///
  /// - Parameters:
  ///   - matrix: a row of `inputs` numbers for each output.
  ///   - rows: inputs such as will come: their means and variances are what normalisation begins with.
  /// - Returns: whether there are hidden units enough; otherwise nothing changes.
  @discardableResult
  func start(as matrix: [Float], seenOn rows: [Float], pool: WorkerPool) -> Bool {
    let width = min(inputs, outputs)
    guard 2 * width <= hidden, !rows.isEmpty else { return false }
    let identity = { (size: Int) in (0..<size * size).map { Float($0 / size == $0 % size ? 1 : 0) } }
    let (inner, outer) = outputs <= inputs ? (matrix, identity(width)) : (identity(width), matrix)
    for index in inner.indices {
      parameters[0][index] = inner[index]
      parameters[0][inner.count + index] = -inner[index]
    }
    for output in 0..<outputs {
      for unit in 0..<hidden {
        let weight = unit < 2 * width ? outer[output * width + unit % width] : 0
        parameters[3][output * hidden + unit] = unit < width ? weight : -weight
      }
      parameters[4][output] = 0
    }
    measure(DenseProduct.rows(rows, parameters[0], depth: inputs, pool: pool))
    for unit in 0..<2 * width {
      parameters[1][unit] = (runningVariance[unit] + Self.epsilon).squareRoot()
      parameters[2][unit] = runningMean[unit]
    }
    return true
  }

  /// Makes the network one that has learnt already, from which it learns on.
  ///
  /// - Parameters:
  ///   - learned: the network to begin with.
  ///   - rows: inputs such as will come: their means and variances are what normalisation begins with.
  /// - Returns: whether it is of the same shape; otherwise nothing changes.
  @discardableResult
  func start(from learned: Perceptron, seenOn rows: [Float], pool: WorkerPool) -> Bool {
    guard learned.inputs == inputs, learned.hidden == hidden, learned.outputs == outputs, !rows.isEmpty else { return false }
    parameters[0] = learned.weights[0]
    parameters[3] = learned.weights[2]
    parameters[4] = learned.weights[3]
    measure(DenseProduct.rows(rows, parameters[0], depth: inputs, pool: pool))
    for unit in 0..<hidden {
      parameters[1][unit] = (runningVariance[unit] + Self.epsilon).squareRoot()
      parameters[2][unit] = runningMean[unit] + learned.weights[1][unit]
    }
    return true
  }

  /// Takes the mean and variance of the hidden layer before normalisation as the running ones.
  private func measure(_ middle: [Float]) {
    let count = Float(middle.count / hidden)
    var (sums, squares) = ([Float](repeating: 0, count: hidden), [Float](repeating: 0, count: hidden))
    for index in middle.indices { sums[index % hidden] += middle[index] }
    runningMean = sums.map { $0 / count }
    for index in middle.indices {
      let difference = middle[index] - runningMean[index % hidden]
      squares[index % hidden] += difference * difference
    }
    runningVariance = squares.map { $0 / count }
  }

  /// The outputs for rows of inputs, as `frozen` gives them.
  func applied(to rows: [Float]) -> [Float] { frozen.apply(to: rows) }

  /// The outputs for rows of inputs.
  func forward(_ input: [Float], _ trace: inout Trace, pool: WorkerPool) -> [Float] {
    let count = input.count / inputs
    var middle = DenseProduct.rows(input, parameters[0], depth: inputs, pool: pool)
    trace.input = input
    trace.inverseDeviation = normalise(&middle, count: count)
    trace.normalised = middle
    let (gain, shift) = (parameters[1], parameters[2])
    for row in 0..<count {
      for index in 0..<hidden {
        let place = row * hidden + index
        middle[place] = max(0, gain[index] * middle[place] + shift[index])
      }
    }
    trace.active = middle
    var output = DenseProduct.rows(middle, parameters[3], depth: hidden, pool: pool)
    for row in 0..<count { for index in 0..<outputs { output[row * outputs + index] += parameters[4][index] } }
    return output
  }

  /// Normalises columns in place; returns one over their deviations.
  private func normalise(_ rows: inout [Float], count: Int) -> [Float] {
    var mean = [Float](repeating: 0, count: hidden)
    var variance = [Float](repeating: 0, count: hidden)
    for row in 0..<count { for index in 0..<hidden { mean[index] += rows[row * hidden + index] } }
    for index in 0..<hidden { mean[index] /= Float(count) }
    for row in 0..<count {
      for index in 0..<hidden {
        let difference = rows[row * hidden + index] - mean[index]
        rows[row * hidden + index] = difference
        variance[index] += difference * difference
      }
    }
    let inverse = variance.map { 1 / ($0 / Float(count) + Self.epsilon).squareRoot() }
    for row in 0..<count { for index in 0..<hidden { rows[row * hidden + index] *= inverse[index] } }
    for index in 0..<hidden {
      runningMean[index] += Self.momentum * (mean[index] - runningMean[index])
      let unbiased = variance[index] / Float(max(1, count - 1))
      runningVariance[index] += Self.momentum * (unbiased - runningVariance[index])
    }
    return inverse
  }

  /// Adds up the gradients of the parameters; returns that of the inputs.
  func backward(_ gradient: [Float], _ trace: Trace, pool: WorkerPool) -> [Float] {
    let count = gradient.count / outputs
    add(Matrix.product(transposed: gradient, outputs, trace.active, hidden, pool), to: 3)
    for row in 0..<count { for index in 0..<outputs { gradients[4][index] += gradient[row * outputs + index] } }
    var middle = DenseProduct.rows(gradient, Matrix.transposed(parameters[3], columns: hidden), depth: outputs, pool: pool)
    backwardThroughNorm(&middle, trace, count: count)
    add(Matrix.product(transposed: middle, hidden, trace.input, inputs, pool), to: 0)
    return DenseProduct.rows(middle, Matrix.transposed(parameters[0], columns: inputs), depth: hidden, pool: pool)
  }

  private func backwardThroughNorm(_ gradient: inout [Float], _ trace: Trace, count: Int) {
    var sum = [Float](repeating: 0, count: hidden)
    var product = [Float](repeating: 0, count: hidden)
    for row in 0..<count {
      for index in 0..<hidden {
        let place = row * hidden + index
        let passed = trace.active[place] > 0 ? gradient[place] : 0
        gradient[place] = passed
        sum[index] += passed
        product[index] += passed * trace.normalised[place]
      }
    }
    for index in 0..<hidden {
      gradients[1][index] += product[index]
      gradients[2][index] += sum[index]
    }
    let gain = parameters[1]
    for row in 0..<count {
      for index in 0..<hidden {
        let place = row * hidden + index
        let centred = gradient[place] - (sum[index] + trace.normalised[place] * product[index]) / Float(count)
        gradient[place] = gain[index] * trace.inverseDeviation[index] * centred
      }
    }
  }

  private func add(_ values: [Float], to parameter: Int) {
    let count = values.count
    unsafe gradients[parameter].withUnsafeMutableBufferPointer { sum in
      unsafe values.withUnsafeBufferPointer { values in
        for index in 0..<count { unsafe sum[index] += values[index] }
      }
    }
  }

  func clearGradients() {
    for number in gradients.indices { gradients[number] = [Float](repeating: 0, count: gradients[number].count) }
  }

  /// The network with its running statistics folded in.
  var frozen: Perceptron {
    var (first, bias) = (parameters[0], [Float](repeating: 0, count: hidden))
    for unit in 0..<hidden {
      let factor = parameters[1][unit] / (runningVariance[unit] + Self.epsilon).squareRoot()
      for index in 0..<inputs { first[unit * inputs + index] *= factor }
      bias[unit] = parameters[2][unit] - factor * runningMean[unit]
    }
    return Perceptron(
      inputs: inputs, hidden: hidden, outputs: outputs, weights: [first, bias, parameters[3], parameters[4]])
  }
}

/// Matrices as rows in a flat array.
enum Matrix {
  static func transposed(_ values: [Float], columns: Int) -> [Float] {
    let rows = values.count / columns
    return unsafe [Float](unsafeUninitializedCapacity: values.count) { result, count in
      count = values.count
      unsafe values.withUnsafeBufferPointer { values in
        let tile = 32
        for top in stride(from: 0, to: rows, by: tile) {
          for left in stride(from: 0, to: columns, by: tile) {
            for row in top..<min(rows, top + tile) {
              for column in left..<min(columns, left + tile) {
                unsafe result[column * rows + row] = values[row * columns + column]
              }
            }
          }
        }
      }
    }
  }

  /// `leftᵀ · right` for matrices with equally many rows.
  static func product(
    transposed left: [Float], _ leftColumns: Int, _ right: [Float], _ rightColumns: Int, _ pool: WorkerPool
  ) -> [Float] {
    DenseProduct.rows(
      transposed(left, columns: leftColumns), transposed(right, columns: rightColumns), depth: left.count / leftColumns,
      pool: pool)
  }
}
