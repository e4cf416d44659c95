import Foundation
import NeedletailNumerics
import Testing

@Suite struct OperationGradientTests {
  @Test(arguments: [(3, 5, 4), (1, 1, 1), (13, 40, 33), (30, 7, 70)], [(false, false), (true, false), (false, true), (true, true)])
  func matrixProductsOfAllOrientations(extents: (Int, Int, Int), turned: (Bool, Bool)) throws {
    let (rows, depth, columns) = extents
    let left: Shape = turned.0 ? [depth, rows] : [rows, depth]
    let right: Shape = turned.1 ? [columns, depth] : [depth, columns]
    try GradientCheck(shapes: [left, right], tolerance: 1e-3)({
      try $0[0].matrixProduct($0[1], transposesSelf: turned.0, transposesOther: turned.1)
    }) { plainProduct($0[0], $0[1], rows: rows, depth: depth, columns: columns, turnsLeft: turned.0, turnsRight: turned.1) }
  }

  @Test func batchesOfMatrixProducts() throws {
    try GradientCheck(shapes: [[2, 3, 5], [2, 4, 5]])({ try $0[0].matrixProduct($0[1], transposesOther: true) }) { inputs in
      (0..<2).flatMap {
        plainProduct(
          Array(inputs[0].rows(of: 15)[$0]), Array(inputs[1].rows(of: 20)[$0]), rows: 3, depth: 5, columns: 4, turnsRight: true)
      }
    }
  }

