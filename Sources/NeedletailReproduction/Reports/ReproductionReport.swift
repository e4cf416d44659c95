internal import Foundation
internal import NeedletailEvaluation
internal import NeedletailNumerics

/// A reproduction as a page to read (`report.md`) and as data (`report.json`).
public struct ReproductionReport: Sendable {
  private let reproduction: Reproduction

  public init(_ reproduction: Reproduction) {
    self.reproduction = reproduction
  }

  /// Writes `report.md` and `report.json` into a folder, replacing those of an earlier run.
  public func write(to folder: String) throws(ReproductionError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    // Numbers that are not finite have no form in JSON; a finding may be one when an experiment went wrong.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let json: Data
    do {
      json = try encoder.encode(reproduction)
    } catch {
      throw .unwritable(path: folder + "/report.json", reason: "\(error)")
    }
    try write(Array(markdown.utf8), to: folder + "/report.md")
    try write(Array(json) + [10], to: folder + "/report.json")
  }

  /// What an earlier run wrote into a folder; nil if there is no report.
  ///
  /// - Throws: `ReproductionError.malformedRecipe` if its `report.json` cannot be read.
  public static func read(from folder: String) throws(ReproductionError) -> Reproduction? {
    let path = folder + "/report.json"
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      return try decoder.decode(Reproduction.self, from: data)
    } catch {
      throw .malformedRecipe(path: path, reason: "it is no report of this version; run `needletail reproduce` again")
    }
  }

  private func write(_ bytes: [UInt8], to path: String) throws(ReproductionError) {
    do throws(FileError) {
      try AtomicFile.write(to: path) { writer throws(FileError) in try writer.write(bytes) }
    } catch {
      throw .unwritable(path: path, reason: "\(error)")
    }
  }

  /// The page.
  public var markdown: String {
    var lines = [
      "# \(reproduction.title)", "",
      "Made by `needletail reproduce \(reproduction.number) --scale \(reproduction.scale.rawValue) --seed \(reproduction.seed)` "
        + "in \(Self.number(reproduction.seconds)) s on \(reproduction.date.formatted(.iso8601.year().month().day())).", "",
      "**Claim.** \(reproduction.claim)", "",
      "**Verdict: \(reproduction.verdict.rawValue).**" + (reproduction.obstacle.map { " \($0)" } ?? ""), "",
    ]
    if !reproduction.checks.isEmpty {
      lines += ["The rule, stated before the run:", ""]
      lines += reproduction.checks.map { "- \($0.holds ? "holds" : "does not hold") – \($0.condition)" } + [""]
    }
    if !reproduction.findings.effects.isEmpty {
      lines += ["| effect | here | 95 % interval | published |", "|---|---:|---:|---:|"]
      lines += reproduction.findings.effects.map { effect in
        let interval = effect.interval.map { "\(Self.number($0.low)) … \(Self.number($0.high))" } ?? ""
        return "| \(effect.name) | \(Self.number(effect.estimate)) | \(interval) | \(effect.published.map(Self.number) ?? "") |"
      } + [""]
    }
    if !reproduction.findings.figures.isEmpty {
      lines += ["| figure | here | published |", "|---|---:|---:|"]
      lines += reproduction.findings.figures.map { figure in
        let unit = figure.unit.isEmpty ? "" : " " + figure.unit
        return "| \(figure.name) | \(Self.number(figure.ours))\(unit) | \(figure.published.map { Self.number($0) + unit } ?? "") |"
      } + [""]
    }
    lines += reproduction.findings.notes.map { "- \($0)" }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A value with four significant digits.
  public static func number(_ value: Double) -> String {
    guard value.isFinite else { return "\(value)" }
    if value != 0, abs(value) < 0.001 || abs(value) >= 1e7 { return String(format: "%.3g", value) }
    let digits = value == 0 ? 0 : max(0, 3 - Int(log10(abs(value)).rounded(.down)))
    return String(format: "%.\(min(digits, 4))f", value)
  }
}
