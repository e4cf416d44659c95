import Foundation
import NeedletailCore
import NeedletailEvaluation
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
    // other words for the same things, which nobody learns from
    let others = ["needles", "the fox", "hello you", "abc", "forty two 42", "dogs", "haystack", "worlds"]
    try (lines(queries) + others.enumerated().map { "{\"_id\":\"\($0 + 8)\",\"text\":\"\($1)\"}\n" }.joined())
      .write(toFile: data + "/queries.jsonl", atomically: true, encoding: .utf8)
    for (split, first) in [("train", 0), ("dev", 8)] {
      let judgements = "query-id\tcorpus-id\tscore\n" + (0..<8).map { "\($0 + first)\t\($0)\t1\n" }.joined()
      try judgements.write(toFile: data + "/qrels/\(split).tsv", atomically: true, encoding: .utf8)
    }
  }

  /// A recipe that works, with some of its fields replaced or added: "key: value".
  private func recipe(_ changes: String..., steps: Int = 12, output: String = "run", rate: Double = 0.002) throws -> (TrainingRecipe, String) {
    let path = folder.path + "/recipe-\(output).json5"
    var fields = [
      "model: \"\(TinyModels.path("tiny-bert"))\"", "output: \"\(output)\"", "data: [{ format: \"beir\", path: \"data\" }]",
      "batch: { size: 4 }", "steps: \(steps)", "optimizer: { rate: \(rate), average: 0.5 }", "dropout: 0.1", "checkpoint_every: 5",
      "validation: { path: \"data\", split: \"dev\", every: 4 }",
    ]
    for change in changes where !change.isEmpty {
      let key = change.prefix { $0 != ":" }
      fields.removeAll { $0.hasPrefix(key + ":") }
      fields.append(change)
    }
    try "{ // a comment\n\(fields.joined(separator: ",\n")) }".write(toFile: path, atomically: true, encoding: .utf8)
    return (try TrainingRecipe(path: path), path)
  }

  private func run(_ recipe: (TrainingRecipe, String)) throws -> TrainingRun {
    try TrainingRun(recipe.0, recipePath: recipe.1, model: ModelDirectory(path: recipe.0.model))
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + path)) }

  @Test(arguments: [
    "", "adapter: { rank: 2, targets: ['query', 'expansion'], dropout: 0.2 }", "optimizer: { kind: 'adafactor', rate: 0.002 }",
    "mining: { every: 3, negatives: 2, answer_share: 1.1, ambiguity: { sharpness: 3 } }", "memory: { batches: 2 }",
    "memory: { batches: 3, average: true }", "batch: { size: 4, grouping: 'topic', topics: 2 }", "batch: { size: 4, temperature: 2 }",
    "data: [{ format: 'beir', path: 'data', word_negatives: 2, misspelt: 0.5 }]",
  ]) func aRunThatWasCutOffGoesOnToTheSameBits(change: String) throws {
    let whole = try run(recipe(change, output: "whole")).run()
    #expect(whole.steps == 12)
    // a process that was killed after step 7: its checkpoint is that of step 5, its metrics are further and end in half a line
    struct Killed: Error {}
    let cut = try recipe(change, output: "cut")
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

  @Test func whatSmallAdditionsLearntIsInTheModelAndBesideIt() throws {
    let (plan, path) = try recipe("adapter: { rank: 4, targets: ['query', 'key', 'value', 'output'] }", steps: 24, rate: 0.02)
    let outcome = try run((plan, path)).run()
    let (before, after) = (try #require(outcome.before), try #require(outcome.after))
    #expect(after > before)
    let base = try ModelDirectory(path: plan.model)
    let adapter = try LowRankAdapter(path: folder.path + "/run/adapter", for: base)
    #expect(adapter.base == plan.model && adapter.rank == 4 && adapter.alpha == 8)
    let merged = try ModelDirectory(path: outcome.model)
    for part in base.configuration.parts {
      var weight = base.weight(of: part)
      #expect((weight == merged.weight(of: part)) == (adapter.additions[part] == nil), "\(part)")
      adapter.add(to: &weight, of: part)
      #expect(weight == merged.weight(of: part))
    }
  }

  @Test func theResultIsAModelThatIsAtLeastAsGoodAsBefore() throws {
    let outcome = try run(recipe(steps: 24)).run()
    let (before, after) = (try #require(outcome.before), try #require(outcome.after))
    #expect(after > before)
    let embedder = try TransformerEmbedder(directory: ModelDirectory(path: outcome.model))
    let vector = try embedder.encodeNow(["hello"], as: .query)
    #expect(!vector.values.contains { !$0.isFinite })
  }

  @Test func theTestMeasuresTheResultOnQueriesThatNeitherTaughtNorChose() throws {
    let changes = "validation: { path: 'data', share: [0, 0.5], every: 4 }, test: { path: 'data', share: [0.5, 1], measure: 'MRR@10' }"
    let outcome = try run(recipe(changes, steps: 24)).run()
    let (before, after) = (try #require(outcome.testBefore), try #require(outcome.testAfter))
    // of so few queries, whether they are found better is chance; that they are measured with the trained network is not
    #expect(after != before && (0...1).contains(after))
    let result = try JSONDecoder().decode(TrainingRun.Outcome.self, from: bytes("run/result.json"))
    #expect(result.testAfter == outcome.testAfter && result.after == outcome.after)
  }

  @Test(arguments: [
    ("validation: { path: 'data', split: 'train' }", "8 of the 8 queries of `validation` are trained on"),
    ("test: { path: 'data', split: 'train' }", "8 of the 8 queries of `test` are trained on"),
    ("test: { path: 'data', split: 'dev' }", "8 of the 8 queries of `test` are validated with"),
    ("validation: { path: 'data', share: [0, 1e-9] }", "`validation` has no queries"),
    ("data: [{ format: 'beir', path: 'data', share: [0, 1e-9] }]", "no query in the share"),
  ]) func aQueryMayBeInOnePlaceOnly(change: String, named: String) throws {
    let recipe = try recipe(change)
    #expect { try run(recipe) } throws: { "\($0)".contains(named) }
  }

  @Test func theBatchesOfARunCanBeWritten() throws {
    struct Line: Decodable {
      let step: Int
      let queries, passages: [String]
      let positives, ignored: [[Int]]
    }
    let training = try run(recipe())
    let path = folder.path + "/batches.jsonl"
    try BatchLines(training).write(to: path)
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let batches = try lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    #expect(batches.map(\.step) == Array(0..<12))
    let answers = ["needle": "find the needle in hay", "b": "a b c", "42": "42 times", "dog": "lazy dog"]
    for batch in batches {
      #expect(batch.queries.count == 4 && batch.positives.count == 4)
      for (query, places) in zip(batch.queries, batch.positives) where answers[query] != nil {
        #expect(places.map { batch.passages[$0] } == [answers[query]])
      }
    }
  }

  @Test func aCheckpointOfAnotherRecipeIsRefused() throws {
    _ = try run(recipe(steps: 6)).run()
    let other = try run(recipe("seed: 9", steps: 6))
    #expect { try other.run() } throws: { "\($0)".contains("another recipe") }
  }

  @Test func aCheckpointOfAModelThatHasChangedIsRefused() throws {
    let model = folder.path + "/model"
    try FileManager.default.copyItem(atPath: TinyModels.path("tiny-bert"), toPath: model)
    let plan = try recipe("model: '\(model)'", "adapter: { rank: 2 }", steps: 6)
    _ = try run(plan).run()
    let network = TransformerNetwork(try ModelDirectory(path: model))
    network.parameters.snapshot = network.parameters.snapshot.map { $0 * 1.25 }
    let changed = folder.path + "/changed"
    try network.save(to: changed)
    try FileManager.default.removeItem(atPath: model)
    try FileManager.default.moveItem(atPath: changed, toPath: model)
    let other = try run(plan)
    #expect { try other.run() } throws: { "\($0)".contains("has changed") }
  }

  @Test func aTrainingThatDivergesKeepsTheLastGoodCheckpoint() throws {
    // each step multiplies the weights by -19, so that they leave single precision within a few steps
    let wild = try recipe("optimizer: { rate: 20, decay: 1, warmup: 0, schedule: 'constant', average: 0.5 }", steps: 60, output: "wild")
    do {
      _ = try run(wild).run()
      Issue.record("went on")
    } catch let error as TrainingError {
      #expect(error.description.contains("optimizer.rate") && error.description.contains("wild/checkpoint.safetensors"))
    }
    let file = try SafetensorsFile(path: folder.path + "/wild/checkpoint.safetensors")
    let values = try #require(file.tensor(named: "values"))
    let isFinite = file.floats(values).allSatisfy { $0.isFinite }
    #expect(isFinite)
    // the same again, from the checkpoint
    #expect { try run(wild).run() } throws: { "\($0)".contains("last good checkpoint") }
  }

  @Test func aStepThatTakesTooMuchMemoryIsRefusedBeforeItChangesAnything() throws {
    #expect { try run(recipe("memory_mib: 1", steps: 5)).run() } throws: { "\($0)".contains("texts_at_a_time") }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/run/checkpoint.safetensors"))
    let fits = try run(recipe("memory_mib: 500", steps: 5, output: "fits")).run()
    #expect(fits.steps == 5)
  }

  @Test func aTrainingEndsWhenTheMeasureRisesNoMore() throws {
    let outcome = try run(recipe("validation: { path: 'data', every: 2, patience: 3 }", steps: 40, rate: 0)).run()
    #expect(outcome.endedEarly && outcome.steps == 6)
    #expect(outcome.after == outcome.before)
  }

  @Test func theAverageIsWhatIsSaved() throws {
    // with a decay of nearly one the average stays where it began, whatever the steps do
    let outcome = try run(recipe("optimizer: { rate: 0.01, average: 0.999999 }", "validation: null", steps: 8)).run()
    #expect(outcome.after == nil)
    let (before, after) = (try ModelDirectory(path: TinyModels.path("tiny-bert")), try ModelDirectory(path: outcome.model))
    for part in before.configuration.parts {
      for (a, b) in zip(before.weight(of: part), after.weight(of: part)) { #expect(abs(a - b) < 1e-4) }
    }
    let moved = try run(recipe("optimizer: { rate: 0.01 }", "validation: null", steps: 8, output: "moved")).run()
    let other = try ModelDirectory(path: moved.model)
    #expect(zip(before.weight(of: .query(layer: 0)), other.weight(of: .query(layer: 0))).contains { abs($0 - $1) > 1e-3 })
  }

  @Test(arguments: [
    ("objective: { kind: 'distillation' }", "scores of a teacher"), ("objective: { kind: 'similarity' }", "similar"),
    ("objective: { kind: 'triplet' }", "negatives"), ("objective: { dimensions: [8, 4096] }", "4096 components"),
  ]) func objectivesThatLearnNothingFromTheDataAreRefused(change: String, named: String) throws {
    let recipe = try recipe(change)
    #expect { try run(recipe) } throws: { "\($0)".contains(named) }
  }

  @Test(arguments: [
    ("stepz: 3", "stepz"), ("steps: 0", "steps"), ("batch: { size: 0 }", "batch.size"), ("batch: { sise: 3 }", "batch.sise"),
    ("objective: { kind: 'guess' }", "contrastive"), ("objective: { loss: 'pairs', pair_negatives: 'none' }", "hardest"),
    ("optimizer: { rate: 'fast' }", "optimizer.rate"), ("data: []", "data"), ("data: [{ format: 'beir' }]", "data.path"),
    ("validation: { path: 'data', measure: 'luck' }", "luck"), ("seed: -1", "seed"), ("adapter: { rank: 0 }", "adapter.rank"), ("adapter: { targets: ['pooler'] }", "contraction"),
    ("adapter: {}, last_layers: 1", "last_layers"), ("mining: { often: 3 }", "mining.often"), ("optimizer: { kind: 'lion' }", "adafactor"),
    ("batch: { size: 4, topics: 3 }", "topic"), ("batch: { grouping: 'task', temperature: 2 }", "temperature"),
    ("optimizer: {}, memory: { average: true }", "optimizer.average"), ("memory: { batches: 0 }", "memory.batches"),
    ("mining: { ambiguity: { offset: 'x' } }", "ambiguity.offset"), ("data: [{ format: 'beir', path: 'data', teacher: 'luck' }]", "words"),
    ("review: { highest: 0.5 }", "review.model"), ("objective: { spare_similar: 2 }", "objective.spare_similar"),
    ("validation: { path: 'data', share: [0.5, 0.5] }", "validation.share"), ("test: { path: 'data', every: 5 }", "test.every"),
    ("data: [{ format: 'beir', path: 'data', share: [0, 1.5] }]", "data.share"),
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

  /// After a training whose teacher is word search, an encoder orders passages more as word search does.
  @Test func wordsTeachAnEncoder() throws {
    // Two words ask, and passages have one of them or both, among others.
    let data = folder.path + "/words"
    try FileManager.default.createDirectory(atPath: data + "/qrels", withIntermediateDirectories: true)
    var generator = SeededGenerator(seed: 3)
    let words = ["needle", "hay", "fox", "quick", "hello", "world", "dog", "lazy"]
    func record(_ id: Int, _ count: Int) -> String {
      "{\"_id\":\"\(id)\",\"text\":\"\((0..<count).map { _ in words.randomElement(using: &generator)! }.joined(separator: " "))\"}\n"
    }
    try (0..<32).map { record($0, 4) }.joined().write(toFile: data + "/corpus.jsonl", atomically: true, encoding: .utf8)
    try (0..<16).map { record($0, 2) }.joined().write(toFile: data + "/queries.jsonl", atomically: true, encoding: .utf8)
    try ("query-id\tcorpus-id\tscore\n" + (0..<16).map { "\($0)\t\($0)\t1\n" }.joined())
      .write(toFile: data + "/qrels/train.tsv", atomically: true, encoding: .utf8)
    let recipe = try recipe(
      "data: [{ format: 'beir', path: 'words', word_negatives: 7, teacher: 'words' }]", "objective: { kind: 'distillation', target: 'pairwise' }",
      "batch: { size: 8, negatives: 7 }", "dropout: 0", "validation: null", "optimizer: { rate: 0.003 }", steps: 60)
    let outcome = try run(recipe).run()
    var examples = try ExampleReader.read(.beir, path: data, includesCorpus: true)
    let search = try WordSearch(examples.passages)
    try examples.addNegatives(by: search, count: 7)
    /// The pairs of one query's passages that word search tells apart, and how many of them the encoder orders alike.
    func ordered(_ model: String) throws -> (alike: Int, pairs: Int) {
      let embedder = try TransformerEmbedder(directory: ModelDirectory(path: model))
      var (alike, pairs) = (0, 0)
      for example in examples.examples {
        let places = example.positives + example.negatives
        let query = try embedder.encodeNow([examples.queries[example.query]], as: .query)
        let passages = try embedder.encodeNow(places.map { examples.passages[$0] }, as: .document)
        let words = try search.scores(of: places, for: examples.queries[example.query])
        let products = places.indices.map { row in zip(query[0], passages[row]).reduce(0) { $0 + Double($1.0 * $1.1) } }
        for better in places.indices {
          for worse in places.indices where words[better] > words[worse] {
            pairs += 1
            if products[better] > products[worse] { alike += 1 }
          }
        }
      }
      return (alike, pairs)
    }
    let (before, after) = (try ordered(recipe.0.model), try ordered(outcome.model))
    #expect(after.pairs > 100 && 10 * after.alike > 10 * before.alike + after.pairs, "\(before) to \(after)")
  }

  @Test func aCrossEncoderReviewsNegatives() throws {
    let judge = URL(fileURLWithPath: TinyModels.path("")).deletingLastPathComponent().path + "/rerankers/bert"
    try #require(FileManager.default.fileExists(atPath: judge))
    let changes = ("data: [{ format: 'beir', path: 'data', word_negatives: 3 }]", "batch: { size: 4, negatives: 3 }")
    func negatives(_ review: String, output: String) throws -> Int {
      let training = try run(recipe(changes.0, changes.1, review, output: output))
      let path = folder.path + "/\(output).jsonl"
      try BatchLines(training).write(to: path)
      let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
      return try lines.reduce(0) { sum, line in
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return sum + ((object?["negatives"] as? [[Int]]) ?? []).reduce(0) { $0 + $1.count }
      }
    }
    let all = try negatives("", output: "all")
    #expect(all > 0)
    // everything is an answer to a judge whose bar nothing can miss
    #expect(try negatives("review: { model: '\(judge)', highest: -1000 }", output: "none") == 0)
    #expect(try negatives("review: { model: '\(judge)', highest: 1000 }", output: "same") == all)
  }
}
