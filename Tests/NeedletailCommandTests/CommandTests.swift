import Foundation
import Testing

/// What a person sees who types the commands. Word search only, so that no model is needed.
@Suite struct CommandTests {
  private struct Report: Decodable {
    let added, updated, unchanged, removed, passages: Int
  }

  private struct Response: Decodable {
    struct Answer: Decodable { let document: String }
    let answers: [Answer]
  }

  private func notes() throws -> Product {
    let product = try Product()
    try product.write("notes/tides.md", "# Tides\n\nThe moon pulls the sea, and the water rises twice a day.\n")
    try product.write("notes/bread.txt", "Knead the dough, let it rest, bake it hot.\n")
    try product.write("notes/drafts/idea.txt", "A boat that sails on the moon.\n")
    return product
  }

  private struct Help: Decodable {
    struct Argument: Decodable {
      struct Name: Decodable { let kind, name: String }
      let names: [Name]?
    }
    struct Command: Decodable {
      let commandName: String
      let arguments: [Argument]?
      let subcommands: [Command]?

      /// The names of options that mean two things, of this command and those below it.
      var repeated: [String] {
        let names = (arguments ?? []).flatMap { $0.names ?? [] }.map { "\($0.kind) \($0.name)" }
        let counts = Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
        return counts.filter { $0.value > 1 }.map { "\(commandName): \($0.key)" } + (subcommands ?? []).flatMap(\.repeated)
      }
    }
    let command: Command
  }

  /// An option that comes with a group may have the name of one that the command has itself; one of them then is never heard.
  @Test func noOptionMeansTwoThings() throws {
    let help = try Product().run("--experimental-dump-help").json(Help.self)
    #expect((help.command.subcommands?.count ?? 0) > 20)
    #expect(help.command.repeated == [])
  }

  @Test func findsWhatWasIndexed() throws {
    let product = try notes()
    let indexing = try product.run("index", product.folder.path + "/notes", "--lexical-only", "--json")
    #expect(indexing.code == 0, "\(indexing.errors)")
    #expect(try indexing.json(Report.self).added == 3)
    let response = try product.run("search", "dough", "--json").json(Response.self)
    #expect(response.answers.count == 1)
    #expect(response.answers.first?.document.hasSuffix("bread.txt") == true)
  }

  @Test func aSecondRunTouchesOnlyWhatChanged() throws {
    let product = try notes()
    let folder = product.folder.path + "/notes"
    _ = try product.run("index", folder, "--lexical-only")
    try product.write("notes/bread.txt", "Rye needs a sour starter.\n")
    try FileManager.default.removeItem(atPath: folder + "/drafts/idea.txt")
    let report = try product.run("index", folder, "--lexical-only", "--json").json(Report.self)
    #expect((report.added, report.updated, report.unchanged, report.removed) == (0, 1, 1, 1))
    #expect(try product.run("search", "dough", "--json").json(Response.self).answers.isEmpty)
    #expect(try product.run("search", "sour starter", "--json").json(Response.self).answers.count == 1)
  }

  @Test func filtersByFolder() throws {
    let product = try notes()
    _ = try product.run("index", product.folder.path + "/notes", "--lexical-only")
    let all = try product.run("search", "moon", "--json").json(Response.self)
    let drafts = try product.run("search", "moon", "--filter", "folder:drafts", "--json").json(Response.self)
    #expect(all.answers.count == 2)
    #expect(drafts.answers.map { URL(fileURLWithPath: $0.document).lastPathComponent } == ["idea.txt"])
  }

  @Test func removesAFolder() throws {
    let product = try notes()
    let folder = product.folder.path + "/notes"
    _ = try product.run("index", folder, "--lexical-only")
    #expect(try product.run("remove", folder).code == 0)
    #expect(try product.run("search", "moon", "--json").json(Response.self).answers.isEmpty)
  }

  @Test func writesNoColourIntoAPipe() throws {
    let product = try notes()
    _ = try product.run("index", product.folder.path + "/notes", "--lexical-only")
    let search = try product.run("search", "moon", "--explain")
    #expect(search.output.contains("tides.md"))
    #expect(!search.output.contains("\u{1B}"))
  }

