import Foundation
import NeedletailModels
import NeedletailNumerics
import NeedletailReproduction
import NeedletailTraining
import Testing

@Suite struct TermWeighingTests {
  private let folder = NSTemporaryDirectory() + "needletail-terms-" + UUID().uuidString

  /// A small network over the tokenizer of the tests of models.
  private func weighing(_ reading: TermReading) throws -> TermWeighing {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
    var model = UntrainedModel()
    (model.layers, model.hiddenSize, model.heads, model.intermediateSize, model.maximumTokens) = (2, 12, 2, 24, 32)
    model.vocabularySize = 60
    let base = try ModelDirectory(path: tests + "/NeedletailModelsTests/Fixtures/transformers/tiny-bert")
    try model.write(to: folder, tokenizerOf: base, texts: ["needle in the hay", "the quick fox", "hello world"])
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return TermWeighing(network: TransformerNetwork(try ModelDirectory(path: folder)), reading: reading, threshold: -0.1)
  }

  /// The states of the places of a text that are looked at.
  private func states(_ weighing: TermWeighing, _ text: [Int32]) throws -> [Float] {
    let (tokens, places) = weighing.reading.sequence(text, frame: TermWeighing.frame)
    let network = weighing.network
    let all = try network.states(of: PackedTokens([tokens]), on: Tape(), isCausal: weighing.reading != .bidirectional).values
    return Array(all[places.lowerBound * 12..<places.upperBound * 12])
  }

  @Test func onlyTheSecondReadingKnowsTheEndFromItsBeginning() throws {
    for reading in TermReading.allCases {
      let weighing = try weighing(reading)
      let (one, other) = (try states(weighing, [7, 8, 9, 10]), try states(weighing, [7, 8, 9, 11]))
      // the place of the first token; one stands before it
      let change = (12..<24).map { abs(one[$0] - other[$0]) }.max() ?? 0
      #expect(reading == .causal ? change == 0 : change > 1e-4, "\(reading): \(change)")
    }
  }

  @Test(arguments: TermReading.allCases) func weightsAreTheFormulaInAnyBatch(_ reading: TermReading) throws {
    let weighing = try weighing(reading)
    let texts: [[Int32]] = [[7, 8, 9, 10], [12], [20, 21, 22, 23, 24, 25, 26]]
    let words = try #require(weighing.network.parameters.parameter(named: "wordEmbedding"))
    let table = weighing.network.parameters[words]
    let together = try weighing.weights(of: texts, on: Tape()).values
    for (row, text) in texts.enumerated() {
      let states = try states(weighing, text)
      let alone = try weighing.weights(of: [text], on: Tape()).values
      for term in 0..<weighing.termCount {
        let token = term + TermWeighing.specialTokens
        var largest = -Double.infinity
        for place in 0..<text.count + 1 {
          largest = max(largest, (0..<12).reduce(0.0) { $0 + Double(states[place * 12 + $1]) * Double(table[token * 12 + $1]) })
        }
        let expected = log(1 + max(0, largest + 0.1))
        #expect(abs(Double(together[row * weighing.termCount + term]) - expected) < 1e-5)
        #expect(abs(together[row * weighing.termCount + term] - alone[term]) < 1e-6)
      }
    }
  }
}
