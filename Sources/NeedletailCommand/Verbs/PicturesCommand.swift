internal import ArgumentParser
internal import Needletail
internal import NeedletailNumerics

struct PicturesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pictures",
    abstract: "Embed pictures with a vision transformer.",
    discussion: """
      Takes a directory with config.json, preprocessor_config.json and model.safetensors of the type vit, and pictures as binary PGM or PPM. \
      The vectors go to a file that `needletail vectors` reads, a row for each picture in their order.

        needletail model pictures vit-base photos/*.ppm --out photos.npy
        needletail vectors build photos.npy photos.index
      """)
  @Argument(help: "The directory of the model.", completion: .directory) var model: String
  @Argument(help: "The pictures.", completion: .file(extensions: ["pgm", "ppm"])) var pictures: [String]
  @Option(help: ArgumentHelp("Where the vectors go: .npy, .fvecs or .fbin.", valueName: "FILE")) var out: String
  @OptionGroup var embedding: EmbedderOptions
  @OptionGroup var output: OutputOptions

  private struct Report: Encodable {
    let pictures: Int
    let dimension: Int
    let file: String
  }

  /// Pictures that are in memory at a time.
  private static let window = 64

  func run() async throws {
    let embedder = try PictureEmbedder(path: model, precision: embedding.precision)
    let progress = ProgressLine("Embedding", unit: "pictures", isEnabled: !output.json)
    let values = try await InterruptSignal.cancelling {
      defer { progress.finish() }
      var values: [Float] = []
      for first in stride(from: 0, to: pictures.count, by: Self.window) {
        try Task.checkCancellation()
        let end = min(first + Self.window, pictures.count)
        values += try embedder.encode(pictures[first..<end].map { try Picture(path: $0) }).values
        progress.update(done: end, total: pictures.count)
      }
      return values
    }
    try VectorFile.write(values, dimension: embedder.dimension, to: out)
    if output.json { return try JSONOutput.write(Report(pictures: pictures.count, dimension: embedder.dimension, file: out)) }
    Terminal.standardOutput.write("\(Units.count(pictures.count, "picture")) of \(embedder.dimension) components: \(out)\n")
  }
}
