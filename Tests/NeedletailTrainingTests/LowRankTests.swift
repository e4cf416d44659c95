import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import NeedletailTraining
import Testing

@Suite struct LowRankTests {
  private let tokens = PackedTokens([[2, 40, 41, 42, 3], [2, 7, 9, 3]])

  private func network(_ settings: LowRankSettings) throws -> TransformerNetwork {
    TransformerNetwork(try ModelDirectory(path: TinyModels.path("tiny-bert")), trained: .additions(settings))
  }

  private func vectors(_ network: TransformerNetwork) throws -> [Float] {
    let tape = Tape()
    tape.isRecording = false
    return try network.vectors(of: tokens, on: tape).values
  }

  @Test func additionsBeginAtNothingAndAreAllThatLearns() throws {
    let plain = TransformerNetwork(try ModelDirectory(path: TinyModels.path("tiny-bert")))
    let network = try network(LowRankSettings(rank: 2, targets: [.query, .value, .expansion], seed: 5))
    #expect(try vectors(network) == vectors(plain))
    let trained = network.parameters.all.filter(\.isTrained)
    let layers = network.configuration.layers
    #expect(trained.count == 2 * 3 * layers)
    let tape = Tape()
    try tape.differentiate(network.vectors(of: tokens, on: tape).columns(0..<3).sum())
    for parameter in network.parameters.all {
      let gradient = network.parameters.gradient(of: parameter)
      #expect(gradient.isEmpty == !parameter.isTrained)
      // while B is zero, A has no gradient
      #expect(gradient.allSatisfy { $0 == 0 } == !parameter.name.hasSuffix(" up"), "\(parameter.name)")
    }
  }

  @Test func weightsThatDoNotLearnHaveNoGradientsNoMomentsAndKeepTheirBits() throws {
    let network = try network(LowRankSettings(rank: 2, targets: [.query, .contraction]))
    let parameters = network.parameters
    func entries(_ parameters: [Parameter]) -> Int { parameters.reduce(0) { $0 + ($1.shape.count + 15) / 16 * 16 } }
    let learning = entries(parameters.all.filter(\.isTrained))
    #expect(parameters.snapshotCount == learning && learning < entries(parameters.all) / 10)
    // values of everything, gradients of what learns
    #expect(parameters.byteCount == 4 * (entries(parameters.all) + learning))
    let optimizer = Optimizer(.adamW, of: parameters) { _ in 0.1 }
    #expect(optimizer.momentCounts == [learning, learning])
    let average = MovingAverage(of: parameters, decay: 0.9)
    #expect(average.values.count == learning)

    let before = parameters.all.map { parameters[$0].map(\.bitPattern) }
    let tape = Tape()
    for _ in 0..<3 {
      tape.clear()
      try tape.differentiate(network.vectors(of: tokens, on: tape).columns(0..<3).sum())
      optimizer.step(rate: 0.1)
      average.update(from: parameters)
    }
    parameters.snapshot = average.values
    for (parameter, bits) in zip(parameters.all, before) {
      #expect((parameters[parameter].map(\.bitPattern) == bits) == !parameter.isTrained, "\(parameter.name)")
      #expect(tape.parameter(parameter, of: parameters).isDifferentiable == parameter.isTrained)
    }
  }

  /// The network with additions is the network whose weights have them inside; both of the networks that compute say so.
  @Test(arguments: [[.query], [.value, .key], [.output, .expansion, .contraction], LowRankSettings.Target.allCases] as [[LowRankSettings.Target]])
  func additionsGiveWhatTheMergedWeightsGive(targets: [LowRankSettings.Target]) throws {
    let network = try network(LowRankSettings(rank: 3, alpha: 5, targets: Set(targets)))
    var generator = SeededGenerator(seed: 8)
    for parameter in network.parameters.all where parameter.isTrained {
      network.parameters[parameter] = network.parameters[parameter].map { _ in Float.random(in: -0.4...0.4, using: &generator) }
    }
    let found = try vectors(network)
    let adapter = try #require(network.adapter)
    #expect(adapter.additions.count == targets.count * network.configuration.layers)
    let merged = TransformerNetwork(try network.directory.applying(adapter))
    let expected = try vectors(merged)
    for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-5) }
    #expect(zip(found, try vectors(TransformerNetwork(network.directory))).contains { abs($0 - $1) > 1e-3 })

    let folder = try TemporaryFolder()
    try network.save(to: folder.path + "/model")
    try adapter.write(to: folder.path + "/adapter", for: network.directory)
    #expect(try vectors(TransformerNetwork(ModelDirectory(path: folder.path + "/model"))) == expected)
    #expect(try LowRankAdapter(path: folder.path + "/adapter", for: network.directory) == adapter)
  }

  @Test func gradientsOfAdditionsAreThoseOfTheMergedWeights() throws {
    // dL/dA = s Bᵀ dL/dW and dL/dB = s dL/dW Aᵀ, where W is the merged weight
    let network = try network(LowRankSettings(rank: 2, alpha: 3, targets: [.key]))
    var generator = SeededGenerator(seed: 8)
    for parameter in network.parameters.all where parameter.isTrained {
      network.parameters[parameter] = network.parameters[parameter].map { _ in Float.random(in: -0.4...0.4, using: &generator) }
    }
    let adapter = try #require(network.adapter)
    let merged = TransformerNetwork(try network.directory.applying(adapter))
    func differentiate(_ network: TransformerNetwork) throws {
      let tape = Tape()
      let states = try network.states(of: tokens, on: tape)
      try tape.differentiate(states, gradient: (0..<states.shape.count).map { Float(sin(Double($0))) })
    }
    try differentiate(network)
    try differentiate(merged)
    let part = TransformerPart.key(layer: 1)
    let slope = try #require(merged.gradientsByTensorName[network.directory.tensorNames.weight(part)])
    let addition = try #require(adapter.additions[part])
    let (down, up) = (network.parameters.parameter(named: "\(part) down"), network.parameters.parameter(named: "\(part) up"))
    let (a, b) = (network.parameters.gradient(of: try #require(down)), network.parameters.gradient(of: try #require(up)))
    let (rank, inputs) = (2, addition.down.count / 2)
    for component in 0..<rank {
      for input in 0..<inputs {
        let wanted = (0..<slope.count / inputs).reduce(Float(0)) { $0 + 1.5 * addition.up[$1 * rank + component] * slope[$1 * inputs + input] }
        #expect(abs(a[component * inputs + input] - wanted) < 1e-4 * max(1, abs(wanted)))
      }
      for output in 0..<slope.count / inputs {
        let wanted = (0..<inputs).reduce(Float(0)) { $0 + 1.5 * addition.down[component * inputs + $1] * slope[output * inputs + $1] }
        #expect(abs(b[output * rank + component] - wanted) < 1e-4 * max(1, abs(wanted)))
      }
    }
  }
}
