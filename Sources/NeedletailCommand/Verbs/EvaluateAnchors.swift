internal import ArgumentParser
internal import Foundation
internal import Needletail
internal import NeedletailReproduction

struct EvaluateAnchors: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "anchors", abstract: "Published scores of the default model beside ours, for every collection that is here.")

  @Option(help: ArgumentHelp("Write the table here, in Markdown.", valueName: "FILE"), completion: .file()) var markdown: String?
  @OptionGroup var laboratory: LaboratoryOptions
  @OptionGroup var catalogue: CatalogueOptions
  @OptionGroup var embedding: EmbedderOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let line = ProgressLine("Anchors", unit: "%", isEnabled: !output.json)
    let anchors = try await laboratory.with(catalogue, line) { laboratory in
      try await Anchors(of: laboratory.embedder(precision: embedding.precision), in: laboratory)
    }
    line.finish()
    if let markdown { try Data(anchors.markdown.utf8).write(to: URL(fileURLWithPath: markdown), options: .atomic) }
    if output.json { return try JSONOutput.write(anchors.rows) }
    var table = Table([("collection", .left), ("measure", .left), ("published", .right), ("here", .right), ("difference", .right), ("data", .left)])
    for row in anchors.rows {
      table.add([
        row.collection, row.measure, Units.fixed(row.published, 4), Units.fixed(row.ours, 4), Units.fixed(row.difference, 4),
        row.isSameData ? "same" : row.remark,
      ])
    }
    Terminal.standardOutput.write(table.rendered(for: .standardOutput))
    for name in anchors.missing { Terminal.standardOutput.write("not here: \(name)\n") }
  }
}
