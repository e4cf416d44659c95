import NeedletailNumerics
import Testing

@Suite struct TapeTests {
  @Test func shapesThatDoNotFitAreNamed() throws {
    let tape = Tape()
    let a = try tape.constant([1, 2, 3, 4, 5, 6], shape: [2, 3])
    let b = try tape.constant([1, 2, 3, 4], shape: [2, 2])
    #expect(throws: TensorError.shapes(operation: "a matrix product", left: [2, 3], right: [2, 2])) {
      try a.matrixProduct(b, transposesOther: true)
    }
    #expect(throws: TensorError.shapes(operation: "a sum", left: [2, 3], right: [2, 2])) { try a.adding(b) }
    #expect(throws: TensorError.index(operation: "a gathering", index: 2, bound: 2)) { try a.gathered([2]) }
    #expect(throws: TensorError.shapes(operation: "a tensor of given numbers", left: [1], right: [2])) {
      try tape.constant([1], shape: [2])
    }
    do {
      _ = try a.linear(b)
      Issue.record("a weight that does not fit was taken")
    } catch {
      #expect("\(error)" == "a linear layer does not work for the shapes [2, 3] and [2, 2]")
    }
  }

  /// A small network of most operations; its loss and the gradient of its parameters.
  private func step(_ tape: Tape, rows: Int, threads: Int) throws -> [Float] {
    tape.clear()
    var generator = SeededGenerator(seed: 4)
    func random(_ shape: Shape) throws -> Tensor {
      try tape.variable((0..<shape.count).map { _ in Float.random(in: -1...1, using: &generator) }, shape: shape)
    }
    let (x, weight, gain, shift) = (try random([rows, 48]), try random([96, 48]), try random([96]), try random([96]))
    let hidden = try x.linear(weight).layerNormalised(gain: gain, shift: shift, epsilon: 1e-6).mapped(.gelu).droppingOut(0.1)
    let mixed = try hidden.attention(AttentionShape(heads: 2, headSize: 16), sequences: [0..<rows / 3, rows / 3..<rows])
    let loss = try mixed.unitLength().multiplied(by: mixed).sum()
    let value = loss.value
    try tape.differentiate(loss)
    return [value] + weight.gradient + gain.gradient + x.gradient
  }

  @Test func theNumberOfThreadsDoesNotChangeABit() throws {
    let one = try step(Tape(pool: WorkerPool(threadCount: 1)), rows: 150, threads: 1)
    let five = try step(Tape(pool: WorkerPool(threadCount: 5)), rows: 150, threads: 5)
    #expect(one == five)
  }

  @Test func aStepAfterTheFirstTakesNoNewMemory() throws {
    let tape = Tape()
    _ = try step(tape, rows: 90, threads: 2)
    let bytes = tape.byteCount
    for _ in 0..<3 { _ = try step(tape, rows: 90, threads: 2) }
    #expect(tape.byteCount == bytes)
  }

  @Test func nothingIsRememberedWithoutRecording() throws {
    let tape = Tape()
    tape.isRecording = false
    let x = try tape.variable([1, 2], shape: [2])
    let y = try x.sum()
    try tape.differentiate(y)
    #expect(!y.isDifferentiable && x.gradient == [0, 0])
  }

  @Test func dropoutKeepsTheMeanAndFollowsTheSeed() throws {
    let tape = Tape()
    func dropped(_ seed: UInt64) throws -> [Float] {
      tape.clear()
      tape.seed = seed
      return try tape.constant([Float](repeating: 1, count: 20_000), shape: [20_000]).droppingOut(0.2).values
    }
    let first = try dropped(1)
    #expect(try first == dropped(1))
    #expect(try first != dropped(2))
    let kept = first.count { $0 != 0 }
    #expect(abs(Double(kept) / 20_000 - 0.8) < 0.015)
    #expect(first.allSatisfy { $0 == 0 || $0 == 1.25 })
  }

  @Test func theStraightThroughSignPassesGradientsOfSmallEntries() throws {
    let tape = Tape()
    let x = try tape.variable([-2, -0.5, 0, 0.5, 2], shape: [5])
    let y = x.straightThroughSign()
    #expect(y.values == [-1, -1, -1, 1, 1])
    try tape.differentiate(y, gradient: [1, 2, 3, 4, 5])
    #expect(x.gradient == [0, 2, 3, 4, 0])
  }

  @Test func parametersCollectGradientsUntilTheyAreCleared() throws {
    let parameters = Parameters([("a", [2], true), ("b", [3], false)])
    parameters[parameters.all[0]] = [1, 2]
    let tape = Tape()
    for _ in 0..<2 {
      tape.clear()
      let a = tape.parameter(parameters.all[0], of: parameters)
      try tape.differentiate(a.multiplied(by: a).sum())
    }
    #expect(parameters.gradient(of: parameters.all[0]) == [4, 8])
    #expect(!tape.parameter(parameters.all[1], of: parameters).isDifferentiable)
    parameters.clearGradients()
    #expect(parameters.gradient(of: parameters.all[0]) == [0, 0])
  }
}
