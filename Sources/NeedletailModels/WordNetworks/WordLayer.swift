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

  /// Reads the numbers of a module.
  ///
  /// - Precondition: it is one of those before pooling.
  init(_ module: WordNetworkSettings.Module, wordCount: Int) throws(ModelError) {
    switch module {
    case .weights(let folder):
      self = .weights(try ModuleNumbers(folder: folder).values("emb_layer.weight", shape: [wordCount, 1]))
    case .recurrent(let folder, let inputs, let units, let layerCount, let suffixes):
      let files = try ModuleNumbers(folder: folder)
      self = .recurrent(try (0..<layerCount).map { layer throws(ModelError) in
        try suffixes.map { suffix throws(ModelError) in
          try RecurrentMatrices(
            files, named: "l\(layer)\(suffix)", inputs: layer == 0 ? inputs : units * suffixes.count, units: units)
        }
      })
    case .convolutions(let folder, let inputs, let outputs, let sizes):
      let files = try ModuleNumbers(folder: folder)
      self = .convolutions(try sizes.enumerated().map { place, size throws(ModelError) in
        try WordConvolution(files, at: place, inputs: inputs, outputs: outputs, size: size)
      })
    case .dense, .normalised: preconditionFailure("what comes after pooling is no layer of words")
    }
  }

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
        convolution.numbers.constant("weight", on: tape), bias: convolution.numbers.constant("bias", on: tape),
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
  let units: Int
  private let numbers: FixedParameters

  /// Reads those of a layer whose name ends so.
  init(_ files: ModuleNumbers, named name: String, inputs: Int, units: Int) throws(ModelError) {
    self.units = units
    numbers = FixedParameters([
      ("input", [4 * units, inputs], try files.values("encoder.weight_ih_\(name)", shape: [4 * units, inputs])),
      ("hidden", [4 * units, units], try files.values("encoder.weight_hh_\(name)", shape: [4 * units, units])),
      ("inputBias", [4 * units], try files.vector("encoder.bias_ih_\(name)", count: 4 * units)),
      ("hiddenBias", [4 * units], try files.vector("encoder.bias_hh_\(name)", count: 4 * units)),
    ])
  }

  func weights(on tape: Tape) -> RecurrentWeights {
    RecurrentWeights(
      input: numbers.constant("input", on: tape), hidden: numbers.constant("hidden", on: tape),
      inputBias: numbers.constant("inputBias", on: tape), hiddenBias: numbers.constant("hiddenBias", on: tape))
  }
}

/// A convolution over words: for each output, `size` words of numbers; an odd size, and zeros around the text.
struct WordConvolution: Sendable {
  let outputs: Int
  let size: Int
  /// `weight`, [outputs, 1, size, inputs], and `bias`, [outputs].
  let numbers: FixedParameters

  /// Reads the convolution of a place in the list.
  init(_ files: ModuleNumbers, at place: Int, inputs: Int, outputs: Int, size: Int) throws(ModelError) {
    let stored = try files.values("convs.\(place).weight", shape: [outputs, inputs, size])
    // From [outputs, inputs, words] to [outputs, words, inputs].
    var weight = [Float](repeating: 0, count: stored.count)
    for output in 0..<outputs {
      for input in 0..<inputs {
        for word in 0..<size { weight[(output * size + word) * inputs + input] = stored[(output * inputs + input) * size + word] }
      }
    }
    (self.outputs, self.size) = (outputs, size)
    numbers = FixedParameters([
      ("weight", [outputs, 1, size, inputs], weight), ("bias", [outputs], try files.vector("convs.\(place).bias", count: outputs)),
    ])
  }
}