  @Test func saysWhatToDoWhenThereIsNoModel() throws {
    let product = try notes()
    let indexing = try product.run("index", product.folder.path + "/notes")
    #expect(indexing.code == 69 || indexing.code == 66)
    #expect(indexing.errors.contains("needletail model fetch"))
  }

  @Test func saysWhatToDoWhenThereIsNoCollection() throws {
    let product = try Product()
    let search = try product.run("search", "anything")
    #expect(search.code == 66)
    #expect(search.errors.contains("needletail index"))
  }

  @Test func refusesAFilterItCannotRead() throws {
    let product = try notes()
    _ = try product.run("index", product.folder.path + "/notes", "--lexical-only")
    let search = try product.run("search", "moon", "--filter", "(type:text")
    #expect(search.code == 64)
    #expect(!search.errors.isEmpty)
  }

  @Test func refusesToRemoveNothing() throws {
    #expect(try Product().run("remove").code == 64)
  }

  @Test(arguments: ["index", "search", "similar", "status", "remove", "serve", "model", "catalogue", "eval", "eval collections", "doctor"])
  func explainsEveryCommand(_ command: String) throws {
    let help = try Product().run(command.split(separator: " ").map(String.init) + ["--help"])
    #expect(help.code == 0)
    #expect(help.output.contains("OVERVIEW"))
    #expect(help.output.contains("--json") || help.output.contains("SUBCOMMANDS"))
  }

  @Test func statusCountsWhatIsThere() throws {
    struct State: Decodable {
      struct Statistics: Decodable { let documents: Int }
      let name: String
      let statistics: Statistics
    }
    let product = try notes()
    _ = try product.run("index", product.folder.path + "/notes", "--lexical-only")
    let states = try product.run("status", "--json").json([State].self)
    #expect(states.map(\.name) == ["default"])
    #expect(states.first?.statistics.documents == 3)
  }

  @Test func statusSaysWhichFoldersAreGone() throws {
    let product = try notes()
    let folder = product.folder.path + "/notes"
    _ = try product.run("index", folder, "--lexical-only")
    #expect(try !product.run("status").output.contains("is not there"))
    try FileManager.default.removeItem(atPath: folder)
    #expect(try product.run("status").output.contains("is not there"))
    #expect(try product.run("remove", folder).code == 0)
    let after = try product.run("status").output
    #expect(!after.contains("is not there") && after.contains("documents   0"))
  }

  @Test func filteredBenchmarksRunOnAFileOfVectors() throws {
    struct Report: Decodable {
      struct Curve: Decodable {
        struct Point: Decodable { let recall: Double }
        let method: String
        let points: [Point]
      }
      let count: Int
      let curves: [Curve]
    }
    let product = try Product()
    // Vectors in .fvecs: the number of components, then the components.
    var bytes = Data()
    for row in 0..<300 {
      unsafe withUnsafeBytes(of: Int32(4).littleEndian) { unsafe bytes.append(contentsOf: $0) }
      for component in 0..<4 {
        let value = Float((row * 7 + component * component * 13) % 31) - 15
        unsafe withUnsafeBytes(of: value.bitPattern.littleEndian) { unsafe bytes.append(contentsOf: $0) }
      }
    }
    let path = product.folder.path + "/vectors.fvecs"
    try bytes.write(to: URL(fileURLWithPath: path))
    let page = product.folder.path + "/curves.html"
    let result = try product.run(
      "bench", "filtered", path, "--selectivities", "0.2", "--method", "planned", "--method", "segment-graph", "--rounds", "1",
      "--similarity", "euclidean", "--html", page, "--json")
    #expect(result.code == 0, "\(result.errors)")
    let report = try result.json(Report.self)
    #expect(report.count == 270)
    // Three correlations, as ranges for both methods and as labels for the planned one.
    #expect(report.curves.count == 9)
    #expect(report.curves.allSatisfy { $0.points.map(\.recall).max() ?? 0 > 0.9 })
    #expect(try String(contentsOfFile: page, encoding: .utf8).contains("<polyline"))
    #expect(try product.run("bench", "filtered", path, "--selectivities", "2").code != 0)
    #expect(try product.run("bench", "filtered", path, "--queries", product.folder.path + "/none.npy").code != 0)
  }
}
