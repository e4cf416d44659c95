internal import NeedletailNumerics

/// How the vectors of a text's words become one; several ways stand side by side.
enum WordPooling: String, Sendable {
  case mean
  /// The sum divided by the root of the number of words, or of what they weigh.
  case rootMean = "mean_sqrt_len_tokens"
  case max
  case last = "lasttoken"

  /// One row for each text.
  func applied(to block: WordBlock) -> [[Float]] {
    let width = block.width
    return (0..<block.count).map { text in
      let rows = text * block.length..<(text + 1) * block.length
      func row(_ place: Int) -> ArraySlice<Float> { block.values[place * width..<(place + 1) * width] }
      switch self {
      case .last: return Array(row(rows.upperBound - 1))
      case .max: return rows.dropFirst().reduce(Array(row(rows.lowerBound))) { zip($0, row($1)).map { Swift.max($0, $1) } }
      case .mean, .rootMean:
        var sum = [Double](repeating: 0, count: width)
        for place in rows { for (index, value) in row(place).enumerated() { sum[index] += Double(value) } }
        let total = Swift.max(1e-9, Double(block.totals?[text] ?? Float(block.length)))
        let divisor = self == .mean ? total : total.squareRoot()
        return sum.map { Float($0 / divisor) }
      }
    }
  }
}

/// What happens to the one vector of a text.
enum WordHead: Sendable {
  /// A linear layer, `weight` of outputs by inputs and perhaps `bias`, and a function of what it gives (`Dense`).
  case dense(FixedParameters, hasBias: Bool, function: EntryFunction?)
  /// Scales to unit length (`Normalize`).
  case normalised

  /// Reads the numbers of a module.
  ///
  /// - Precondition: it is one of those after pooling.
  init(_ module: WordNetworkSettings.Module) throws(ModelError) {
    switch module {
    case .normalised: self = .normalised
    case .dense(let folder, let inputs, let outputs, let hasBias, let function):
      let files = try ModuleNumbers(folder: folder)
      var numbers: [(name: String, shape: Shape, values: [Float])] = [
        ("weight", [outputs, inputs], try files.values("linear.weight", shape: [outputs, inputs]))
      ]
      if hasBias { numbers.append(("bias", [outputs], try files.vector("linear.bias", count: outputs))) }
      self = .dense(FixedParameters(numbers), hasBias: hasBias, function: function)
    case .weights, .recurrent, .convolutions: preconditionFailure("what comes before pooling is no head")
    }
  }

  func applied(to rows: [Float], width: Int, on tape: Tape) throws(TensorError) -> [Float] {
    let input = try tape.constant(rows, shape: [rows.count / width, width])
    switch self {
    case .normalised: return input.unitLength().values
    case .dense(let numbers, let hasBias, let function):
      let sums = try input.linear(
        numbers.constant("weight", on: tape), bias: hasBias ? numbers.constant("bias", on: tape) : nil)
      return (function.map(sums.mapped) ?? sums).values
    }
  }
}
