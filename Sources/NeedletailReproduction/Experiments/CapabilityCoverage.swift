internal import Foundation
internal import NeedletailEvaluation

/// How much of the field's toolbox there is, by a checklist whose ticks are bound to symbols and tests: Zhao et al., "Dense Text Retrieval based
/// on Pretrained Language Models: A Survey", TOIS 2024.
///
/// The survey reports no numbers; the claim is that its list is a map against which a toolkit can be measured honestly. That the named tests
/// pass is checked by the test run (`needletail coverage --run-tests`), not here.
public struct CapabilityCoverage: Experiment {
  public static let name = "capability-coverage"

  public struct Parameters: Decodable, Sendable {
    /// Rows that no retrieval toolkit may lack.
    public var essential: [String]
  }

  public init() {}

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    guard let catalogue = Catalogue.nearest(to: [FileManager.default.currentDirectoryPath]) else {
      throw ReproductionError.needs(what: "The checkout", advice: "Run this inside a checkout of Needletail.")
    }
    let manifest = try CapabilityManifest(file: Self.manifestPath(in: catalogue))
    let check = try CoverageCheck(of: manifest, in: catalogue + "/..")
    var findings = Findings()
    for aspect in CapabilityManifest.Aspect.allCases {
      for state in CapabilityManifest.State.allCases {
        findings.record("\(aspect.title): \(state.rawValue)", Double(manifest.count(state, in: aspect)), unit: "of \(aspect.rowCount)")
      }
    }
    findings.record("rows", Double(manifest.rows.count), published: 68)
    findings.record(effect: "rows done", Double(manifest.count(.done)))
    findings.record(effect: "ticks whose symbol or test is missing", Double(check.broken.count))
    let essential = manifest.rows.filter { parameters.essential.contains($0.id) }
    findings.record(effect: "essential rows that are not done", Double(essential.count { $0.state != .done }))
    findings.notes += check.broken.map { "\($0.row): \($0.reason)" }
    findings.notes += essential.filter { $0.state != .done }.map { "\($0.id), \($0.capability), is \($0.state.rawValue)" }
    return findings
  }

  /// Where the manifest stands in a catalogue.
  public static func manifestPath(in catalogue: String) -> String { catalogue + "/28-dense-retrieval-survey/coverage.json5" }
}
