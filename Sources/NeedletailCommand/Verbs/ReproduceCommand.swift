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
      says by the rule of the recipe whether the claim shows. Writes report.md and report.json beside the recipe, except at the
      scale smoke, which only shows that a recipe runs. Exits with 0 whatever the verdict is; --json has it.

        needletail reproduce --all                  the table of all systems, from the reports that are there
        needletail reproduce --all --scale smoke    runs every recipe, and names those that fail
      """)

  @Argument(help: ArgumentHelp("Numbers of systems; `needletail catalogue` lists them.", valueName: "number"))
  var numbers: [Int] = []

  @Flag(help: "All systems: a table of their reports; with --scale, their recipes are run.") var all = false
  @Option(help: ArgumentHelp("smoke (seconds), small (minutes; what is run without this option) or full.", valueName: "SCALE")) var scale: Scale?
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
    if all { return try await showAll(of: entries) }
    var results: [Reproduction] = []
    for entry in entries {
      let result = try await InterruptSignal.cancelling { [self] in try await reproduce(entry) }
      if !output.json { show(result) }
      results.append(result)
    }
    if output.json { try JSONOutput.write(results) }
  }

  private func chosenEntries() throws -> [CatalogueEntry] {
    let entries = try catalogue.entries()
    if all { return entries }
    return try numbers.map { number in
      guard let entry = entries.first(where: { $0.number == number }) else { throw ReproductionError.unknownSystem(number: number) }
      return entry
    }
  }

  private func reproduce(_ entry: CatalogueEntry) async throws -> Reproduction {
    let scale = scale ?? .small
    let line = ProgressLine("System \(entry.number)", unit: "%", isEnabled: !output.json)
    defer { line.finish() }
    let result = try await laboratory.with(catalogue, line) { laboratory in
      try await Reproduction(of: entry, at: scale, in: laboratory)
    }
    if !noReport, scale != .smoke { try ReproductionReport(result).write(to: entry.folder) }
    return result
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

  /// What there is to say of a system in the table of all.
  private enum Outcome {
    case noRecipe, noReport
    case found(Reproduction)
    case failed(String)
  }

  /// The systems of the catalogue: what their reports say, or what running them at a scale gives.
  private func showAll(of entries: [CatalogueEntry]) async throws {
    var outcomes: [(entry: CatalogueEntry, outcome: Outcome)] = []
    for entry in entries {
      guard FileManager.default.fileExists(atPath: entry.folder + "/recipe.json5") else {
        outcomes.append((entry, .noRecipe))
        continue
      }
      do {
        let result =
          scale == nil
          ? try ReproductionReport.read(from: entry.folder)
          : try await InterruptSignal.cancelling { [self] in try await reproduce(entry) }
        outcomes.append((entry, result.map { .found($0) } ?? .noReport))
      } catch let error as CancellationError {
        throw error
      } catch {
        outcomes.append((entry, .failed("\(error)")))
      }
    }
    let failures = outcomes.compactMap { entry, outcome in if case .failed(let reason) = outcome { (entry.number, reason) } else { nil } }
    if output.json {
      try JSONOutput.write(outcomes.compactMap { if case .found(let result) = $0.outcome { result } else { nil } })
    } else {
      showTable(of: outcomes)
    }
    for (number, reason) in failures { FileHandle.standardError.write(Data("system \(number): \(reason)\n".utf8)) }
    if !failures.isEmpty { throw CommandProblem.failedReproductions(failures.count) }
  }

  private func showTable(of outcomes: [(entry: CatalogueEntry, outcome: Outcome)]) {
    let terminal = Terminal.standardOutput
    var table = Table([
      ("no", .right), ("state", .left), ("verdict", .left), ("scale", .left), ("took", .right), ("on", .left), ("claim or title", .left),
    ])
    var counts: [String: Int] = [:]
    for (entry, outcome) in outcomes {
      let cells: [String]
      switch outcome {
      case .noRecipe: cells = ["no recipe", "", "", "", entry.title]
      case .noReport: cells = ["not run", "", "", "", entry.title]
      case .failed: cells = ["failed", "", "", "", entry.title]
      case .found(let result):
        cells = [
          result.verdict.rawValue, result.scale.rawValue, Units.duration(seconds: result.seconds),
          result.date.formatted(.iso8601.year().month().day()), result.claim,
        ]
      }
      counts[cells[0], default: 0] += 1
      table.add([String(entry.number), entry.state.rawValue] + cells)
    }
    terminal.write(table.rendered(for: terminal))
    let verdicts = Reproduction.Verdict.allCases.map(\.rawValue) + ["not run", "failed", "no recipe"]
    let texts = verdicts.compactMap { name in counts[name].map { "\($0) \(name)" } }
    terminal.write("\(outcomes.count) systems: \(texts.joined(separator: ", "))\n")
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
