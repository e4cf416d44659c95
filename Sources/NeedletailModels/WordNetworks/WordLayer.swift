internal import NeedletailNumerics

/// The vectors of the words of several texts of equal length, text after text.
struct WordBlock {
  var count: Int
  var length: Int
  var width: Int
  var values: [Float]
  /// The number of each word.
  var numbers: [Int32]
  /// What each text's words weigh together, where a layer weighs them.
  var totals: [Float]?
}

/// What happens to the vectors of words before they become one.
enum WordLayer: Sendable {
  /// Multiplies each word's vector by a number of its own (`WordWeights`), by the word's number.
  case weights([Float])
  /// Long short-term memories, one on top of the other, each of one direction or two (`LSTM`).
  case recurrent([[RecurrentMatrices]])
  /// Convolutions of the words beside each other, whose results stand side by side (`CNN`).
  case convolutions([WordConvolution])

  func applied(to block: WordBlock, on tape: Tape) throws(TensorError) -> WordBlock {
    switch self {
    case .weights(let weights): Self.weighted(block, weights)
    case .recurrent(let layers): try Self.recurrent(block, layers, tape)
    case .convolutions(let convolutions): try Self.convolved(block, convolutions, tape)
    }
  }

  private static func weighted(_ block: WordBlock, _ weights: [Float]) -> WordBlock {
    var result = block
    var totals = [Float](repeating: 0, count: block.count)
    for (place, number) in block.numbers.enumerated() {
      let weight = weights[Int(number)]
      totals[place / block.length] += weight
      for index in place * block.width..<(place + 1) * block.width { result.values[index] *= weight }
    }
    result.totals = totals
    return result
  }

  private static func recurrent(
    _ block: WordBlock, _ layers: [[RecurrentMatrices]], _ tape: Tape
  ) throws(TensorError) -> WordBlock {
    var result = block
    for directions in layers {
      let units = directions[0].units
      var joined = [Float](repeating: 0, count: block.count * block.length * units * directions.count)
      for (number, matrices) in directions.enumerated() {
        // From text after text to step after step, and back; the second direction begins at the end.
        func place(_ step: Int, _ text: Int) -> Int { text * block.length + (number == 0 ? step : block.length - 1 - step) }
        var steps: [Float] = []
        steps.reserveCapacity(result.values.count)
        for step in 0..<block.length {
          for text in 0..<block.count {
            let first = place(step, text) * result.width
            steps += result.values[first..<first + result.width]
          }
        }
        let input = try tape.constant(steps, shape: [block.length, block.count, result.width])
        let states = try input.longShortTermMemory(matrices.weights(on: tape)).values
        for step in 0..<block.length {
          for text in 0..<block.count {
            let (source, target) = ((step * block.count + text) * units, (place(step, text) * directions.count + number) * units)
            joined.replaceSubrange(target..<target + units, with: states[source..<source + units])
          }
        }
      }
      result.values = joined
      result.width = units * directions.count
    }
    return result
  }

  private static func convolved(
    _ block: WordBlock, _ convolutions: [WordConvolution], _ tape: Tape
  ) throws(TensorError) -> WordBlock {
    var result = block
    let outputs = convolutions[0].outputs
    result.width = outputs * convolutions.count
    result.values = [Float](repeating: 0, count: block.numbers.count * result.width)
    let input = try tape.constant(block.values, shape: [block.count, 1, block.length, block.width])
    for (number, convolution) in convolutions.enumerated() {
      let found = try input.convolved(
        tape.constant(convolution.weight, shape: [outputs, 1, convolution.size, block.width]),
        bias: tape.constant(convolution.bias, shape: [outputs]),
        window: Window(height: 1, width: convolution.size, paddingWidth: convolution.size / 2)
      ).values
      for place in block.numbers.indices {
        let target = place * result.width + number * outputs
        result.values.replaceSubrange(target..<target + outputs, with: found[place * outputs..<(place + 1) * outputs])
      }
    }
    return result
  }
}

/// The numbers of one direction of a long short-term memory, gates one below the other.
struct RecurrentMatrices: Sendable {
  var inputs: Int
  var units: Int
  var input: [Float]
  var hidden: [Float]
  var inputBias: [Float]
  var hiddenBias: [Float]

  func weights(on tape: Tape) throws(TensorError) -> RecurrentWeights {
    RecurrentWeights(
      input: try tape.constant(input, shape: [4 * units, inputs]), hidden: try tape.constant(hidden, shape: [4 * units, units]),
      inputBias: try tape.constant(inputBias, shape: [4 * units]), hiddenBias: try tape.constant(hiddenBias, shape: [4 * units]))
  }
}

/// A convolution over words: for each output, `size` words of numbers; an odd size, and zeros around the text.
struct WordConvolution: Sendable {
  var outputs: Int
  var size: Int
  var weight: [Float]
  var bias: [Float]
}
