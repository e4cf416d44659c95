public import ArgumentParser
internal import Foundation
public import Needletail

/// Learns a shallow model from plain documents: a verb of `model`.
struct LearnCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "learn",
    abstract: "Learn a small model from documents alone, and register it.",
    discussion: """
      paragraph-vectors  vectors of documents and words in one space (what `classify` uses)
      binary-codes       documents as so many bits; an index over them orders by Hamming distance
      word-vectors       vectors of words; a text is the mean of its words
      word-senses        several vectors for each word, one for each of its meanings

      Nothing is downloaded. Afterwards: needletail index PATH... --collection NEW --model NAME,
      needletail model neighbours NAME WORD. The same documents, options and --seed give the same model with --threads 1.
      """)

  @Argument(help: "Files and folders to learn from.", completion: .file())
  var paths: [String]

  @Option(help: ArgumentHelp("The name to register the model under.", valueName: "NAME"))
  var out: String

  @Option(help: ArgumentHelp("paragraph-vectors, binary-codes, word-vectors or word-senses.", valueName: "KIND"))
  var kind = ShallowKind.paragraphVectors

  @OptionGroup var learning: LearningOptions
  @OptionGroup var records: RecordOptions

  @Option(help: ArgumentHelp("Bits of a code, for binary-codes.", valueName: "N"))
  var bits = 64

  @Option(help: ArgumentHelp("Components of a real vector learned along, for binary-codes.", valueName: "N"))
  var real: Int?

  @Option(help: ArgumentHelp("Most senses of a word, for word-senses.", valueName: "N"))
  var senses = 5

  @OptionGroup var data: DataOptions
  @OptionGroup var output: OutputOptions

  private struct Summary: Encodable {
    let name: String
    let kind: ShallowKind
    let documents: Int
    let words: Int
    let vocabulary: Int
    let dimension: Int
    let digest: String
    let seconds: Double
    let path: String
  }

  func run() async throws {
    let registry = data.registry
    guard registry.models().allSatisfy({ $0.name != out }) else { throw ModelError.nameTaken(name: out) }
    let texts = try await records.load(paths, quiet: output.json).map(\.titleAndText)
    guard !texts.isEmpty else { throw CommandProblem.nothingToLearnFrom }
    let start = ContinuousClock.now
    let training = learning.training(for: kind)
    let corpus = WordCorpus(texts, minimumCount: training.minimumCount, maximumVocabulary: training.maximumVocabulary)
    let model = try await learn(corpus, training)
    let registered = try registry.add(model, name: out)
    let summary = Summary(
      name: out, kind: kind, documents: texts.count, words: corpus.wordCount, vocabulary: corpus.vocabulary.count,
      dimension: model.profile.dimension, digest: model.profile.digest, seconds: (ContinuousClock.now - start) / .seconds(1),
      path: registered.path)
    if output.json { return try JSONOutput.write(summary) }
    Terminal.standardOutput.write("""
      Learned \(out) (\(kind.rawValue), \(summary.dimension) dimensions) from \(Units.count(texts.count, "document")), \
      \(Units.count(summary.vocabulary)) words, in \(Units.duration(seconds: summary.seconds)).
      Use it: needletail index PATH... --collection NAME --model \(out)

      """)
  }

  private func learn(_ corpus: WordCorpus, _ training: ShallowTraining) async throws -> ShallowModel {
    let line = ProgressLine("Learning", unit: "words", isEnabled: !output.json)
    let (kind, name, bits, real, senses) = (kind, out, bits, real, senses)
    return try await InterruptSignal.cancelling {
      defer { line.finish() }
      let progress: @Sendable (ShallowProgress) -> Void = { line.update(done: $0.wordsDone, total: $0.wordsInAll) }
      switch kind {
      case .wordVectors:
        return .wordVectors(try WordVectors.learn(from: corpus, training: training, name: name, progress: progress))
      case .paragraphVectors:
        return .paragraphVectors(try ParagraphVectors.learn(from: corpus, training: training, name: name, progress: progress))
      case .binaryCodes:
        var options = BinaryCodeOptions()
        options.bits = bits
        options.realDimension = real
        return .binaryCodes(
          try BinaryParagraphVectors.learn(from: corpus, options: options, training: training, name: name, progress: progress))
      case .wordSenses:
        var options = SenseOptions()
        options.senses = senses
        return .wordSenses(try WordSenses.learn(from: corpus, options: options, training: training, name: name, progress: progress))
      }
    }
  }
}

extension ShallowKind: ExpressibleByArgument {}
