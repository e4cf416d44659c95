import Foundation
import Needletail
import Testing

/// The ten lines of the README, as a user writes them.
@Suite struct ReadmeTests {
  private static let hasModel = FileManager.default.fileExists(
    atPath: DataDirectory.standard().modelsPath + "/" + ModelRegistry.defaultModelName)

  @Test(.enabled(if: hasModel, "run `needletail model fetch` first"))
  func tenLinesIndexAndSearch() async throws {
    let models = ModelRegistry(directory: DataDirectory.standard().modelsPath)
    let embedder = try TransformerEmbedder(directory: models.directory(named: ModelRegistry.defaultModelName))
    let index = try TextIndex(embedder: embedder, tokenizer: embedder.tokenizer)
    try await index.add(["The needletail is the fastest bird in level flight.", "Bread rises because of yeast."])
    var printed: [String] = []
    for answer in try await index.search("fastest bird", limit: 1) {
      printed.append("\(answer.score) \(answer.text)")
    }
    #expect(printed.count == 1)
    #expect(printed.first?.contains("needletail") == true)
  }

  /// The import must not change what standard names mean.
  @Test func leavesTheNamesOfTheStandardLibraryAlone() throws {
    struct Pair: Codable, Equatable {
      var first = 1

      init() {}
      init(from decoder: any Decoder) throws { first = try decoder.singleValueContainer().decode(Int.self) }
      func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(first)
      }
    }
    func count(_ elements: some Collection<Int>) -> Int { elements.count }
    #expect(try JSONDecoder().decode(Pair.self, from: JSONEncoder().encode(Pair())) == Pair())
    #expect(count([1, 2]) == 2)
  }
}
