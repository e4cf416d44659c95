internal import ArgumentParser
internal import Foundation
internal import Needletail

/// How a shallow model is trained.
struct LearningOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Components of a vector.", valueName: "N"))
  var dimension = 100

  @Option(help: ArgumentHelp("Times the documents are gone through; without, what suits the kind.", valueName: "N"))
  var epochs: Int?

  @Option(help: ArgumentHelp("Words to each side that a word is trained with.", valueName: "N"))
  var window: Int?

  @Option(help: ArgumentHelp("Leave out words that occur more rarely.", valueName: "N"))
  var minimumCount = 5

  @Option(help: ArgumentHelp("Share of the text above which a word is thinned out; 0 keeps all. Without, 0.0001, and 0.00003 for codes.", valueName: "SHARE"))
  var sample: Double?

  @Option(help: ArgumentHelp("Determines every random choice.", valueName: "N"))
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("More than 1 is faster, and the result differs a little from run to run.", valueName: "N"))
  var threads = 1

  /// What a kind is learned well with at some thousand documents, as far as nothing else was asked for.
  func training(for kind: ShallowKind) -> ShallowTraining {
    var training = ShallowTraining.recommended(for: kind)
    training.dimension = dimension
    training.minimumCount = minimumCount
    training.seed = seed
    training.threads = threads
    if let sample { training.sample = sample }
    if let epochs { training.epochs = epochs }
    if let window { training.window = window }
    return training
  }
}

/// Which documents are read, and which fields of records.
struct RecordOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Field of JSONL and CSV records with the text (repeatable).", valueName: "FIELD"))
  var textField: [String] = []

  @Option(help: ArgumentHelp("Field that holds the title of a record.", valueName: "FIELD"))
  var titleField: String?

  @Option(help: ArgumentHelp("Field that identifies a record.", valueName: "FIELD"))
  var idField: String?

  /// Reads the documents; what could not be read is told on standard error.
  func load(_ paths: [String], quiet: Bool) async throws -> [Document] {
    var options = IngestOptions()
    options.recordFields = RecordFields(text: textField.isEmpty ? nil : textField, title: titleField, id: idField)
    let loader = DocumentLoader(options: options)
    let line = ProgressLine("Reading", unit: "documents", isEnabled: !quiet)
    let loaded = try await InterruptSignal.cancelling {
      defer { line.finish() }
      return try await loader.load(paths) { line.update(done: $0, total: nil) }
    }
    for problem in loaded.problems where !problem.isExpected {
      Terminal.standardError.write("skipped \(problem.path.withoutControlCharacters): \(problem.reason)\n")
    }
    return loaded.documents
  }
}
