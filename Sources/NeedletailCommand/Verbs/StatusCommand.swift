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

  @Option(help: ArgumentHelp("Ask the server at this port of this machine for its collections of points and their memory.", valueName: "PORT"))
  var port: Int?

  @Option(help: ArgumentHelp("The key of that server; also NEEDLETAIL_API_KEY.", valueName: "KEY"))
  var apiKey: String?

  func run() async throws {
    if let port { return try showServer(port) }
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

extension StatusCommand {
  /// What a server tells of its collections of points.
  private struct Board: Codable {
    struct Collection: Codable {
      var name: String
      var points, vectors, indexed: Int
      var optimizer: String
      var diskBytes: Int
      /// Bytes by parts.
      var memory: [String: Int?]
    }

    var collections: [Collection]
    var residentBytes: Int
    var notices: [String]
  }

  private func showServer(_ port: Int) throws {
    let connection = try HTTPConnection(host: "127.0.0.1", port: port)
    let key = apiKey ?? ProcessInfo.processInfo.environment["NEEDLETAIL_API_KEY"]
    let reply = try connection.send(HTTPConnection.request("GET", "/dashboard/state.json", host: "127.0.0.1:\(port)", key: key, body: []))
    guard reply.status == 200 else { throw HTTPConnection.Failure.refused("status \(reply.status): \(String(decoding: reply.body.prefix(200), as: UTF8.self))") }
    var board = try JSONDecoder().decode(Board.self, from: Data(reply.body))
    if let collection { board.collections.removeAll { $0.name != collection } }
    if output.json { return try JSONOutput.write(board) }
    let terminal = Terminal.standardOutput
    for one in board.collections {
      let budget = one.memory["budget"].flatMap { $0 }.map { " of \(Units.bytes($0))" } ?? ""
      func part(_ name: String) -> String { Units.bytes(one.memory[name].flatMap { $0 } ?? 0) }
      terminal.write("""
        \(terminal.styled(one.name.withoutControlCharacters, .bold, .cyan))
          points      \(Units.count(one.points)), \(Units.count(one.vectors)) vectors, \(Units.count(one.indexed)) of them in an index (\(one.optimizer))
          memory      \(part("resident"))\(budget): vectors \(part("vectors")), codes \(part("codes")), payload \(part("payload")), ids \(part("points")), \
        graphs \(part("graphs"))
          mapped      \(part("mappedGraphs")), \(part("mappedResident")) in memory now
          database    \(Units.bytes(one.diskBytes))

        """)
    }
    terminal.write("process \(Units.bytes(board.residentBytes))\n")
    for notice in board.notices { terminal.write("\(terminal.styled("note", .yellow)) \(notice)\n") }
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
