import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import NeedletailTraining
import Testing

@Suite struct TrainingRunTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let data = folder.path + "/data"
    try FileManager.default.createDirectory(atPath: data + "/qrels", withIntermediateDirectories: true)
    let texts = ["find the needle in hay", "the quick fox", "hello world", "a b c", "42 times", "lazy dog", "haystack of hay", "the world"]
    let queries = ["needle", "fox", "hello", "b", "42", "dog", "hay", "world"]
    func lines(_ texts: [String]) -> String { texts.enumerated().map { "{\"_id\":\"\($0)\",\"text\":\"\($1)\"}\n" }.joined() }
    try lines(texts).write(toFile: data + "/corpus.jsonl", atomically: true, encoding: .utf8)
    try lines(queries).write(toFile: data + "/queries.jsonl", atomically: true, encoding: .utf8)
    let judgements = "query-id\tcorpus-id\tscore\n" + (0..<8).map { "\($0)\t\($0)\t1\n" }.joined()
    try judgements.write(toFile: data + "/qrels/train.tsv", atomically: true, encoding: .utf8)
  }

  /// A recipe that works, with some of its fields replaced or added: "key: value".
  private func recipe(_ change: String = "", steps: Int = 12, output: String = "run", rate: Double = 0.002) throws -> (TrainingRecipe, String) {
    let path = folder.path + "/recipe-\(output).json5"
    var fields = [
      "model: \"\(TinyModels.path("tiny-bert"))\"", "output: \"\(output)\"", "data: [{ format: \"beir\", path: \"data\" }]",
      "batch: { size: 4 }", "steps: \(steps)", "optimizer: { rate: \(rate), average: 0.5 }", "dropout: 0.1", "checkpoint_every: 5",
      "validation: { path: \"data\", split: \"train\", every: 4 }",
    ]
    let key = change.prefix { $0 != ":" }
    fields.removeAll { $0.hasPrefix(key + ":") }
    if !change.isEmpty { fields.append(change) }
    try "{ // a comment\n\(fields.joined(separator: ",\n")) }".write(toFile: path, atomically: true, encoding: .utf8)
    return (try TrainingRecipe(path: path), path)
  }

  private func run(_ recipe: (TrainingRecipe, String)) throws -> TrainingRun {
    try TrainingRun(recipe.0, recipePath: recipe.1, model: ModelDirectory(path: recipe.0.model))
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + path)) }

  @Test func aRunThatWasCutOffGoesOnToTheSameBits() throws {
    let whole = try run(recipe(output: "whole")).run()
    #expect(whole.steps == 12)
    // a process that was killed after step 7: its checkpoint is that of step 5, its metrics are further and end in half a line
    struct Killed: Error {}
    let cut = try recipe(output: "cut")
    let killed = try run(cut)
    do {
      _ = try killed.run(report: { event in
        if case .step(index: 7, _, _, _) = event { throw Killed() }
      })
      Issue.record("the run was not cut off")
    } catch is Killed {}
    let metrics = folder.path + "/cut/metrics.jsonl"
    let handle = try #require(FileHandle(forWritingAtPath: metrics))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("{\"step\":6,\"loss\":9}\n{\"step\":7,\"lo".utf8))
    try handle.close()
    var resumed: Int?
    _ = try run(cut).run(report: { event in
      if case .resumed(let step) = event { resumed = step }
    })
    #expect(resumed == 5)
    #expect(try bytes("cut/model/model.safetensors") == bytes("whole/model/model.safetensors"))
    #expect(try bytes("cut/metrics.jsonl") == bytes("whole/metrics.jsonl"))
    #expect(try String(decoding: bytes("whole/plot.html"), as: UTF8.self).contains("<svg"))
  }

  @Test func theResultIsAModelThatIsAtLeastAsGoodAsBefore() throws {
    let outcome = try run(recipe(steps: 24)).run()
    let (before, after) = (try #require(outcome.before), try #require(outcome.after))
    #expect(after > before)
    let embedder = try TransformerEmbedder(directory: ModelDirectory(path: outcome.model))
    let vector = try embedder.encodeNow(["hello"], as: .query)
    #expect(!vector.values.contains { !$0.isFinite })
  }

  @Test func aCheckpointOfAnotherRecipeIsRefused() throws {
    _ = try run(recipe(steps: 6)).run()
    let other = try run(recipe("seed: 9", steps: 6))
    #expect { try other.run() } throws: { "\($0)".contains("another recipe") }
  }

  @Test func aRateThatIsTooHighKeepsTheLastGoodCheckpoint() throws {
    let wild = try run(recipe("last_layers: 1", steps: 400, output: "wild", rate: 99))
    // whatever happens to the network: the run ends with numbers or with an error that says what to change
    do {
      let outcome = try wild.run()
      #expect(outcome.loss.isFinite)
    } catch let error as TrainingError {
      #expect(error.description.contains("optimizer.rate"))
    }
  }

  @Test(arguments: [
    ("stepz: 3", "stepz"), ("steps: 0", "steps"), ("batch: { size: 0 }", "batch.size"), ("batch: { sise: 3 }", "batch.sise"),
    ("objective: { kind: 'guess' }", "contrastive"), ("objective: { loss: 'pairs', pair_negatives: 'none' }", "hardest"),
    ("optimizer: { rate: 'fast' }", "optimizer.rate"), ("data: []", "data"), ("data: [{ format: 'beir' }]", "data.path"),
    ("validation: { path: 'data', measure: 'luck' }", "luck"), ("seed: -1", "seed"),
  ]) func mistakesAreNamed(change: String, named: String) throws {
    #expect { try recipe(change) } throws: { error in
      (error as? TrainingError)?.description.contains(named) ?? false
    }
  }

  @Test func missingFilesAreNamed() throws {
    let missing = try recipe("data: [{ format: 'pairs', path: 'nothing.tsv' }]")
    #expect { try run(missing) } throws: { "\($0)".contains("nothing.tsv") }
    #expect { try TrainingRecipe(path: folder.path + "/none.json5") } throws: { "\($0)".contains("none.json5") }
  }
}
