import Foundation
import NeedletailNumerics

/// Takes a training step for each line of standard input and prints its seconds and loss: `lstm`, `gru` or `cnn`, then the threads.
///
/// The same networks, numbers and optimiser as in peers/layer_step.py: recurrent, 32 sequences of 64 steps of 256 numbers and 256 units, told
/// apart by the last state; convolutional, 64 pictures of 32 x 32 x 3, two convolutions of 3 x 3 with 32 and 64 channels, each with a pooling of
/// 2 x 2, and a linear layer. Ten classes, AdamW.
func runLayerStepBenchmark(arguments: [String]) throws {
  guard arguments.count == 2, ["lstm", "gru", "cnn"].contains(arguments[0]), let threads = Int(arguments[1]), threads > 0 else {
    throw CocoaError(.featureUnsupported, userInfo: [NSLocalizedDescriptionKey: "layer-step takes lstm, gru or cnn and a number of threads"])
  }
  let pool = WorkerPool(threadCount: threads)
  let tape = Tape(pool: pool)
  let network: any StepNetwork = arguments[0] == "cnn" ? ConvolutionalStep() : RecurrentStep(isGated: arguments[0] == "gru")
  let optimizer = Optimizer(.adamW, of: network.parameters, pool: pool) { $0.shape.rank > 1 ? 0.01 : 0 }
  let clock = ContinuousClock()
  while readLine() != nil {
    let start = clock.now
    tape.clear()
    let loss = try network.scores(on: tape).crossEntropy(targets: (0..<network.batch).map { $0 * 7 % 10 })
    let value = loss.value
    try tape.differentiate(loss)
    optimizer.step(rate: 1e-3)
    let seconds = (clock.now - start) / .seconds(1)
    FileHandle.standardOutput.write(Data(String(format: "%.5f %.5f\n", seconds, value).utf8))
  }
}

private protocol StepNetwork {
  var parameters: Parameters { get }
  var batch: Int { get }
  func scores(on tape: Tape) throws -> Tensor
}

/// Numbers that look random and are the same in Python: i² mod 1009, from -1 to 1, times a scale.
private func numbers(_ count: Int, scale: Double, first: Int) -> [Float] {
  (0..<count).map { index in
    let place = (index + first) % 1_000_003
    return Float((Double(place * place % 1009) / 504 - 1) * scale)
  }
}

private func filled(_ declarations: [(name: String, shape: Shape)]) -> Parameters {
  let parameters = Parameters(declarations.map { ($0.name, $0.shape, true) })
  for (place, parameter) in parameters.all.enumerated() {
    let inputs = parameter.shape.rank > 1 ? parameter.shape.count / parameter.shape[0] : 0
    let scale = inputs > 0 ? 1 / Double(inputs).squareRoot() : 0
    parameters[parameter] = numbers(parameter.shape.count, scale: scale, first: 1000 * (place + 1))
  }
  return parameters
}

private struct RecurrentStep: StepNetwork {
  let batch = 32
  let parameters: Parameters
  private let isGated: Bool
  private let input = numbers(64 * 32 * 256, scale: 1, first: 0)

  init(isGated: Bool) {
    self.isGated = isGated
    let gates = isGated ? 768 : 1024
    parameters = filled([
      ("input", [gates, 256]), ("hidden", [gates, 256]), ("input bias", [gates]), ("hidden bias", [gates]), ("classes", [10, 256]), ("bias", [10]),
    ])
  }

  func scores(on tape: Tape) throws -> Tensor {
    let all = parameters.all.map { tape.parameter($0, of: parameters) }
    let weights = RecurrentWeights(input: all[0], hidden: all[1], inputBias: all[2], hiddenBias: all[3])
    let steps = try tape.constant(input, shape: [64, 32, 256])
    let states = try isGated ? steps.gatedRecurrentUnit(weights) : steps.longShortTermMemory(weights)
    return try states.rows(63..<64).reshaped([32, 256]).linear(all[4], bias: all[5])
  }
}

private struct ConvolutionalStep: StepNetwork {
  let batch = 64
  let parameters = filled([
    ("first", [32, 3, 3, 3]), ("first bias", [32]), ("second", [64, 3, 3, 32]), ("second bias", [64]), ("classes", [10, 4096]), ("bias", [10]),
  ])
  private let input = numbers(64 * 32 * 32 * 3, scale: 1, first: 0)

  func scores(on tape: Tape) throws -> Tensor {
    let all = parameters.all.map { tape.parameter($0, of: parameters) }
    let window = Window(height: 3, width: 3, paddingHeight: 1, paddingWidth: 1), pooling = Window(height: 2, width: 2, stride: 2)
    let pictures = try tape.constant(input, shape: [64, 32, 32, 3])
    let first = try pictures.convolved(all[0], bias: all[1], window: window).mapped(.relu).pooled(pooling, by: .maximum)
    let second = try first.convolved(all[2], bias: all[3], window: window).mapped(.relu).pooled(pooling, by: .maximum)
    return try second.reshaped([64, 4096]).linear(all[4], bias: all[5])
  }
}
