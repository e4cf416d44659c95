internal import ArgumentParser
internal import Foundation
internal import Needletail

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show collections: what they hold, how large they are, how they are indexed.")

  @OptionGroup var data: DataOptions
  @OptionGroup var output: OutputOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("Only this collection.", valueName: "NAME"))
  var collection: String?

  func run() async throws {
    let names = try collection.map { [$0] } ?? data.directory.collectionNames()
    var states: [CollectionState] = []
    for name in names {
      let collection = try DocumentCollection.open(name, in: data.directory, access: .read)
      states.append(try CollectionState(collection))
      await collection.close()
    }
    if output.json { return try JSONOutput.write(states) }
    if states.isEmpty {
      return Terminal.standardOutput.write("No collections in \(data.directory.path). Make one: needletail index PATH\n")
    }
    for state in states { state.show(on: .standardOutput) }
  }
}

/// What `status` tells of one collection.
private struct CollectionState: Encodable {
  let name: String
  let model: String?
  let roots: [String]
  /// Indexed folders that are no longer there: what was found in them is still searched.
  let missingRoots: [String]
  let statistics: CollectionStatistics
  let notices: [String]

  init(_ collection: DocumentCollection) throws {
    name = collection.name
    model = collection.settings.embedder?.name
    roots = try collection.roots()
    missingRoots = roots.filter { !FileManager.default.fileExists(atPath: $0) }
    statistics = try collection.snapshot().statistics()
    notices = collection.notices
  }

  func show(on terminal: Terminal) {
    terminal.write("""
      \(terminal.styled(name, .bold, .cyan))
        documents   \(Units.count(statistics.documents))
        passages    \(Units.count(statistics.passages)) (\(Units.count(statistics.deltaRows)) not yet in an index file)
        model       \(model ?? "none (word search only)")
        database    \(Units.bytes(statistics.databaseBytes))

      """)
    for segment in statistics.segments {
      terminal.write("""
          \(segment.kind) segment  \(Units.count(segment.rows)) rows, \(Units.count(segment.deleted)) deleted, \
        \(Units.bytes(segment.bytes))

        """)
    }
    for root in roots {
      let path = root.withoutControlCharacters
      terminal.write("  root        \(path)\n")
      if missingRoots.contains(root) {
        let advice = "is not there, but its documents are still searched; forget them: needletail remove -c \(name) \(path)"
        terminal.write("              \(terminal.styled("note", .yellow)) \(advice)\n")
      }
    }
    for notice in notices { terminal.write("  \(terminal.styled("note", .yellow))        \(notice)\n") }
  }
}
