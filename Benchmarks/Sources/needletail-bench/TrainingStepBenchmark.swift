import ArgumentParser
import Foundation
import NeedletailModels
import NeedletailNumerics
import NeedletailTraining

/// Takes training steps on request, so that a script can alternate between Needletail and PyTorch within one run.
struct TrainingStepBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "training-step",
    abstract: "Trains an encoder on random tokens and tells how long each step took.",
    discussion: """
      The first half of the sequences are queries, the second half their passages; InfoNCE with the cosine at 0.05, AdamW over all
      parameters, no dropout. Prints a line for each step: seconds in all, for the forward pass with the loss, the backward pass and the
      optimiser, and the loss. With --interactive it waits for a line before each step.
      """)

  @Option(help: "Directory of the model.")
  var model: String

  @Option(help: "Sequences in a batch, an even number.")
  var sequences = 32

  @Option(help: "Tokens of each sequence.")
  var tokens = 64

  @Option(help: "Threads to use.")
  var threads = 2

  @Option(help: "How many steps to take.")
  var steps = 5

  @Option(help: "Train additions of this rank to queries and values (LoRA) instead of all parameters.")
  var adapter: Int?

  @Flag(help: "Wait for a line on standard input before each step.")
  var interactive = false

  func run() throws {
    let network = TransformerNetwork(
      try ModelDirectory(path: model), trained: adapter.map { .additions(LowRankSettings(rank: $0, alpha: Double(2 * $0))) } ?? .everything)
    let pool = WorkerPool(threadCount: threads)
    let tape = Tape(pool: pool)
    let optimizer = Optimizer(.adamW, of: network.parameters, pool: pool) { $0.shape.rank > 1 ? 0.01 : 0 }
    let clock = ContinuousClock()
    for step in 0..<steps {
      if interactive, readLine() == nil { return }
      // the same numbers as peers/training_step.py
      let packed = PackedTokens((0..<sequences).map { sequence in
        (0..<tokens).map { Int32(1000 + (sequence * 7919 + $0 * 104_729 + step * 1299) % 20_000) }
      })
      let start = clock.now
      tape.clear()
      let vectors = try network.vectors(of: packed, on: tape)
      let half = sequences / 2
      let scores = try vectors.rows(0..<half).matrixProduct(vectors.rows(half..<sequences), transposesOther: true)
      let loss = try scores.scaled(by: 20).crossEntropy(targets: Array(0..<half))
      let value = loss.value
      let forward = clock.now
      try tape.differentiate(loss)
      let backward = clock.now
      optimizer.step(rate: 2e-5)
      let end = clock.now
      let seconds = [end - start, forward - start, backward - forward, end - backward].map { String(format: "%.4f", $0 / .seconds(1)) }
      let line = seconds.joined(separator: " ") + String(format: " %.5f", value)
      // written at once: whoever asked is waiting
      FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
  }
}
