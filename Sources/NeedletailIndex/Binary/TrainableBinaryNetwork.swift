package import NeedletailNumerics

/// The networks of a recurrent binary code while they learn, with the backward pass through the signs.
///
/// A sign passes the gradient on where its input lies between -1 and 1 and stops it elsewhere (the straight-through
/// estimator: Y. Bengio, N. Léonard and A. Courville, arXiv 1308.3432, with the window of Gan et al.).
package final class TrainableBinaryNetwork {
  let dimension: Int
  let bits: Int
  let base: TrainablePerceptron
  let reconstructions: [TrainablePerceptron]
  let corrections: [TrainablePerceptron]
  /// Whether signs are replaced by the clipping whose gradient they pass on; for checking gradients.
  private let isRelaxed: Bool

  package struct Trace {
    package init() {}

    var base = TrainablePerceptron.Trace()
    var reconstructions: [TrainablePerceptron.Trace] = []
    var corrections: [TrainablePerceptron.Trace] = []
    /// What each sign was taken of: of the first signs, then of each correction.
    var activations: [[Float]] = []
    /// Unit reconstructions, and one over their lengths before.
    var units: [[Float]] = []
    var factors: [[Float]] = []
  }

  package init(dimension: Int, bits: Int, steps: Int, hidden: Int, seed: UInt64, isRelaxed: Bool = false) {
    self.dimension = dimension
    self.bits = bits
    self.isRelaxed = isRelaxed
    var generator = SeededGenerator(seed: seed)
    base = TrainablePerceptron(inputs: dimension, hidden: hidden, outputs: bits, generator: &generator)
    reconstructions = (0..<steps).map { _ in
      TrainablePerceptron(inputs: bits, hidden: hidden, outputs: dimension, generator: &generator)
    }
    corrections = (0..<steps).map { _ in
      TrainablePerceptron(inputs: dimension, hidden: hidden, outputs: bits, generator: &generator)
    }
  }

  /// Makes the codes those of a rotation: each component is the sign of a rotated one, and each correction that of what the
  /// signs so far miss. With as many components as the vectors have, the first correction so tells components from nought to
  /// their usual size from larger ones, which is close to the best division of a normal distribution into four.
  ///
  /// Networks with less than two hidden units for each component of the vectors or the codes, whichever are fewer, stay as
  /// they were drawn.
  ///
  /// - Parameters:
  ///   - rows: unit rows such as will come.
  ///   - seed: decides the rotation.
  func startAsRotation(seenOn rows: [Float], seed: UInt64, pool: WorkerPool) {
    let turns = Self.rotation(dimension: dimension, bits: bits, seed: seed)
    // Rotated components of unit rows have this variance; the window of the signs is wide enough for components of 1.
    let scaled = turns.map { $0 * Float(dimension).squareRoot() }
    guard base.start(as: scaled, seenOn: rows, pool: pool) else { return }
    var code = base.applied(to: rows).map { $0 >= 0 ? Float(1) : -1 }
    for step in corrections.indices {
      reconstructions[step].start(as: Matrix.transposed(turns, columns: dimension), seenOn: code, pool: pool)
      var missing = reconstructions[step].applied(to: code)
      UnitRows.normalise(&missing, dimension: dimension)
      for index in missing.indices { missing[index] = rows[index] - missing[index] }
      corrections[step].start(as: scaled, seenOn: missing, pool: pool)
      let weight = Float(sign: .plus, exponent: -(step + 1), significand: 1)
      for (index, value) in corrections[step].applied(to: missing).enumerated() { code[index] += value >= 0 ? weight : -weight }
    }
  }

  /// Makes the networks those that wrote old codes, seen through linear maps between the embeddings where these changed: new queries
  /// then find old rows before anything is learnt, as far as such maps allow.
  ///
  /// - Parameters:
  ///   - codec: what wrote the old codes.
  ///   - oldRows: unit rows as it saw them; nil if the embeddings are the same.
  ///   - rows: the same rows as the new network sees them, of unit length too.
  /// - Returns: whether the old networks have the shape that the new ones need; otherwise nothing changes.
  func start(from codec: RecurrentBinaryCodec, seeing oldRows: [Float]?, as rows: [Float], pool: WorkerPool) -> Bool {
    let learned = [codec.base] + codec.reconstructions + codec.corrections
    guard codec.bits == bits, codec.steps == corrections.count, learned.allSatisfy({ $0.hidden == base.hidden }),
      oldRows != nil || codec.dimension == dimension
    else { return false }
    let maps = oldRows.map { old in
      (
        toOld: RidgeRegression.matrix(from: rows, inputs: dimension, to: old, outputs: codec.dimension, pool: pool),
        toNew: RidgeRegression.matrix(from: old, inputs: codec.dimension, to: rows, outputs: dimension, pool: pool)
      )
    }
    func reading(_ network: Perceptron) -> Perceptron {
      guard let maps else { return network }
      var weights = network.weights
      weights[0] = DenseProduct.rows(weights[0], Matrix.transposed(maps.toOld, columns: dimension), depth: codec.dimension, pool: pool)
      return Perceptron(inputs: dimension, hidden: network.hidden, outputs: network.outputs, weights: weights)
    }
    func writing(_ network: Perceptron) -> Perceptron {
      guard let maps else { return network }
      var weights = network.weights
      weights[2] = DenseProduct.rows(maps.toNew, Matrix.transposed(weights[2], columns: network.hidden), depth: codec.dimension, pool: pool)
      weights[3] = DenseProduct.rows(weights[3], maps.toNew, depth: codec.dimension, pool: pool)
      return Perceptron(inputs: network.inputs, hidden: network.hidden, outputs: dimension, weights: weights)
    }
    base.start(from: reading(codec.base), seenOn: rows, pool: pool)
    var code = base.applied(to: rows).map { $0 >= 0 ? Float(1) : -1 }
    for step in corrections.indices {
      reconstructions[step].start(from: writing(codec.reconstructions[step]), seenOn: code, pool: pool)
      var missing = reconstructions[step].applied(to: code)
      UnitRows.normalise(&missing, dimension: dimension)
      for index in missing.indices { missing[index] = rows[index] - missing[index] }
      corrections[step].start(from: reading(codec.corrections[step]), seenOn: missing, pool: pool)
      let weight = Float(sign: .plus, exponent: -(step + 1), significand: 1)
      for (index, value) in corrections[step].applied(to: missing).enumerated() { code[index] += value >= 0 ? weight : -weight }
    }
    return true
  }

  /// Makes the codes those that are nearest to old ones by a linear map, plane by plane, whatever embeddings those were made of.
  ///
  /// To be called after `startAsRotation`, which decides planes that the old codes lack.
  ///
  /// - Parameters:
  ///   - codes: the old composed codes of the rows, of as many components.
  ///   - rows: unit rows as the new network sees them.
  func startNear(_ codes: [Float], of rows: [Float], pool: WorkerPool) {
    var rest = codes
    func nextPlane(_ step: Int) -> [Float]? {
      guard rest.contains(where: { abs($0) > 1e-3 }) else { return nil }
      let plane = rest.map { $0 >= 0 ? Float(1) : -1 }
      let weight = Float(sign: .plus, exponent: -step, significand: 1)
      for index in rest.indices { rest[index] -= weight * plane[index] }
      return plane
    }
    func fit(_ network: TrainablePerceptron, _ inputs: [Float], _ targets: [Float]) -> [Float] {
      let map = RidgeRegression.matrix(
        from: inputs, inputs: network.inputs, to: targets, outputs: network.outputs, pool: pool)
      network.start(as: map, seenOn: inputs, pool: pool)
      return network.applied(to: inputs)
    }
    guard let first = nextPlane(0) else { return }
    var code = fit(base, rows, first).map { $0 >= 0 ? Float(1) : -1 }
    for step in corrections.indices {
      guard let plane = nextPlane(step + 1) else { return }
      var missing = fit(reconstructions[step], code, rows)
      UnitRows.normalise(&missing, dimension: dimension)
      for index in missing.indices { missing[index] = rows[index] - missing[index] }
      let weight = Float(sign: .plus, exponent: -(step + 1), significand: 1)
      for (index, value) in fit(corrections[step], missing, plane).enumerated() { code[index] += value >= 0 ? weight : -weight }
    }
  }

  /// Orthonormal rows, in blocks of as many as there are components.
  private static func rotation(dimension: Int, bits: Int, seed: UInt64) -> [Float] {
    var rows: [Float] = []
    for block in 0..<(bits + dimension - 1) / dimension {
      let rotation = RandomRotation(dimension: dimension, seed: seed &+ UInt64(block))
      for index in 0..<min(dimension, bits - block * dimension) {
        var row = [Float](repeating: 0, count: dimension)
        row[index] = 1
        // Turned back, a unit vector is a row of the matrix.
        rotation.reverse(&row)
        rows += row
      }
    }
    return rows
  }

  package var networks: [TrainablePerceptron] { [base] + reconstructions + corrections }

  private func sign(_ values: [Float]) -> [Float] {
    isRelaxed ? values.map { max(-1, min(1, $0)) } : values.map { $0 >= 0 ? 1 : -1 }
  }

  /// The composed codes of unit rows.
  package func forward(_ rows: [Float], _ trace: inout Trace, pool: WorkerPool) -> [Float] {
    let first = base.forward(rows, &trace.base, pool: pool)
    trace.activations = [first]
    var code = sign(first)
    for step in corrections.indices {
      var passes = (TrainablePerceptron.Trace(), TrainablePerceptron.Trace())
      var unit = reconstructions[step].forward(code, &passes.0, pool: pool)
      trace.factors.append(UnitRows.normalise(&unit, dimension: dimension))
      trace.units.append(unit)
      let activation = corrections[step].forward(zip(rows, unit).map { $0 - $1 }, &passes.1, pool: pool)
      trace.activations.append(activation)
      trace.reconstructions.append(passes.0)
      trace.corrections.append(passes.1)
      let weight = Float(sign: .plus, exponent: -(step + 1), significand: 1)
      for (index, value) in sign(activation).enumerated() { code[index] += weight * value }
    }
    return code
  }

  /// Adds up the gradients of all parameters for the gradient of the composed codes.
  ///
  /// - Parameter reconstructionWeight: how much the mean squared distance between `rows` and each reconstruction counts.
  package func backward(
    _ gradient: [Float], _ trace: Trace, reconstructionWeight: Float = 0, rows: [Float] = [], pool: WorkerPool
  ) {
    var gradient = gradient
    for step in corrections.indices.reversed() {
      let weight = Float(sign: .plus, exponent: -(step + 1), significand: 1)
      let atSign = Self.passed(gradient, trace.activations[step + 1]).map { weight * $0 }
      let missing = corrections[step].backward(atSign, trace.corrections[step], pool: pool)
      var atUnit = missing.map { -$0 }
      if reconstructionWeight > 0 {
        let factor = 2 * reconstructionWeight / Float(rows.count / dimension)
        for index in rows.indices { atUnit[index] += factor * (trace.units[step][index] - rows[index]) }
      }
      let atReconstruction = Self.throughUnit(atUnit, trace.units[step], trace.factors[step], dimension: dimension)
      let atCode = reconstructions[step].backward(atReconstruction, trace.reconstructions[step], pool: pool)
      for index in gradient.indices { gradient[index] += atCode[index] }
    }
    _ = base.backward(Self.passed(gradient, trace.activations[0]), trace.base, pool: pool)
  }

  private static func passed(_ gradient: [Float], _ activations: [Float]) -> [Float] {
    zip(gradient, activations).map { abs($1) <= 1 ? $0 : 0 }
  }

  /// The gradient before scaling to unit length: the part of it that is not along the row, times the factor.
  static func throughUnit(_ gradient: [Float], _ units: [Float], _ factors: [Float], dimension: Int) -> [Float] {
    var result = gradient
    for (row, factor) in factors.enumerated() {
      let places = row * dimension..<(row + 1) * dimension
      var along: Float = 0
      for place in places { along += gradient[place] * units[place] }
      for place in places { result[place] = factor * (gradient[place] - along * units[place]) }
    }
    return result
  }

  /// The codec that these networks make.
  package var codec: RecurrentBinaryCodec {
    RecurrentBinaryCodec(
      dimension: dimension, bits: bits, base: base.frozen, reconstructions: reconstructions.map(\.frozen),
      corrections: corrections.map(\.frozen))
  }
}
