import ArgumentParser

/// One subcommand for each part of Needletail that is measured; one file each.
@main
struct NeedletailBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "needletail-bench",
    abstract: "Measures parts of Needletail, alone or side by side with their peers (see peers/).",
    subcommands: [
      EncoderBenchmark.self, TokenizerBenchmark.self, DenseIndexBenchmark.self, SparseBenchmark.self, LexicalBenchmark.self,
      CollectionBenchmark.self, TrainingStepBenchmark.self, LayerStepBenchmark.self, ShallowBenchmark.self,
      PlannerBenchmark.self, ScanBenchmark.self,
    ])
}

struct TokenizerBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer", abstract: "Tokenises lines on one thread: --model DIR --lines FILE [--maximum N] [--ids]")

  @Argument(parsing: .captureForPassthrough) var arguments: [String] = []

  func run() throws { try runTokenizerBenchmark(arguments: arguments) }
}

struct LayerStepBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "layer-step",
    abstract: "Takes a training step of a small recurrent or convolutional network for each line of input: lstm|gru|cnn THREADS")

  @Argument(parsing: .captureForPassthrough) var arguments: [String] = []

  func run() throws { try runLayerStepBenchmark(arguments: arguments) }
}

struct DenseIndexBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dense-index",
    abstract: "Builds and searches an index of vectors: --vectors FILE.fvecs --queries FILE.fvecs [--ef 40,80,160] …")

  @Argument(parsing: .captureForPassthrough) var arguments: [String] = []

  func run() throws { try runDenseIndexBenchmark(arguments: arguments) }
}
