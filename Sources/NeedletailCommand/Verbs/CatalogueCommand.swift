internal import ArgumentParser
internal import Foundation
internal import Needletail
internal import NeedletailReproduction

struct CatalogueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalogue",
    abstract: "List the published systems Needletail implements or will, with the state of each.",
    discussion: """
      A system works when a user reaches it by library and command line, on real data, and the report of its reproduction shows the
      paper's effect; an entry that says so without such a report is listed as partial.
      """)

  @OptionGroup var catalogue: CatalogueOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let entries = try catalogue.entries()
    if output.json { return try JSONOutput.write(entries) }
    var table = Table([("no", .right), ("state", .left), ("reproduction", .left), ("year", .right), ("title", .left)])
    for entry in entries {
      table.add([String(entry.number), entry.state.rawValue, entry.verdict?.rawValue ?? "", String(entry.year), entry.title])
    }
    Terminal.standardOutput.write(table.rendered(for: .standardOutput))
    let counts = Dictionary(grouping: entries, by: \.state).mapValues(\.count)
    let summary = CatalogueEntry.State.allCases.map { "\(counts[$0, default: 0]) \($0.rawValue)" }.joined(separator: ", ")
    Terminal.standardOutput.write("\(entries.count) systems: \(summary)\n")
  }
}