  @Test func deepProductsAreSummedInPieces() throws {
    let depth = 6000
    var generator = SeededGenerator(seed: 5)
    let a = (0..<2 * depth).map { _ in Float.random(in: -1...1, using: &generator) }
    let b = (0..<3 * depth).map { _ in Float.random(in: -1...1, using: &generator) }
    let tape = Tape()
    for turned in [false, true] {
      let x = try tape.constant(a, shape: turned ? [depth, 2] : [2, depth])
      let y = try tape.constant(b, shape: turned ? [depth, 3] : [3, depth])
      let found = try x.matrixProduct(y, transposesSelf: turned, transposesOther: !turned).values
      let expected = plainProduct(
        a.map(Double.init), b.map(Double.init), rows: 2, depth: depth, columns: 3, turnsLeft: turned, turnsRight: !turned)
      for (f, e) in zip(found, expected) { #expect(abs(Double(f) - e) < 2e-3) }
    }
  }

  @Test func linearLayers() throws {
    try GradientCheck(shapes: [[2, 3, 5], [7, 5], [7]])({ try $0[0].linear($0[1], bias: $0[2]) }) { inputs in
      plainProduct(inputs[0], inputs[1], rows: 6, depth: 5, columns: 7, turnsRight: true).enumerated().map { $1 + inputs[2][$0 % 7] }
    }
  }

  @Test func linearLayersWithAResidualConnection() throws {
    try GradientCheck(shapes: [[2, 3, 5], [7, 5], [7], [2, 3, 7]])({ try $0[0].linear($0[1], bias: $0[2], adding: $0[3]) }) { inputs in
      plainProduct(inputs[0], inputs[1], rows: 6, depth: 5, columns: 7, turnsRight: true).enumerated()
        .map { $1 + inputs[2][$0 % 7] + inputs[3][$0] }
    }
    let tape = Tape()
    let (x, weight) = (try tape.constant([1, 2], shape: [1, 2]), try tape.constant([1, 2, 3, 4], shape: [2, 2]))
    #expect(throws: TensorError.self) { try x.linear(weight, adding: weight) }
  }

  /// The longest layer sums in two parts.
  @Test(arguments: [(6, 5, 7), (150, 48, 96), (3, 2_600, 33)], [EntryFunction.gelu, .silu, .tanh, .square])
  func aFunctionWithinALayerIsThatAfterIt(extents: (rows: Int, inputs: Int, outputs: Int), function: EntryFunction) throws {
    var generator = SeededGenerator(seed: 8)
    func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -0.5...0.5, using: &generator) } }
    let given = [numbers(extents.rows * extents.inputs), numbers(extents.outputs * extents.inputs), numbers(extents.outputs)]
    let direction = numbers(extents.rows * extents.outputs)
    func step(_ isFused: Bool, recording: Bool) throws -> [[Float]] {
      let tape = Tape(pool: WorkerPool(threadCount: 2))
      tape.isRecording = recording
      let x = try tape.variable(given[0], shape: [extents.rows, extents.inputs])
      let weight = try tape.variable(given[1], shape: [extents.outputs, extents.inputs])
      let bias = try tape.variable(given[2], shape: [extents.outputs])
      let y = try isFused ? x.linear(weight, bias: bias, mapped: function) : x.linear(weight, bias: bias).mapped(function)
      let values = y.values
      guard recording else { return [values] }
      try tape.differentiate(y, gradient: direction)
      return [values, x.gradient, weight.gradient, bias.gradient]
    }
    let apart = try step(false, recording: true)
    #expect(try step(true, recording: true) == apart)
    let unrecorded = try step(true, recording: false)[0]
    for (found, expected) in zip(unrecorded, apart[0]) { #expect(abs(found - expected) <= 1e-6 * max(1, abs(expected))) }
  }

  @Test func sumsIntoSomeColumns() throws {
    try GradientCheck(shapes: [[70, 9], [70, 4]])({ try $0[0].adding($0[1], toColumnsFrom: 3) }) { inputs in
      inputs[0].indices.map { place in
        let (row, column) = place.quotientAndRemainder(dividingBy: 9)
        return inputs[0][place] + ((3..<7).contains(column) ? inputs[1][row * 4 + column - 3] : 0)
      }
    }
    let tape = Tape()
    let wide = try tape.variable([1, 2, 3, 4], shape: [2, 2])
    #expect(throws: TensorError.self) { try wide.adding(wide, toColumnsFrom: 1) }
  }

  @Test(arguments: [([2, 3, 4], [2, 3, 4]), ([2, 3, 4], [4]), ([2, 1, 4], [3, 1]), ([3], [2, 3]), ([2, 3], [1])] as [([Int], [Int])])
  func arithmeticBroadcasts(left: [Int], right: [Int]) throws {
    func plain(_ operation: @escaping (Double, Double) -> Double) -> ([[Double]]) -> [Double] {
      { inputs in
        let rank = max(left.count, right.count)
        let a = [Int](repeating: 1, count: rank - left.count) + left
        let b = [Int](repeating: 1, count: rank - right.count) + right
        let extents = zip(a, b).map(max)
        return (0..<extents.reduce(1, *)).map { flat in
          var (rest, i, j, m, n) = (flat, 0, 0, 1, 1)
          for axis in extents.indices.reversed() {
            let index = rest % extents[axis]
            rest /= extents[axis]
            i += min(index, a[axis] - 1) * m
            j += min(index, b[axis] - 1) * n
            m *= a[axis]
            n *= b[axis]
          }
          return operation(inputs[0][i], inputs[1][j])
        }
      }
    }
    let check = GradientCheck(shapes: [Shape(left), Shape(right)], range: 0.5...2)
    try check({ try $0[0].adding($0[1]) }, as: plain(+))
    try check({ try $0[0].subtracting($0[1]) }, as: plain(-))
    try check({ try $0[0].multiplied(by: $0[1]) }, as: plain(*))
    try check({ try $0[0].divided(by: $0[1]) }, as: plain(/))
  }

  @Test func aTensorUsedTwiceGetsBothGradients() throws {
    try GradientCheck(shapes: [[3, 4]])({ try $0[0].multiplied(by: $0[0]).adding($0[0].scaled(by: 3)) }) { $0[0].map { $0 * $0 + 3 * $0 } }
  }

  @Test(arguments: EntryFunction.allCases) func functionsOfEntries(function: EntryFunction) throws {
    let plain: (Double) -> Double = { x in
      switch function {
      case .gelu: x * 0.5 * erfc(-x / 2.0.squareRoot())
      case .geluTanh: 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
      case .relu: max(x, 0)
      case .silu: x / (1 + exp(-x))
      case .tanh: tanh(x)
      case .sigmoid: 1 / (1 + exp(-x))
      case .exp: exp(x)
      case .log: log(x)
      case .sqrt: x.squareRoot()
      case .square: x * x
      case .softplus: log1p(exp(x))
      }
    }
    let range: ClosedRange<Float> = [.log, .sqrt].contains(function) ? 0.3...3 : -6...6
    try GradientCheck(shapes: [[5, 37]], range: range)({ $0[0].mapped(function) }) { $0[0].map(plain) }
  }

  @Test func reductions() throws {
    let check = GradientCheck(shapes: [[4, 7]])
    try check({ try $0[0].sum() }) { [$0[0].reduce(0, +)] }
    try check({ try $0[0].mean() }) { [$0[0].reduce(0, +) / 28] }
    try check({ $0[0].sumOfColumns() }) { $0[0].rows(of: 7).map { $0.reduce(0, +) } }
    try check({ try $0[0].meanOfColumns() }) { $0[0].rows(of: 7).map { $0.reduce(0, +) / 7 } }
    try check({ $0[0].sumOfRows() }) { x in (0..<7).map { c in (0..<4).reduce(0) { $0 + x[0][$1 * 7 + c] } } }
    try check({ try $0[0].logSumExp() }) { $0[0].rows(of: 7).map { log($0.map { exp($0) }.reduce(0, +)) } }
  }

  @Test func softmaxes() throws {
    let check = GradientCheck(shapes: [[4, 37]])
    try check({ try $0[0].softmax() }) { $0[0].rows(of: 37).flatMap(plainSoftmax) }
    try check({ try $0[0].logSoftmax() }) { $0[0].rows(of: 37).flatMap(plainSoftmax).map { log($0) } }
  }

  @Test func largeScoresStayFinite() throws {
    let tape = Tape()
    let x = try tape.variable([80, -80, 200, -200], shape: [2, 2])
    #expect(try x.logSumExp().values == [80, 200])
    #expect(try x.crossEntropy(targets: [1, 1]).value == 280)
  }

  @Test func losses() throws {
    let targets = [2, -1, 0, 4]
    try GradientCheck(shapes: [[4, 5]])({ try $0[0].crossEntropy(targets: targets) }) { inputs in
      let rows = inputs[0].rows(of: 5).map { plainSoftmax($0) }
      var loss = 0.0
      for row in [0, 2, 3] { loss -= log(rows[row][targets[row]]) / 3 }
      return [loss]
    }
    try GradientCheck(shapes: [[4, 5], [4, 5]])({ try $0[0].meanSquaredError(to: $0[1]) }) { inputs in
      var loss = 0.0
      for (a, b) in zip(inputs[0], inputs[1]) { loss += (a - b) * (a - b) / 20 }
      return [loss]
    }
    let teacher: [Float] = [0.5, 0.2, 0.3, 0, 0.9, 0.1]
    try GradientCheck(shapes: [[2, 3]])({ try $0[0].divergence(from: $0[0].tape.constant(teacher, shape: [2, 3])) }) { inputs in
      let student = inputs[0].rows(of: 3).flatMap(plainSoftmax)
      var loss = 0.0
      for (p, q) in zip(teacher, student) where p > 0 { loss += Double(p) * log(Double(p) / q) / 2 }
      return [loss]
    }
  }

  private func plainNorm(_ row: ArraySlice<Double>, gain: [Double], shift: [Double]?) -> [Double] {
    let count = Double(row.count)
    let mean: Double = shift == nil ? 0 : row.reduce(0, +) / count
    var squares = 0.0
    for x in row { squares += (x - mean) * (x - mean) }
    let deviation = (squares / count + 1e-5).squareRoot()
    return zip(row, gain).enumerated().map { index, pair in (pair.0 - mean) / deviation * pair.1 + (shift?[index] ?? 0) }
  }

  @Test(arguments: [5, 48]) func normalisations(columns: Int) throws {
    let shapes: [Shape] = [[70, columns], [columns], [columns]]
    try GradientCheck(shapes: shapes, tolerance: 1e-3)({ try $0[0].layerNormalised(gain: $0[1], shift: $0[2], epsilon: 1e-5) }) { x in
      x[0].rows(of: columns).flatMap { plainNorm($0, gain: x[1], shift: x[2]) }
    }
    try GradientCheck(shapes: [shapes[0], shapes[1]], tolerance: 1e-3)({ try $0[0].rootMeanSquareNormalised(gain: $0[1], epsilon: 1e-5) }) { x in
      x[0].rows(of: columns).flatMap { plainNorm($0, gain: x[1], shift: nil) }
    }
  }

  @Test func unitLengths() throws {
    try GradientCheck(shapes: [[4, 21]])({ $0[0].unitLength() }) { inputs in
      inputs[0].rows(of: 21).flatMap { (row: ArraySlice<Double>) -> [Double] in
        var squares = 0.0
        for x in row { squares += x * x }
        return row.map { $0 / squares.squareRoot() }
      }
    }
  }

  @Test func slicesAndGatherings() throws {
    try GradientCheck(shapes: [[5, 40]])({ try $0[0].gathered([1, 4, 1, 0]) }) { x in [1, 4, 1, 0].flatMap { x[0].rows(of: 40)[$0] } }
    try GradientCheck(shapes: [[3, 8]])({ try $0[0].columns(2..<5) }) { $0[0].rows(of: 8).flatMap { Array($0)[2..<5] } }
    try GradientCheck(shapes: [[4, 3]])({ try $0[0].rows(1..<3) }) { Array($0[0][3..<9]) }
    try GradientCheck(shapes: [[4, 3]])({ try $0[0].transposed() }) { x in (0..<12).map { x[0][$0 % 4 * 3 + $0 / 4] } }
    try GradientCheck(shapes: [[4, 3]])({ try $0[0].reshaped([2, 6]) }) { $0[0] }
    try GradientCheck(shapes: [[2, 3], [1, 3]])({ try Tensor.concatenated([$0[0], $0[1], $0[0]]) }) { $0[0] + $0[1] + $0[0] }
  }

  @Test func sequencesBecomeOneRow() throws {
    let sequences = [0..<3, 3..<3, 3..<5]
    func plain(_ reduce: @escaping ([ArraySlice<Double>]) -> [Double]) -> ([[Double]]) -> [Double] {
      { x in sequences.flatMap { $0.isEmpty ? [0, 0, 0, 0] : reduce(Array(x[0].rows(of: 4)[$0])) } }
    }
    func column(_ rows: [ArraySlice<Double>], _ c: Int) -> [Double] { rows.map { Array($0)[c] } }
    let check = GradientCheck(shapes: [[5, 4]])
    try check({ try $0[0].reduced(sequences, by: .mean) }, as: plain { r in (0..<4).map { column(r, $0).reduce(0, +) / Double(r.count) } })
    try check({ try $0[0].reduced(sequences, by: .maximum) }, as: plain { r in (0..<4).map { column(r, $0).max()! } })
    try check({ try $0[0].reduced(sequences, by: .first) }, as: plain { Array($0[0]) })
    try check({ try $0[0].reduced(sequences, by: .last) }, as: plain { Array($0[$0.count - 1]) })
  }
}
