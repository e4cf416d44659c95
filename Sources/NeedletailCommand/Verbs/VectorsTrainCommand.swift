public import ArgumentParser
internal import Foundation
internal import Needletail

/// Learns a codec from pairs: a verb of `vectors`.
struct VectorsTrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Learn a codec from pairs of vectors that belong together.",
    discussion: """
      Row i of QUERIES belongs to row i of DOCUMENTS, or to the row that --positives names.
      Binary codes; with --compatible the new codec finds what the old one encoded:
        needletail vectors train titles.npy abstracts.npy my.codec --bits 384 --steps 1
        needletail vectors build abstracts.npy my.index --layout ivf --codec my.codec --drop-vectors
      After a change of the model, --old-documents are the same documents as the old one embeds them:
        needletail vectors train new-titles.npy new-abstracts.npy new.codec --compatible my.codec --old-documents abstracts.npy
      Codes in memory that propose, with vectors on disk that decide:
        needletail vectors train titles.npy abstracts.npy my.codec --kind projected --parts 48
        needletail vectors build abstracts.npy my.index --layout disk --codec my.codec
      """)

  enum Kind: String, ExpressibleByArgument, CaseIterable { case binary, projected }

  @Argument(help: "The file of query vectors.", completion: .file()) var queries: String
  @Argument(help: "The file of document vectors.", completion: .file()) var documents: String
  @Argument(help: "Where the codec goes.", completion: .file()) var target: String
  @Option(help: ArgumentHelp("binary, or projected: product codes with a verifier for the disk layout.", valueName: "KIND"))
  var kind = Kind.binary
  @Option(help: ArgumentHelp("Signs of a binary code, a multiple of 16.", valueName: "N")) var bits = 384
  @Option(help: ArgumentHelp("Corrections after the first signs, 0 to 3; each takes as many bits again.", valueName: "N")) var steps = 1
  @Option(help: ArgumentHelp("Hidden units of a binary codec.", valueName: "N")) var hidden = 768
  @Option(help: ArgumentHelp("Bytes of a projected code; an eighth of the components otherwise.", valueName: "N")) var parts: Int?
  @Option(
    help: ArgumentHelp(
      "What the verifier's batches are made of: random, candidates, locality, snowball.", valueName: "KIND"))
  var batches = NeighbourhoodBatches.Order.breadthFirst
  @Option(help: ArgumentHelp("For a projected codec, the row of each query's document (.ivecs, .npy).", valueName: "FILE"), completion: .file())
  var positives: String?
  @Option(help: ArgumentHelp("Passes over the pairs.", valueName: "N")) var epochs: Int?
  @Option(help: ArgumentHelp("Pairs in a batch.", valueName: "N")) var batch: Int?
  @Option(help: ArgumentHelp("Everything random follows from it.", valueName: "N")) var seed: UInt64 = 42
  @Option(help: ArgumentHelp("A binary codec whose codes of documents new queries have to find.", valueName: "FILE"), completion: .file())
  var compatible: String?
  @Option(help: ArgumentHelp("The documents as the model behind the old codec embeds them, where that is another one.", valueName: "FILE"), completion: .file())
  var oldDocuments: String?

  func validate() throws {
    guard kind == .binary || compatible == nil else { throw ValidationError("--compatible is for binary codes") }
    guard compatible != nil || oldDocuments == nil else { throw ValidationError("--old-documents goes with --compatible") }
    guard kind == .projected || positives == nil else { throw ValidationError("--positives is for projected codes") }
    guard (epochs ?? 1) >= 1, (batch ?? 2) >= 2 else { throw ValidationError("--epochs takes 1 or more, --batch 2 or more") }
  }

  func run() throws {
    let (queries, documents) = try (DenseVectors(contentsOf: self.queries), DenseVectors(contentsOf: self.documents))
    switch kind {
    case .binary: try trainBinary(queries, documents)
    case .projected: try trainProjected(queries, documents)
    }
  }

  private func trainBinary(_ queries: DenseVectors, _ documents: DenseVectors) throws {
    var training = BinaryCodecTraining(bits: bits, steps: steps, hiddenCount: hidden, seed: seed)
    if let epochs { training.epochCount = epochs }
    if let batch { training.batchSize = batch }
    let old = try compatible.map { path in
      guard let codec = try CodecFile.read(path) as? RecurrentBinaryCodec else {
        throw ValidationError("\(path) is not a trained binary codec")
      }
      return codec
    }
    let before = try oldDocuments.map { path in
      let vectors = try DenseVectors(contentsOf: path)
      return BinaryCodecTraining.Pairs(queries: vectors, documents: vectors)
    }
    let line = ProgressLine("Training", unit: "epochs")
    let codec = try training.codec(
      from: BinaryCodecTraining.Pairs(queries: queries, documents: documents), keepingCompatible: old, oldPairs: before
    ) { epoch, loss in
      line.update(done: epoch, total: training.epochCount, detail: "loss \(Units.fixed(loss, 3))")
    }
    line.finish()
    try CodecFile.write(codec, to: target)
    report(codec)
  }

  private func trainProjected(_ queries: DenseVectors, _ documents: DenseVectors) throws {
    let rows = try positives.map { try NeighbourFile.read($0).map { Int($0.first ?? 0) } } ?? Array(0..<queries.count)
    let examples = BiGranularTraining.Examples(queries: queries, documents: documents, positives: rows)
    var training = BiGranularTraining(parts: parts ?? max(1, documents.dimension / 8), seed: seed)
    if let epochs { training.epochCount = epochs }
    if let batch { training.batchSize = batch }
    let line = ProgressLine("Training", unit: "epochs")
    let total = 2 * training.epochCount
    let codec = try training.codec(from: examples) { epoch, loss in
      line.update(done: epoch, total: total, detail: "codes, loss \(Units.fixed(loss, 3))")
    }
    let verifier = try training.verifier(from: examples, candidatesOf: codec, order: batches) { epoch, loss in
      line.update(done: training.epochCount + epoch, total: total, detail: "verifier, loss \(Units.fixed(loss, 3))")
    }
    line.finish()
    try CodecFile.write(codec, verifier: verifier, to: target)
    report(codec)
  }

  private func report(_ codec: any VectorCodec) {
    Terminal.standardOutput.write("\(codec.specification): \(codec.codeBytes) bytes a row, \(target)\n")
  }
}

extension NeighbourhoodBatches.Order: ExpressibleByArgument {}
