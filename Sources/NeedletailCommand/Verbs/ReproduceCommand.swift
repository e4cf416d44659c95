public import ArgumentParser
internal import Foundation
internal import Needletail
internal import NeedletailEvaluation
public import NeedletailReproduction

struct ReproduceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Put the claim of a published system to the test on the data that is here.",
    discussion: """
      Runs recipe.json5 of the system's folder in the catalogue, prints what the paper reports next to what is measured here, and
      says by the rule of the recipe whether the claim shows. Writes report.md and report.json beside the recipe. Exits with
      0 whatever the verdict is; --json has it.
      """)

  @Argument(help: ArgumentHelp("Numbers of systems; `needletail catalogue` lists them.", valueName: "number"))
  var numbers: [Int] = []

  @Flag(help: "All systems that have a recipe.") var all = false
  @Option(help: ArgumentHelp("smoke (seconds), small (minutes) or full.", valueName: "SCALE")) var scale = Scale.small
  @OptionGroup var laboratory: LaboratoryOptions
  @Flag(help: "Write no report files.") var noReport = false
  @OptionGroup var catalogue: CatalogueOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if numbers.isEmpty && !all { throw ValidationError("Name at least one system by its number, or say --all.") }
    if !numbers.isEmpty && all { throw ValidationError("Either numbers or --all, not both.") }
  }

  func run() async throws {
    let entries = try chosenEntries()
    var results: [Reproduction] = []
    for entry in entries {
      let result = try await InterruptSignal.cancelling { [self] in try await reproduce(entry) }
      if !noReport { try ReproductionReport(result).write(to: entry.folder) }
      if !output.json && !all { show(result) }
      results.append(result)
    }
    if output.json {
      try JSONOutput.write(results)
    } else if all {
      try showTable(of: results)
    }
  }

  private func chosenEntries() throws -> [CatalogueEntry] {
    let entries = try catalogue.entries()
    if all {
      return entries.filter { FileManager.default.fileExists(atPath: $0.folder + "/recipe.json5") }
    }
    return try numbers.map { number in
      guard let entry = entries.first(where: { $0.number == number }) else { throw ReproductionError.unknownSystem(number: number) }
      return entry
    }
  }

  private func reproduce(_ entry: CatalogueEntry) async throws -> Reproduction {
    let line = ProgressLine("System \(entry.number)", unit: "%", isEnabled: !output.json)
    defer { line.finish() }
    return try await laboratory.with(catalogue, line) { laboratory in
      try await Reproduction(of: entry, at: scale, in: laboratory)
    }
  }
}

// MARK: - Showing

extension ReproduceCommand {
  private func show(_ result: Reproduction) {
    let terminal = Terminal.standardOutput
    terminal.write(terminal.styled("\(result.number)  \(result.title)", .bold) + "\n\(result.claim)\n\n")
    if !result.findings.effects.isEmpty {
      var table = Table([("effect", .left), ("here", .right), ("95 % interval", .right), ("published", .right)])
      for effect in result.findings.effects {
        table.add([
          effect.name, number(effect.estimate), effect.interval.map { "\(number($0.low)) … \(number($0.high))" } ?? "",
          effect.published.map(number) ?? "",
        ])
      }
      terminal.write(table.rendered(for: terminal) + "\n")
    }
    if !result.findings.figures.isEmpty {
      var table = Table([("figure", .left), ("here", .right), ("published", .right), ("unit", .left)])
      for figure in result.findings.figures {
        table.add([figure.name, number(figure.ours), figure.published.map(number) ?? "", figure.unit])
      }
      terminal.write(table.rendered(for: terminal) + "\n")
    }
    for note in result.findings.notes { terminal.write("– \(note)\n") }
    for check in result.checks { terminal.write("\(check.holds ? "holds" : "does not hold")  \(check.condition)\n") }
    terminal.write("\n" + verdict(result) + "  (\(Units.duration(seconds: result.seconds)))\n")
    if let obstacle = result.obstacle { terminal.write(obstacle + "\n") }
  }

  /// All systems of the catalogue: what was found, or that there is no recipe yet.
  private func showTable(of results: [Reproduction]) throws {
    let terminal = Terminal.standardOutput
    let found = Dictionary(results.map { ($0.number, $0) }) { first, _ in first }
    var table = Table([("no", .right), ("state", .left), ("verdict", .left), ("took", .right), ("claim or title", .left)])
    let entries = try catalogue.entries()
    for entry in entries {
      let result = found[entry.number]
      table.add([
        String(entry.number), entry.state.rawValue, result?.verdict.rawValue ?? "no recipe",
        result.map { Units.duration(seconds: $0.seconds) } ?? "", result?.claim ?? entry.title,
      ])
    }
    terminal.write(table.rendered(for: terminal))
    let counts = Dictionary(grouping: results, by: \.verdict).mapValues(\.count)
    let verdicts = Reproduction.Verdict.allCases.map { "\(counts[$0, default: 0]) \($0.rawValue)" }.joined(separator: ", ")
    terminal.write("\(entries.count) systems: \(verdicts), \(entries.count - results.count) without a recipe\n")
  }

  private func verdict(_ result: Reproduction) -> String {
    let terminal = Terminal.standardOutput
    return switch result.verdict {
    case .shown: terminal.styled("shown", .green, .bold)
    case .notShown: terminal.styled("not shown", .red, .bold)
    case .needsData: terminal.styled("needs data", .bold)
    }
  }

  private func number(_ value: Double) -> String { ReproductionReport.number(value) }
}

extension Scale: ExpressibleByArgument {}
