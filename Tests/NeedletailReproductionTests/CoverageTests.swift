import Foundation
import NeedletailReproduction
import Testing

@Suite struct CoverageTests {
  private static let checkout = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
  private static let path = CapabilityCoverage.manifestPath(in: checkout + "/Catalogue")

  private func manifest(_ change: (String) -> String) throws -> CapabilityManifest {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(change(String(contentsOfFile: Self.path, encoding: .utf8)).utf8).write(to: URL(fileURLWithPath: path))
    return try CapabilityManifest(file: path)
  }

  @Test func holdsTheRowsOfTheSurveyAndNoTickIsHollow() throws {
    let manifest = try CapabilityManifest(file: Self.path)
    #expect(manifest.rows.count == 68)
    #expect(CapabilityManifest.Aspect.allCases.map { aspect in manifest.rows.count { $0.aspect == aspect } } == [16, 24, 12, 16])
    #expect(try CoverageCheck(of: manifest, in: Self.checkout).broken == [])
    #expect(CapabilityManifest.State.allCases.reduce(0) { $0 + manifest.count($1) } == 68)
  }

  @Test(arguments: [
    ("symbol: \"FlatIndex\"", "symbol: \"FlatEarthIndex\"", "FlatEarthIndex"), ("Contrastive.isSymmetric", "Contrastive.isLopsided", "isLopsided"),
    ("MeasureTests/equalsTrecEval", "MeasureTests/equalsNothing", "equalsNothing"),
    ("NeedletailEvaluationTests.MeasureTests/", "NeedletailIndexTests.MeasureTests/", "NeedletailIndexTests.MeasureTests"),
  ])
  func aTickWithoutItsSymbolOrTestIsBroken(_ right: String, _ wrong: String, _ named: String) throws {
    let doctored = try manifest { $0.replacingOccurrences(of: right, with: wrong) }
    let broken = try CoverageCheck(of: doctored, in: Self.checkout).broken
    #expect(!broken.isEmpty && broken.allSatisfy { $0.reason.contains(named) }, "\(broken)")
  }

  @Test(arguments: [
    ("id: \"A1\"", "id: \"A17\""), ("id: \"A1\"", "id: \"A2\""), ("state: \"absent\"", "state: \"done\""), ("state: \"done\"", "state: \"mostly\""), ("[", "{"),
  ])
  func refusesAManifestThatClaimsTooMuch(_ right: String, _ wrong: String) {
    #expect(throws: ReproductionError.self) { try manifest { $0.replacingOccurrences(of: right, with: wrong) } }
  }
}
