internal import Foundation
internal import NeedletailNumerics

/// What the batches of a training hold, for people who want to look at it and for other programs that are to learn from the same.
public struct BatchLines {
  private let training: TrainingRun

  /// A batch, its texts in full.
  private struct Line: Encodable {
    var step: Int
    var queries: [String]
    var passages: [String]
    /// For each query the places in `passages` that answer it, best first.
    var positives: [[Int]]
    /// For each query the places of its own negatives.
    var negatives: [[Int]]
    /// For each query the places that count as nothing, since they are known to answer it too.
    var ignored: [[Int]]
  }

  public init(_ training: TrainingRun) { self.training = training }

  /// Writes a JSON object for each batch, in the order in which a run from the beginning sees them.
  public func write(to path: String) throws(TrainingError) {
    guard let trainer = training.exampleTrainer else {
      throw .unsuitableData(reason: "The recipe learns from texts alone, which have no batches of queries and passages")
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var lines = Data()
    do {
      for place in 0..<trainer.settings.steps * trainer.settings.accumulation {
        let batch = trainer.batch(at: place)
        lines += try encoder.encode(
          Line(
            step: place / trainer.settings.accumulation, queries: batch.queries.map { trainer.examples.queries[$0] },
            passages: batch.passages.map { trainer.examples.passages[$0] }, positives: batch.positives, negatives: batch.negatives,
            ignored: batch.ignored.map { $0.sorted() }))
        lines.append(UInt8(ascii: "\n"))
      }
      try lines.write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .file(.cannotWrite(path: path, code: EIO))
    }
  }
}
