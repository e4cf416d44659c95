internal import ArgumentParser
internal import Foundation
internal import NeedletailReproduction

struct CoverageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coverage",
    abstract: "What Needletail has of the field's toolbox, each tick bound to a symbol and a test.",
    discussion: """
      Prints the 68 capabilities of a survey of dense retrieval. Fails where a tick names a symbol or a test that is not in the
      checkout; with --run-tests also where a test does not pass (the tests have to be built).
      """)

  @Flag(help: "Run the tests that the ticks name.") var runTests = false
  @Option(help: ArgumentHelp("Another manifest.", valueName: "FILE"), completion: .file()) var manifest: String?
  @OptionGroup var catalogue: CatalogueOptions
  @OptionGroup var output: OutputOptions

  private struct Result: Encodable {
    let rows: [CapabilityManifest.Row]
    let broken: [CoverageCheck.BrokenTick]
  }

  func run() async throws {
    let folder = try catalogue.folder()
    let manifest = try CapabilityManifest(file: self.manifest ?? CapabilityCoverage.manifestPath(in: folder))
    let checkout = URL(fileURLWithPath: folder).deletingLastPathComponent().path
    var broken = try CoverageCheck(of: manifest, in: checkout).broken
    if runTests && broken.isEmpty { broken += try failures(of: manifest.tests, in: checkout) }
    try output.json ? JSONOutput.write(Result(rows: manifest.rows, broken: broken)) : show(manifest, broken)
    if !broken.isEmpty { throw CommandProblem.brokenTicks(broken.count) }
  }

  private func show(_ manifest: CapabilityManifest, _ broken: [CoverageCheck.BrokenTick]) {
    let terminal = Terminal.standardOutput
    var table = Table([("row", .left), ("state", .left), ("capability", .left), ("symbol", .left)])
    for row in manifest.rows { table.add([row.id, row.state.rawValue, row.capability, row.symbol ?? row.note ?? ""]) }
    terminal.write(table.rendered(for: terminal) + "\n")
    var counts = Table([("aspect", .left)] + CapabilityManifest.State.allCases.map { ($0.rawValue, .right) } + [("rows", .right)])
    for aspect in CapabilityManifest.Aspect.allCases {
      counts.add([aspect.title] + CapabilityManifest.State.allCases.map { String(manifest.count($0, in: aspect)) } + [String(aspect.rowCount)])
    }
    counts.add(["all"] + CapabilityManifest.State.allCases.map { String(manifest.count($0)) } + [String(manifest.rows.count)])
    terminal.write(counts.rendered(for: terminal))
    for tick in broken { terminal.write("broken  \(tick.row): \(tick.reason)\n") }
  }

  /// The named tests that do not pass. They run in one go; if all pass, each does.
  private func failures(of tests: [String], in checkout: String) throws -> [CoverageCheck.BrokenTick] {
    let filter = Set(tests).sorted().map { NSRegularExpression.escapedPattern(for: $0) + "(\\(|$)" }.joined(separator: "|")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["swift", "test", "-c", "release", "--skip-build", "--filter", filter]
    process.currentDirectoryURL = URL(fileURLWithPath: checkout)
    process.standardOutput = FileHandle.standardError
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? [] : [.init(row: "tests", reason: "at least one of the \(Set(tests).count) tests did not pass")]
  }
}
