import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import NeedletailText
import NeedletailTraining
import Testing

@Suite struct TransformerNetworkTests {
  @Test(arguments: ["tiny-bert", "tiny-distilbert", "tiny-roberta"]) func wholeNetworksAgreeWithPyTorch(name: String) throws {
    let directory = try ModelDirectory(path: TinyModels.path(name))
    let network = TransformerNetwork(directory)
    let expected = try ReferenceGradients(named: name)
    let tape = Tape()
    let states = try network.states(of: PackedTokens(expected.sequences), on: tape)
    let width = directory.configuration.hiddenSize
    let values = states.values
    var row = 0
    for (sequence, first) in zip(expected.sequences, expected.firstStates) {
      for (found, wanted) in zip(values[row * width..<(row + 1) * width], first) { #expect(abs(found - wanted) < 1e-4) }
      row += sequence.count
    }
    try tape.differentiate(states, gradient: ReferenceGradients.direction(rows: row, columns: width))
    try expected.expectAgreement(of: network.gradientsByTensorName)
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
