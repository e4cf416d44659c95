internal import ArgumentParser
internal import Foundation
internal import Needletail

/// Indexes of vectors alone, without text.
struct VectorsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vectors",
    abstract: "Index and search files of vectors, without text.",
    discussion: """
      Files: .fvecs .bvecs .ivecs .fbin .u8bin .i8bin .npy, also with .gz behind.
      Codecs: f32 f16 bf16 int8, sq8 sq4, lvq8 lvq4 lvq4x8, pq48x4 opq48x8 (parts x bits), rabitq1 ... rabitq8, sign,
      or the file of a trained one.

        needletail vectors build base.fvecs base.index --layout ivf --codec opq96x4
        needletail vectors search base.index queries.fvecs --probes 32 --compare-exact
        needletail vectors build base.fvecs base.index --layout disk
      """,
    subcommands: [
      VectorsEncodeCommand.self, VectorsBuildCommand.self, VectorsSearchCommand.self, VectorsExactCommand.self, VectorsTrainCommand.self,
      VectorsTuneCommand.self,
    ])
}

struct VectorsBuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "build", abstract: "Build an index over a file of vectors.")

  enum Layout: String, ExpressibleByArgument, CaseIterable { case auto, flat, graph, ivf, disk }

  @Argument(help: "The file of vectors.", completion: .file()) var vectors: String
  @Argument(help: "Where the index goes.", completion: .file()) var target: String
  @Option(
    name: [.customLong("layout"), .customLong("index")],
    help: ArgumentHelp(
      "flat, graph, ivf, disk (codes in memory, vectors and links in the file), or auto by the number of rows.", valueName: "LAYOUT"))
  var layout = Layout.auto
  @Option(help: ArgumentHelp("What rows are compared by; see `needletail vectors --help`.", valueName: "CODEC"))
  var codec: String?
  @Option(help: ArgumentHelp("cosine, dot or euclidean.", valueName: "NAME")) var similarity = Similarity.cosine
  @Option(help: ArgumentHelp("Lists of an ivf index; otherwise four times the square root of the rows.", valueName: "N"))
  var lists: Int?
  @Flag(help: "Make the lists of an ivf index alike in length.") var balanced = false
  @Flag(help: "Keep codes only: the least memory, scores of the decoded codes.") var dropVectors = false
  @Option(help: ArgumentHelp("Links of a row in a graph.", valueName: "N")) var degree = GraphParameters().degree
  @Option(help: ArgumentHelp("Candidates in view while a graph is built.", valueName: "N"))
  var construction = GraphParameters().efConstruction
  @Option(help: ArgumentHelp("Pages that a search in a disk index asks for together.", valueName: "N")) var beam = DiskParameters().beamWidth
  @Option(help: ArgumentHelp("Everything random follows from it.", valueName: "N")) var seed: UInt64 = 42
  @Option(help: ArgumentHelp("Only the first rows of the file.", valueName: "N")) var limit: Int?
  @OptionGroup var output: OutputOptions

  private struct Report: Encodable {
    let rows: Int
    let dimension: Int
    let layout: String
    let codec: String
    let seconds: Double
    let footprint: Footprint
    let bytesPerRow: Double
  }

  func run() throws {
    let rows = try DenseVectors(contentsOf: vectors, limit: limit ?? .max)
    let (specification, trained) = try specification()
    let verifier = try layout == .disk && trained != nil ? codec.flatMap { try CodecFile.readVerifier($0) } : nil
    let clock = ContinuousClock()
    let start = clock.now
    let index = try DenseIndexFactory.build(rows, similarity: similarity, specification: specification, codec: trained, verifier: verifier)
    let seconds = (clock.now - start) / .seconds(1)
    try DenseIndexFactory.write(index, to: target)
    let report = Report(
      rows: rows.count, dimension: rows.dimension, layout: layout.rawValue, codec: codec ?? "default", seconds: seconds,
      footprint: index.footprint, bytesPerRow: Double(index.footprint.totalBytes) / Double(max(1, rows.count)))
    if output.json { return try JSONOutput.write(report) }
    let onDisk = index.footprint.diskBytes
    Terminal.standardOutput.write("""
      \(Units.count(report.rows)) vectors of \(report.dimension), \(Units.bytes(report.footprint.totalBytes)) \
      (\(Units.fixed(report.bytesPerRow, 1)) bytes a row)\
      \(onDisk > 0 ? " in memory, \(Units.bytes(onDisk)) in pages on disk" : ""), built in \(Units.duration(seconds: seconds)): \(target)

      """)
  }

  /// What the options mean, and the codec if they name the file of one.
  private func specification() throws -> (DenseIndexSpecification, (any VectorCodec)?) {
    let layouts: [Layout: DenseIndexSpecification.Layout] = [
      .auto: .automatic, .flat: .flat, .graph: .graph, .ivf: .inverted, .disk: .disk,
    ]
    var specification = DenseIndexSpecification(layout: layouts[layout] ?? .automatic)
    specification.graph.degree = degree
    specification.graph.efConstruction = construction
    specification.graph.seed = seed
    specification.lists = ListParameters(listCount: lists, isBalanced: balanced, seed: seed)
    specification.keepsVectors = !dropVectors
    specification.disk.beamWidth = beam
    guard let codec else { return (specification, nil) }
    // Vectors in floating point are an index of their own where every row or a graph is compared.
    let kinds: [String: VectorCodecKind] = [
      "f32": .float32, "float32": .float32, "f16": .float16, "float16": .float16, "int8": .int8,
    ]
    if let kind = kinds[codec.lowercased()], layout != .ivf, !dropVectors {
      specification.codec = kind
      return (specification, nil)
    }
    if codec.lowercased() == "int8" {
      specification.codes = .locallyAdaptive(bits: 8, residualBits: 0)
    } else if let codes = CodecSpecification(codec) {
      specification.codes = codes
    } else if FileManager.default.fileExists(atPath: codec) {
      return (specification, try CodecFile.read(codec))
    } else {
      throw ValidationError("no codec is called \(codec), and there is no file of that name")
    }
    return (specification, nil)
  }
}

