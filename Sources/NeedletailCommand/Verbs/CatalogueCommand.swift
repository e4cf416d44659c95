internal import ArgumentParser
internal import Foundation
internal import Needletail
internal import NeedletailReproduction

struct CatalogueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalogue",
    abstract: "List the published systems Needletail implements or will, with the state of each.")

  @Option(help: ArgumentHelp("The Catalogue folder; otherwise the one here or above.", valueName: "DIR"), completion: .directory)
  var directory: String?

  @OptionGroup var output: OutputOptions

  func run() async throws {
    let entries = try Catalogue.entries(in: directory ?? Self.nearestCatalogue())
    if output.json { return try JSONOutput.write(entries) }
    var table = Table([("no", .right), ("state", .left), ("year", .right), ("title", .left)])
    for entry in entries {
      table.add([String(entry.number), entry.state.rawValue, String(entry.year), entry.title])
    }
    Terminal.standardOutput.write(table.rendered(for: .standardOutput))
    let counts = Dictionary(grouping: entries, by: \.state).mapValues(\.count)
    let summary = CatalogueEntry.State.allCases.map { "\(counts[$0, default: 0]) \($0.rawValue)" }.joined(separator: ", ")
    Terminal.standardOutput.write("\(entries.count) systems: \(summary)\n")
  }

  /// The `Catalogue` folder of the working directory, of the executable, or of a folder above either.
  private static func nearestCatalogue() throws -> String {
    let files = FileManager.default
    let starts = [files.currentDirectoryPath, Bundle.main.executableURL?.resolvingSymlinksInPath().path ?? "/"]
    for start in starts {
      var folder = URL(fileURLWithPath: start)
      while folder.path != "/" {
        let candidate = folder.appendingPathComponent("Catalogue")
        if files.fileExists(atPath: candidate.appendingPathComponent("README.md").path) { return candidate.path }
        folder.deleteLastPathComponent()
      }
    }
    throw CommandProblem.catalogueNotFound
  }
}
