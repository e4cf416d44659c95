import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import NeedletailText
import NeedletailTraining
import Testing

@Suite struct TransformerNetworkTests {
  /// What PyTorch computed; see Fixtures/scripts/make_training.py.
  private struct Expected: Decodable {
    struct Gradient: Decodable {
      let norm: Double
      let entries: [[Double]]
    }
    let sequences: [[Int32]]
    let loss: Double
    let firstStates: [[Float]]
    let gradients: [String: Gradient]
  }

  private func expected(_ name: String) throws -> Expected {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/gradients-\(name)", withExtension: "json"))
    return try JSONDecoder().decode(Expected.self, from: Data(contentsOf: url))
  }

  @Test(arguments: ["tiny-bert", "tiny-distilbert", "tiny-roberta"]) func wholeNetworksAgreeWithPyTorch(name: String) throws {
    let directory = try ModelDirectory(path: TinyModels.path(name))
    let network = TransformerNetwork(directory)
    let expected = try expected(name)
    let tape = Tape()
    let states = try network.states(of: PackedTokens(expected.sequences), on: tape)
    let width = directory.configuration.hiddenSize
    let values = states.values
    var row = 0
    for (sequence, first) in zip(expected.sequences, expected.firstStates) {
      for (found, wanted) in zip(values[row * width..<(row + 1) * width], first) { #expect(abs(found - wanted) < 1e-4) }
      row += sequence.count
    }
    let direction = (0..<row * width).map { Float(sin(Double($0 / width) * 7 + Double($0 % width) * 3)) }
    try tape.differentiate(states, gradient: direction)
    let gradients = network.gradientsByTensorName
    #expect(Set(gradients.keys) == Set(expected.gradients.keys))
    for (tensor, wanted) in expected.gradients {
      let found = try #require(gradients[tensor])
      let norm = found.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(norm - wanted.norm) <= 1e-3 * wanted.norm + 1e-4, "\(tensor): norm \(norm), expected \(wanted.norm)")
      for entry in wanted.entries {
        let difference = abs(Double(found[Int(entry[0])]) - entry[1])
        #expect(difference <= 1e-3 * max(1, abs(entry[1])), "\(tensor) at \(entry[0]): \(found[Int(entry[0])]), expected \(entry[1])")
      }
    }
  }

  @Test func theTrainedNetworkIsTheOneThatEmbeds() throws {
    let directory = try ModelDirectory(path: TinyModels.path("tiny-bert"))
    let embedder = try TransformerEmbedder(directory: directory)
    let texts = ["needle in a haystack", "a", "find the quick fox in the hay"]
    let tokens = texts.map { text in
      var ids: [Int32] = []
      _ = embedder.tokenizer.appendTokens(of: text, maximumTokens: 40, to: &ids)
      return ids
    }
    let tape = Tape()
    tape.isRecording = false
    let found = try TransformerNetwork(directory).vectors(of: PackedTokens(tokens), on: tape).values
    for (a, b) in zip(found, try embedder.encodeNow(texts, as: .document).values) { #expect(abs(a - b) < 1e-5) }
  }

  @Test func whatIsSavedIsReadBackBitByBit() throws {
    let folder = try TemporaryFolder()
    let directory = try ModelDirectory(path: TinyModels.path("tiny-bert"))
    let network = TransformerNetwork(directory)
    network.parameters.snapshot = network.parameters.snapshot.map { $0 * 1.25 }
    try network.save(to: folder.path + "/saved")
    let copy = TransformerNetwork(try ModelDirectory(path: folder.path + "/saved"))
    #expect(copy.parameters.snapshot == network.parameters.snapshot)
    #expect(TransformerNetwork(directory).parameters.snapshot != network.parameters.snapshot)
  }

  @Test func layersThatDoNotLearnGetNoGradient() throws {
    let network = TransformerNetwork(try ModelDirectory(path: TinyModels.path("tiny-bert")), trained: .lastLayers(1))
    let tape = Tape()
    try tape.differentiate(network.vectors(of: PackedTokens([[2, 7, 9, 3]]), on: tape).sum())
    for parameter in network.parameters.all {
      #expect(network.parameters.gradient(of: parameter).contains { $0 != 0 } == parameter.isTrained, "\(parameter.name)")
    }
  }
}
