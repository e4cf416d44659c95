import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import NeedletailText
import NeedletailTraining
import Testing

/// From texts alone to a model, as `needletail train` does it.
@Suite struct PretrainingRunTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let words = ["needle", "hay", "fox", "dog", "world", "quick", "lazy", "hello"]
    let lines = (0..<60).map { line in (0..<12).map { words[(line * 7 + $0 * $0) % words.count] }.joined(separator: " ") }
    try lines.joined(separator: "\n").write(toFile: folder.path + "/texts.txt", atomically: true, encoding: .utf8)
  }

  private func recipe(_ objective: String, output: String, steps: Int = 12, extra: String = "") throws -> (TrainingRecipe, String) {
    let path = folder.path + "/\(output).json5"
    try """
      { model: "\(TinyModels.path("tiny-bert"))", output: "\(output)", data: [{ format: "texts", path: "texts.txt" }],
        batch: { size: 8, passage_tokens: 24 }, objective: \(objective), steps: \(steps), optimizer: { rate: 0.003, clip: 1 },
        dropout: 0.1, checkpoint_every: 5 \(extra) }
      """.write(toFile: path, atomically: true, encoding: .utf8)
    return (try TrainingRecipe(path: path), path)
  }

  private func run(_ recipe: (TrainingRecipe, String)) throws -> TrainingRun {
    try TrainingRun(recipe.0, recipePath: recipe.1, model: ModelDirectory(path: recipe.0.model))
  }

  @Test(arguments: [
    "{ kind: 'masked' }", "{ kind: 'reconstruction', bag_weight: 1 }", "{ kind: 'next_token' }", "{ kind: 'denoising', deletion: 0.5 }",
  ])
  func theLossFallsAndTheResultEmbeds(objective: String) throws {
    var losses: [Double] = []
    let outcome = try run(recipe(objective, output: "run", steps: 240, extra: ", untrained: { layers: 1, hidden: 16, heads: 2, vocabulary: 300, tokens: 24 }"))
      .run(report: { event in
        if case .step(_, _, let loss, _) = event { losses.append(loss) }
      })
    #expect(losses[230...].reduce(0, +) / 10 < 0.8 * losses[..<10].reduce(0, +) / 10)
    let directory = try ModelDirectory(path: outcome.model)
    #expect(directory.configuration.hiddenSize == 16 && directory.configuration.layers == 1 && directory.maximumTokens == 24)
    let vector = try TransformerEmbedder(directory: directory).encodeNow(["quick fox"], as: .query)
    #expect(vector.dimension == 16 && vector.values.allSatisfy(\.isFinite))
    // the head came along
    let joined = try JoinedEmbedder(directory, termCount: 5).encodeNow(["quick fox", "lazy dog"], as: .query)
    #expect(joined.count == 2 && joined.terms.offsets[1] <= 5)
  }

  /// An unfinished beginning is no reason to train another network than the recipe says.
  @Test func anUntrainedModelOfAnotherRecipeIsMadeAnew() throws {
    func make(_ hidden: Int, seed: Int = 1) throws -> TrainingRun {
      try run(recipe("{ kind: 'masked' }", output: "run", extra: ", seed: \(seed), untrained: { layers: 1, hidden: \(hidden), heads: 2, vocabulary: 300 }"))
    }
    func bytes() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: folder.path + "/run/untrained/model.safetensors")) }
    func size() throws -> Int { try ModelDirectory(path: folder.path + "/run/untrained").configuration.hiddenSize }
    _ = try make(16)
    let first = try bytes()
    _ = try make(16)
    #expect(try bytes() == first)
    _ = try make(8)
    #expect(try size() == 8)
    _ = try make(16, seed: 2)
    #expect(try size() == 16 && bytes() != first)
    let path = folder.path + "/texts.txt"
    try (String(contentsOfFile: path, encoding: .utf8) + "\nworld of zebras and needles in the hay").write(toFile: path, atomically: true, encoding: .utf8)
    let second = try bytes()
    let training = try make(16, seed: 2)
    #expect(try bytes() != second)
    // with a checkpoint there is something to lose
    _ = try training.run()
    #expect { try make(8) } throws: { "\($0)".contains("untrained") }
    #expect(try size() == 16)
  }

  @Test func aRunThatWasCutOffGoesOnToTheSameBits() throws {
    struct Killed: Error {}
    let objective = "{ kind: 'reconstruction' }"
    _ = try run(recipe(objective, output: "whole")).run()
    let cut = try recipe(objective, output: "cut")
    #expect(throws: Killed.self) {
      _ = try run(cut).run(report: { event in
        if case .step(index: 7, _, _, _) = event { throw Killed() }
      })
    }
    _ = try run(cut).run()
    func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: folder.path + "/\(name)/model/model.safetensors")) }
    #expect(try bytes("cut") == bytes("whole"))
  }

  @Test func contrastiveTrainingOnTextsAloneSaysWhatToDo() throws {
    #expect { try run(recipe("{ kind: 'contrastive' }", output: "none")) } throws: { "\($0)".contains("reconstruction") }
  }

  @Test(arguments: [
    ("{ kind: 'reconstruction', mask: 2 }", "objective.mask"), ("{ kind: 'masked', bag_weight: 1 }", "objective.bag_weight"),
  ]) func mistakesAreNamed(objective: String, named: String) {
    #expect { try recipe(objective, output: "wrong") } throws: { "\($0)".contains(named) }
  }

  @Test func pagesAreGatheredByTitle() throws {
    let path = folder.path + "/pages.jsonl"
    try """
      {"title": "A", "section": "", "text": "lead of a"}
      {"title": "A", "section": "Past", "text": "past of a"}
      {"text": "alone"}
      {"title": "B", "text": "b"}
      """.write(toFile: path, atomically: true, encoding: .utf8)
    let pages = try PageReader.read(path: path)
    #expect(pages.map(\.title) == ["A", "", "B"])
    #expect(pages[0].passages == [.init(text: "lead of a"), .init(section: "Past", text: "past of a")])
    #expect(pages[0].texts == ["A\nlead of a", "past of a"])
    try "{\"title\": 3}".write(toFile: path, atomically: true, encoding: .utf8)
    #expect { try PageReader.read(path: path) } throws: { "\($0)".contains("pages.jsonl:1") }
  }

  /// Random vectors of untrained weights say little of what a text is about; cutting texts in two teaches it.
  @Test func twoPiecesOfATextComeTogether() throws {
    let topics = [["needle", "hay", "fox", "dog"], ["world", "quick", "lazy", "hello"], ["find", "the", "in", "of"], ["a", "b", "c", "times"]]
    var generator = SeededGenerator(seed: 3)
    func text(_ topic: Int) -> String { (0..<24).map { _ in topics[topic][generator.index(below: 4)] }.joined(separator: " ") }
    let lines = (0..<80).map { text($0 % 4) }
    let unseen = (0..<40).map { (text($0 % 4), text($0 % 4), text(($0 + 1) % 4)) }
    try lines.joined(separator: "\n").write(toFile: folder.path + "/topics.txt", atomically: true, encoding: .utf8)
    let path = folder.path + "/crops.json5"
    try """
      { model: "\(TinyModels.path("tiny-bert"))", output: "crops", steps: 60, batch: { size: 8 }, dropout: 0.1,
        data: [{ format: "pages", path: "topics.txt", tasks: ["crops"], pairs: 400 }], optimizer: { rate: 0.002 } }
      """.write(toFile: path, atomically: true, encoding: .utf8)
    let recipe = try TrainingRecipe(path: path)
    let outcome = try TrainingRun(recipe, recipePath: path, model: ModelDirectory(path: recipe.model)).run()
    /// By how much texts of one topic are more alike than texts of two.
    func margin(_ model: String) throws -> Float {
      let embedder = try TransformerEmbedder(directory: ModelDirectory(path: model))
      let vectors = try embedder.encodeNow(unseen.flatMap { [$0.0, $0.1, $0.2] }, as: .query)
      func dot(_ a: Int, _ b: Int) -> Float { zip(vectors[a], vectors[b]).reduce(0) { $0 + $1.0 * $1.1 } }
      return unseen.indices.reduce(0) { $0 + dot(3 * $1, 3 * $1 + 1) - dot(3 * $1, 3 * $1 + 2) } / Float(unseen.count)
    }
    #expect(try margin(outcome.model) > margin(recipe.model) + 0.05)
  }
}
