import Foundation
import NeedletailModels
import NeedletailNumerics
import NeedletailText
import Testing

/// Tiny language models against transformers; the files are those of `ArchitectureTests`.
@Suite struct LanguageModelTests {
  static let names = ["llama", "mistral", "qwen2", "qwen3"]

  private struct Reference: Decodable {
    let ids: [[Int32]]
    let logits: [Float]
    let continuation: [Int32]
  }

  private func reference(_ name: String) throws -> Reference {
    try JSONDecoder().decode(
      Reference.self, from: Data(contentsOf: URL(fileURLWithPath: ArchitectureTests.path(name) + "/expected.json")))
  }

  private func model(_ name: String, threads: Int = 2) throws -> LanguageModel {
    try LanguageModel(path: ArchitectureTests.path(name), pool: WorkerPool(threadCount: threads))
  }

  @Test(arguments: names, [1, 3])
  func scoresAreThoseOfTheReference(name: String, threads: Int) throws {
    let (model, reference) = (try model(name, threads: threads), try reference(name))
    let scores = try model.scores(after: reference.ids[0], model.memory())
    let worst = zip(scores, reference.logits).map { abs($0 - $1) }.max() ?? 1
    #expect(scores.count == reference.logits.count && worst < 1e-4, "\(worst)")
  }

  @Test(arguments: names)
  func theProbableContinuationIsThatOfTheReference(name: String) throws {
    let (model, reference) = (try model(name), try reference(name))
    var options = GenerationOptions()
    options.maximumTokens = reference.continuation.count
    #expect(reference.continuation.count == 24)
    #expect(try model.generate(after: reference.ids[0], options) == reference.continuation)
  }

  /// Tokens read one by one leave the same memory as tokens read together.
  @Test(arguments: names)
  func theMemoryStandsForWhatWasRead(name: String) throws {
    let model = try model(name)
    let ids = (0..<40).map { Int32($0 * 37 % 300 + 5) }
    let together = try model.scores(after: ids, model.memory())
    let memory = model.memory()
    var scores: [Float] = []
    for part in [ids[0..<1], ids[1..<2], ids[2..<20], ids[20..<39], ids[39..<40]] { scores = try model.scores(after: Array(part), memory) }
    #expect(memory.count == ids.count)
    #expect(zip(scores, together).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  @Test func equalSeedsDrawEqualTexts() throws {
    let model = try model("llama")
    var options = GenerationOptions()
    (options.temperature, options.maximumTokens) = (3, 20)
    let prompt = model.tokens(of: "needle")
    let drawn = try (0..<6).map { seed in
      options.seed = UInt64(seed)
      let text = try model.generate(after: prompt, options)
      #expect(try model.generate(after: prompt, options) == text)
      return text
    }
    #expect(Set(drawn).count > 3)
    // Among the single most probable token there is no choice.
    options.topP = 1e-9
    let careful = try model.generate(after: prompt, options)
    (options.temperature, options.topP) = (0, 1)
    #expect(try model.generate(after: prompt, options) == careful)
  }

  @Test func saysWhatCannotBeDone() throws {
    let model = try model("qwen3")
    #expect(throws: ModelError.self) { try model.scores(after: [], model.memory()) }
    #expect(throws: ModelError.self) { try model.scores(after: [9999], model.memory()) }
    #expect(throws: ModelError.self) { try model.scores(after: Array(repeating: 5, count: 65), model.memory()) }
    var options = GenerationOptions()
    options.topP = 0
    #expect(throws: ModelError.self) { try model.generate(after: [5], options) }
    options = GenerationOptions()
    options.temperature = .nan
    #expect(throws: ModelError.self) { try model.generate(after: [5], options) }
    #expect(throws: ModelError.self) { try LanguageModel(path: ArchitectureTests.path("modernbert")) }
  }

  @Test func tokensBecomeTheTextTheyWereMadeOf() throws {
    for name in Self.names {
      let model = try model(name)
      for text in ["needle in a haystack", "crème brûlée 漢字", "it's  12345\n\nend"] {
        #expect(model.text(of: model.tokenizer.encode(text, maximumTokens: nil).ids) == text, "\(name)")
      }
    }
  }
}