struct VectorsSearchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search", abstract: "Search an index of vectors, and measure what it finds.")

  @Argument(help: "The index.", completion: .file()) var index: String
  @Argument(help: "The file of queries.", completion: .file()) var queries: String
  @Option(name: .shortAndLong, help: ArgumentHelp("Neighbours of each query.", valueName: "N")) var top = 10
  @Option(help: ArgumentHelp("Candidates in view of a graph or disk index, or scored in full by an ivf index.", valueName: "N")) var ef: Int?
  @Option(help: ArgumentHelp("Lists that an ivf index looks into.", valueName: "N")) var probes: Int?
  @Flag(help: "Compare with every row.") var exact = false
  @Option(help: ArgumentHelp("True neighbours to compare with (.ivecs, .npy).", valueName: "FILE"), completion: .file())
  var truth: String?
  @Flag(help: "Compare with what an exact search of the same index finds.") var compareExact = false
  @Option(name: .customLong("output"), help: ArgumentHelp("Write the rows found here (.ivecs, .npy).", valueName: "FILE"), completion: .file())
  var target: String?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard top >= 1 else { throw ValidationError("--top takes a number from 1") }
    guard (ef ?? 1) >= 1, (probes ?? 1) >= 1 else { throw ValidationError("--ef and --probes take numbers from 1") }
    guard truth == nil || !compareExact else { throw ValidationError("--truth or --compare-exact, not both") }
  }

  func run() throws {
    let opened = try DenseIndexFactory.open(index)
    let vectors = try DenseVectors(contentsOf: queries)
    var known = try truth.map { try NeighbourFile.read($0) }
    if compareExact {
      known = try opened.search(vectors, SearchOptions(limit: top, isExact: true)).map { $0.map(\.row) }
    }
    let options = SearchOptions(limit: top, efSearch: ef, isExact: exact, probes: probes)
    let measured = try SearchMeasurement(of: opened, vectors, options, truth: known)
    if let target { try NeighbourFile.write(measured.answers, to: target) }
    try output.json ? JSONOutput.write(measured) : show(measured)
  }

  private func show(_ measured: SearchMeasurement) {
    let terminal = Terminal.standardOutput
    for (number, answer) in measured.answers.prefix(target == nil ? 5 : 0).enumerated() {
      let rows = answer.map { "\($0.row) (\(Units.fixed(Double($0.score), 4)))" }.joined(separator: "  ")
      terminal.write("\(terminal.styled("query \(number):", .bold)) \(rows)\n")
    }
    let reads = measured.readsPerQuery.map { "\(Units.fixed($0, 1)) pages read a query, " } ?? ""
    let recall = measured.recall.map { "recall@\(top) \(Units.fixed($0, 4)), " } ?? ""
    terminal.write("""
      \(Units.count(measured.queryCount, "query", plural: "queries")): \(recall)\(reads)\(Units.count(Int(measured.queriesPerSecond))) \
      queries/s, median \(Units.fixed(measured.medianMicroseconds, 0)) µs, 99% within \(Units.fixed(measured.microseconds99, 0)) µs

      """)
  }
}

struct VectorsExactCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exact", abstract: "Find the true neighbours of queries by comparing everything.")

  @Argument(help: "The file of vectors.", completion: .file()) var vectors: String
  @Argument(help: "The file of queries.", completion: .file()) var queries: String
  @Argument(help: "Where the row numbers go (.ivecs, .npy).", completion: .file()) var target: String
  @Option(name: .shortAndLong, help: ArgumentHelp("Neighbours of each query.", valueName: "N")) var top = 100
  @Option(help: ArgumentHelp("cosine, dot or euclidean.", valueName: "NAME")) var similarity = Similarity.cosine

  func run() throws {
    let index = try DenseIndexFactory.build(
      DenseVectors(contentsOf: vectors), similarity: similarity,
      specification: DenseIndexSpecification(layout: .flat, codec: .float32))
    let answers = try index.search(DenseVectors(contentsOf: queries), SearchOptions(limit: top, isExact: true))
    try NeighbourFile.write(answers, to: target)
  }
}
