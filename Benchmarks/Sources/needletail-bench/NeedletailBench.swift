import ArgumentParser

/// One subcommand for each part of Needletail that is measured; one file each.
@main
struct NeedletailBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "needletail-bench",
    abstract: "Measures parts of Needletail, alone or side by side with their peers (see peers/).",
    subcommands: [EncoderBenchmark.self])
}
