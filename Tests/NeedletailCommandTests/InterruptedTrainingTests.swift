import Foundation
import Testing

/// Kills `needletail train` at random moments. NEEDLETAIL_CRASH_KILLS sets how often.
@Suite struct InterruptedTrainingTests {
  private static let kills = ProcessInfo.processInfo.environment["NEEDLETAIL_CRASH_KILLS"].flatMap { Int($0) } ?? 6
  private static let model = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
    + "/NeedletailModelsTests/Fixtures/transformers/tiny-bert"

  /// A recipe with everything that has a memory: moments, dropout, an average, the best values so far.
  private func writeRecipe(in product: Product, output: String) throws -> String {
    let words = ["needle", "fox", "hello", "42", "dog", "hay", "world", "quick", "lazy", "the"]
    var pairs = ""
    for first in words { for second in words { pairs += "\(first) \(second)\tfind the \(second) and \(first) in hay\n" } }
    try product.write("pairs.tsv", pairs)
    try product.write("held/corpus.jsonl", words.enumerated().map { "{\"_id\":\"\($0)\",\"text\":\"find the \($1)\"}\n" }.joined())
    try product.write("held/queries.jsonl", words.enumerated().map { "{\"_id\":\"\($0)\",\"text\":\"\($1)\"}\n" }.joined())
    try product.write("held/qrels/dev.tsv", "query-id\tcorpus-id\tscore\n" + words.indices.map { "\($0)\t\($0)\t1\n" }.joined())
    return try product.write(
      "\(output).json5",
      """
      { model: "\(Self.model)", output: "\(output)", steps: 600, checkpoint_every: 7, dropout: 0.1, batch: { size: 16 },
        data: [{ format: "pairs", path: "pairs.tsv" }], optimizer: { rate: 1e-3, average: 0.9 },
        validation: { path: "held", every: 20 } }
      """)
  }

  /// Starts a run, kills it after some time, and says whether it had ended by itself.
  private func train(_ recipe: String, _ product: Product, killAfter seconds: Double) throws -> Bool {
    let process = product.process(["train", recipe, "--json"])
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    usleep(UInt32(seconds * 1_000_000))
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    return process.terminationReason == .exit
  }

  private func bytes(_ path: String, in product: Product) throws -> Data {
    try Data(contentsOf: product.folder.appendingPathComponent(path))
  }

  @Test func aTrainingThatIsKilledManyTimesEndsInTheSameBits() throws {
    struct Report: Decodable {
      let steps: Int
      let seconds: Double
    }
    let product = try Product()
    let whole = try product.run("train", try writeRecipe(in: product, output: "whole"), "--json")
    #expect(whole.code == 0, "\(whole.errors)")
    let report = try whole.json(Report.self)
    #expect(report.steps == 600)

    let recipe = try writeRecipe(in: product, output: "killed")
    var generator = SystemRandomNumberGenerator()
    var ended = 0
    for _ in 1...Self.kills {
      // short enough that a run rarely comes to its end, so that most kills hit a run that was resumed
      if try train(recipe, product, killAfter: .random(in: 0...report.seconds * 0.5, using: &generator)) {
        ended += 1
        let model = try bytes("killed/model/model.safetensors", in: product)
        #expect(try model == bytes("whole/model/model.safetensors", in: product))
        try FileManager.default.removeItem(at: product.folder.appendingPathComponent("killed"))
      }
    }
    #expect(ended < Self.kills, "no run was killed before its end")
    let last = try product.run("train", recipe, "--json")
    #expect(last.code == 0, "\(last.errors)")
    for file in ["model/model.safetensors", "metrics.jsonl"] {
      let isEqual = try bytes("killed/\(file)", in: product) == bytes("whole/\(file)", in: product)
      #expect(isEqual, "\(file) differs")
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: product.folder.appendingPathComponent("killed").path)
    #expect(
      Set(names) == [".lock", "recipe.json5", "metrics.jsonl", "plot.html", "checkpoint.safetensors", "model", "result.json"], "\(names.sorted())")
  }
}
