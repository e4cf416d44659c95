import Foundation
import NeedletailNumerics
import Testing

/// Recurrent and convolutional layers against what PyTorch computes; see Fixtures/scripts/make_layers.py.
@Suite struct LayerReferenceTests {
  private struct Reference: Decodable {
    let input, output, inputGradient: [Float]
    let weights, gradients: [[Float]]
  }

  private func reference(_ name: String) throws -> Reference {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/layers", withExtension: "json"))
    return try #require(try JSONDecoder().decode([String: Reference].self, from: Data(contentsOf: url))[name])
  }

  private func compare(_ found: [Float], _ wanted: [Float], within tolerance: Float, _ what: String) {
    #expect(found.count == wanted.count, "\(what)")
    for (a, b) in zip(found, wanted) { #expect(abs(a - b) < tolerance * max(1, abs(b)), "\(what)") }
  }

  private func check(
    _ name: String, threads: Int, input: Shape, weights: [Shape], _ network: (Tensor, [Tensor]) throws -> Tensor
  ) throws {
    let reference = try reference(name)
    let tape = Tape(pool: WorkerPool(threadCount: threads))
    let entering = try tape.variable(reference.input, shape: input)
    let tensors = try zip(reference.weights, weights).map { try tape.variable($0, shape: $1) }
    let output = try network(entering, tensors)
    compare(output.values, reference.output, within: 1e-5, "\(name): output")
    try tape.differentiate(output, gradient: (0..<output.shape.count).map { Float(sin(Double($0))) })
    compare(entering.gradient, reference.inputGradient, within: 1e-4, "\(name): gradient of the input")
    for (place, (tensor, wanted)) in zip(tensors, reference.gradients).enumerated() {
      compare(tensor.gradient, wanted, within: 1e-4, "\(name): gradient of weight \(place)")
    }
  }

  @Test(arguments: [1, 3]) func longShortTermMemories(threads: Int) throws {
    try check("lstm", threads: threads, input: [6, 3, 5], weights: [[28, 5], [28, 7], [28], [28]]) { input, weights in
      try input.longShortTermMemory(RecurrentWeights(input: weights[0], hidden: weights[1], inputBias: weights[2], hiddenBias: weights[3]))
    }
  }

  @Test(arguments: [1, 3]) func gatedRecurrentUnits(threads: Int) throws {
    try check("gru", threads: threads, input: [6, 3, 5], weights: [[21, 5], [21, 7], [21], [21]]) { input, weights in
      try input.gatedRecurrentUnit(RecurrentWeights(input: weights[0], hidden: weights[1], inputBias: weights[2], hiddenBias: weights[3]))
    }
  }

  @Test(arguments: [1, 3]) func convolutionalNetworks(threads: Int) throws {
    try check("cnn", threads: threads, input: [2, 6, 5, 3], weights: [[4, 3, 3, 3], [4], [5, 24], [5]]) { input, weights in
      let window = Window(height: 3, width: 3, paddingHeight: 1, paddingWidth: 1)
      let states = try input.convolved(weights[0], bias: weights[1], window: window).mapped(.relu)
      let pooled = try states.pooled(Window(height: 2, width: 2, stride: 2), by: .maximum)
      return try pooled.reshaped([2, 24]).linear(weights[2], bias: weights[3])
    }
  }

  /// A layer of one step has no state before it, and a tape that records nothing gives the same states.
  @Test func oneStepAndNoRecording() throws {
    let tape = Tape()
    var generator = SeededGenerator(seed: 4)
    func tensor(_ shape: Shape) throws -> Tensor { try tape.variable((0..<shape.count).map { _ in Float.random(in: -1...1, using: &generator) }, shape: shape) }
    let weights = try RecurrentWeights(input: tensor([12, 4]), hidden: tensor([12, 3]), inputBias: tensor([12]), hiddenBias: tensor([12]))
    let steps = try tensor([2, 2, 4])
    let whole = try steps.longShortTermMemory(weights)
    let first = try steps.rows(0..<1).longShortTermMemory(weights)
    #expect(first.values == Array(whole.values.prefix(6)))
    try tape.differentiate(first.sum())
    #expect(weights.hidden.gradient.allSatisfy { $0 == 0 } && weights.hiddenBias.gradient.contains { $0 != 0 })
    tape.isRecording = false
    #expect(try steps.longShortTermMemory(weights).values == whole.values)
  }
}
