import ArgumentParser
import Foundation
import NeedletailModels

/// Learns vectors of words and texts, and tells how many words a second: once for each line on standard input, so that a script can alternate
/// between Needletail and its peers within one run.
struct ShallowBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shallow",
    abstract: "Learns shallow models of a file with a text a line.",
    discussion: """
      Obeys lines on standard input and answers each with words per second, an epoch's words being all known words of the file:
        MODEL THREADS EPOCHS     MODEL is skip-gram, bag-of-words, or an objective of paragraph vectors with "paragraph-" in front
      """)

  @Option(help: "A text a line.")
  var texts: String

  @Option(help: "Components of a vector.")
  var dimension = 100

  @Option(help: "Words to each side.")
  var window = 15

  @Option(help: "Counter-examples.")
  var negatives = 5

  @Flag(help: "Hierarchical softmax too.")
  var hierarchical = false

  func run() throws {
    let lines = try String(contentsOfFile: texts, encoding: .utf8).split(separator: "\n").map(String.init)
    let corpus = WordCorpus(lines, minimumCount: 5)
    while let line = readLine() {
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 3, let threads = Int(words[1]), let epochs = Int(words[2]) else {
        throw ValidationError("cannot read: \(line)")
      }
      var training = ShallowTraining()
      training.dimension = dimension
      training.window = window
      training.negatives = negatives
      training.usesHierarchicalSoftmax = hierarchical
      training.threads = threads
      training.epochs = epochs
      let start = ContinuousClock.now
      try learn(words[0], corpus, training)
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      FileHandle.standardOutput.write(Data("\(Double(corpus.wordCount * epochs) / seconds)\n".utf8))
    }
  }

  private func learn(_ model: String, _ corpus: WordCorpus, _ training: ShallowTraining) throws {
    if let objective = WordVectors.Objective(rawValue: model) {
      _ = try WordVectors.learn(from: corpus, objective: objective, training: training)
    } else if let objective = ParagraphVectors.Objective(rawValue: String(model.dropFirst("paragraph-".count))) {
      _ = try ParagraphVectors.learn(from: corpus, objective: objective, training: training)
    } else {
      throw ValidationError("no model \(model)")
    }
  }
}
