import Foundation
import NeedletailReproduction
import Testing

/// The catalogue is the product's own account of what it implements, so its form is checked.
@Suite struct CatalogueTests {
  private let directory = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Catalogue").path

  @Test func holdsEachOfTheSystemsOnce() throws {
    let entries = try Catalogue.entries(in: directory)
    #expect(entries.map(\.number) == Array(1...47))
    #expect(Set(entries.map(\.title)).count == 47)
  }

  @Test func summarisesEachInAFewParagraphs() throws {
    for entry in try Catalogue.entries(in: directory) {
      let words = entry.summary.split(whereSeparator: \.isWhitespace).count
      #expect((120...250).contains(words), "entry \(entry.number) has \(words) words")
      #expect(entry.summary.contains("In Needletail"), "entry \(entry.number) does not say what Needletail has of it")
      #expect(!entry.tags.isEmpty, "entry \(entry.number) has no tags")
      #expect((1990...2030).contains(entry.year), "entry \(entry.number) is of the year \(entry.year)")
    }
  }

  @Test func namesTheFileAndTheKeyThatIsWrong() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder.appendingPathComponent("01-x"), withIntermediateDirectories: true)
    let about = folder.appendingPathComponent("01-x/about.md")
    try Data("---\ntitle: X\nnumber: 1\nyear: 2020\ntags: [a]\nstate: perhaps\n---\nText".utf8).write(to: about)
    let error = #expect(throws: CatalogueError.self) { try Catalogue.entries(in: folder.path) }
    #expect(error?.description.contains("about.md") == true)
    #expect(error?.description.contains("state") == true)
  }
}

/// What the catalogue says of a system has to agree with what its reproduction saw.
@Suite struct CatalogueStateTests {
  private let directory = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Catalogue").path

  @Test func callsNothingWorkingThatItsReportDoesNotShow() throws {
    for entry in try Catalogue.entries(in: directory) where entry.statedState == .works {
      #expect(entry.state == .works && entry.verdict == .shown, "entry \(entry.number)")
      let report = try String(contentsOfFile: entry.folder + "/report.md", encoding: .utf8)
      #expect(report.contains("**Verdict: shown.**"), "entry \(entry.number) works, but its report does not show the claim")
    }
  }

  /// An entry may say what it likes: what its report does not show is listed as partial.
  @Test func takesAStateBackThatTheReportDoesNotShow() throws {
    let source = try #require(try Catalogue.entries(in: directory).first { $0.verdict == .shown && $0.statedState == .works })
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("catalogue-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.copyItem(atPath: source.folder, toPath: folder)
    #expect(try CatalogueEntry(path: folder + "/about.md").state == .works)
    let report = try String(contentsOfFile: folder + "/report.json", encoding: .utf8)
    #expect(report.contains("\"verdict\" : \"shown\""))
    try report.replacingOccurrences(of: "\"verdict\" : \"shown\"", with: "\"verdict\" : \"not shown\"")
      .write(toFile: folder + "/report.json", atomically: true, encoding: .utf8)
    #expect(try CatalogueEntry(path: folder + "/about.md").state == .partial)
    try FileManager.default.removeItem(atPath: folder + "/report.json")
    let without = try CatalogueEntry(path: folder + "/about.md")
    #expect(without.state == .partial && without.statedState == .works && without.verdict == nil)
  }

  /// What `needletail reproduce --all` reads and what people read is the same, and no report is of a run that only tried the recipe.
  @Test func reportsToReadAndReportsAsDataAgree() throws {
    var count = 0
    for entry in try Catalogue.entries(in: directory) {
      guard let report = try ReproductionReport.read(from: entry.folder) else { continue }
      let page = try String(contentsOfFile: entry.folder + "/report.md", encoding: .utf8)
      #expect(page.contains("**Verdict: \(report.verdict.rawValue).**"), "the reports of entry \(entry.number) differ")
      #expect(report.number == entry.number && report.scale != .smoke, "entry \(entry.number)")
      count += 1
    }
    #expect(count > 10)
  }

  @Test func holdsRecipesThatNameExistingExperimentsAndTheirSystem() throws {
    let experiments = Set(ExperimentRegistry.experiments.map { $0.name })
    #expect(experiments.count == ExperimentRegistry.experiments.count, "two experiments have the same name")
    for entry in try Catalogue.entries(in: directory) {
      let path = entry.folder + "/recipe.json5"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let recipe = try Recipe(path: path)
      #expect(recipe.number == entry.number)
      #expect(experiments.contains(recipe.experiment), "entry \(entry.number) names \(recipe.experiment)")
      #expect(recipe.scales[.smoke] != nil, "entry \(entry.number) has no smoke scale")
    }
  }
}
