internal import ArgumentParser
internal import Foundation
internal import Needletail
internal import NeedletailEvaluation
internal import NeedletailNumerics

/// Proposes an index: a verb of `vectors`.
struct VectorsTuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Measure a sample and propose an index for a wanted recall and memory.",
    discussion: """
      Several kinds of index are built over a sample and searched with more and more effort. The fastest that finds enough
      within the memory is proposed, with the options to build and search it.

        needletail vectors tune base.fvecs --recall 0.95 --memory 20% --curve curve.svg
      """)

  @Argument(help: "The file of vectors.", completion: .file()) var vectors: String
  @Option(help: ArgumentHelp("What is searched for; otherwise some of the vectors.", valueName: "FILE"), completion: .file())
  var queries: String?
  @Option(help: ArgumentHelp("The share of true neighbours that must be found.", valueName: "SHARE")) var recall = 0.95
  @Option(name: .shortAndLong, help: ArgumentHelp("Neighbours of each query.", valueName: "N")) var top = 10
  @Option(
    help: ArgumentHelp(
      "What the index may take in memory: bytes, with K, M or G behind, or % of the vectors as 32-bit floats.", valueName: "SIZE"))
  var memory: String?
  @Option(help: ArgumentHelp("Rows that there will be, if more than the file has.", valueName: "N")) var rows: Int?
  @Option(help: ArgumentHelp("Rows that are measured.", valueName: "N")) var sample = 20_000
  @Option(help: ArgumentHelp("cosine, dot or euclidean.", valueName: "NAME")) var similarity = Similarity.cosine
  @Option(help: ArgumentHelp("Everything random follows from it.", valueName: "N")) var seed: UInt64 = 42
  @Option(help: ArgumentHelp("Write the curve here (.svg).", valueName: "FILE"), completion: .file()) var curve: String?
  @Option(help: ArgumentHelp("Write a page with recall against speed and memory here.", valueName: "FILE"), completion: .file()) var html: String?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard recall > 0, recall <= 1 else { throw ValidationError("--recall takes a share above 0, up to 1") }
    guard (1...1_000).contains(top), sample >= 100, (rows ?? 1) >= 1 else {
      throw ValidationError("--top takes 1 to 1000, --sample 100 or more, --rows 1 or more")
    }
    if let memory, Self.bytes(memory, ofRaw: 1) == nil {
      throw ValidationError("--memory takes a size like 800M or a share like 12.5%, not \(memory)")
    }
  }

  func run() throws {
    let file = try DenseVectors(contentsOf: vectors)
    let rowCount = rows ?? file.count
    let goal = IndexTuning.Goal(
      recall: recall, limit: top, memoryBytes: memory.flatMap { Self.bytes($0, ofRaw: 4 * rowCount * file.dimension) })
    let line = ProgressLine("Measuring", unit: "kinds", isEnabled: !output.json)
    let tuning = try IndexTuning(
      of: file, rowCount: rowCount, queries: queries.map { try DenseVectors(contentsOf: $0) }, similarity: similarity, goal: goal,
      sampleCount: sample, seed: seed
    ) { name, done, count in
      line.update(done: done, total: count, detail: name)
    }
    line.finish()
    if let curve {
      try AtomicFile.write(to: curve) { writer throws(FileError) in try writer.write(Array(tuning.chart.svg.utf8)) }
    }
    if let html { try tuning.writePage(to: html) }
    try output.json ? JSONOutput.write(tuning) : show(tuning)
  }

  /// Bytes for a size or a share; nil for anything else.
  static func bytes(_ text: String, ofRaw raw: Int) -> Int? {
    let units: [Character: Double] = ["K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "%": Double(raw) / 100]
    let last = text.last.flatMap { units[Character($0.uppercased())] }
    guard let number = Double(last == nil ? text : String(text.dropLast())), number > 0, number.isFinite else { return nil }
    let bytes = (number * (last ?? 1)).rounded(.up)
    return bytes < 1e18 ? Int(bytes) : nil
  }

  private func show(_ tuning: IndexTuning) {
    let terminal = Terminal.standardOutput
    var table = Table([
      ("kind", .left), ("ef", .right), ("probes", .right), ("recall@\(top)", .right), ("queries/s", .right), ("memory", .right),
      ("pages read", .right),
    ])
    for measured in tuning.measurements {
      table.add([
        measured.candidate, measured.efSearch.map(String.init) ?? "", measured.probes.map(String.init) ?? "",
        Units.fixed(measured.recall, 4), Units.count(Int(measured.expectedQueriesPerSecond)),
        Units.bytes(measured.expectedBytes) + (measured.isWithinMemory ? "" : " !"),
        measured.readsPerQuery.map { Units.fixed($0, 1) } ?? "",
      ])
    }
    terminal.write(table.rendered(for: terminal) + "\n")
    terminal.write("Measured on \(Units.count(tuning.sampleCount)) rows; memory and speed are computed for \(Units.count(tuning.rowCount)).\n")
    if let proposal = tuning.proposal {
      terminal.write("\(terminal.styled("build:", .bold)) needletail vectors build \(vectors) INDEX \(proposal.buildOptions)\n")
      terminal.write("\(terminal.styled("search:", .bold)) needletail vectors search INDEX QUERIES \(proposal.searchOptions)\n")
    } else if let nearest = tuning.nearest {
      terminal.write("""
        Nothing reaches recall \(Units.fixed(recall, 3))\(memory.map { " within \($0)" } ?? ""). Nearest: \(nearest.candidate) with \
        recall \(Units.fixed(nearest.recall, 4)) in \(Units.bytes(nearest.expectedBytes)).

        """)
    }
  }
}
