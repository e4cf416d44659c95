import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import NeedletailText
import NeedletailTraining
import Testing

/// Networks that learn weights of terms: against PyTorch, and the way from recipe to a model of sparse vectors.
@Suite struct SparseNetworkTests {
  private func path(_ name: String) -> String {
    URL(fileURLWithPath: TinyModels.path("")).deletingLastPathComponent().path + "/sparse/" + name
  }

  @Test(arguments: ["bert", "distilbert", "roberta"]) func weightsAndGradientsAgreeWithPyTorch(name: String) throws {
    let expected = try ReferenceGradients(named: "sparse-" + name)
    let network = TransformerNetwork(try ModelDirectory(sparse: path(name)), reading: .terms)
    let tape = Tape()
    let weights = try network.vectors(of: PackedTokens(expected.sequences), on: tape)
    #expect(weights.values.count == expected.firstStates.reduce(0) { $0 + $1.count })
    for (found, wanted) in zip(weights.values, expected.firstStates.flatMap(\.self)) { #expect(abs(found - wanted) < 1e-4) }
    try tape.differentiate(weights, gradient: ReferenceGradients.direction(rows: expected.sequences.count, columns: network.dimension))
    try expected.expectAgreement(of: network.gradientsByTensorName)
  }

  /// Trains as a recipe says, and gives the losses of the first and the last steps with the model.
  private func train(_ fields: String..., from model: String, in folder: TemporaryFolder, output: String) throws -> (losses: [Double], model: String) {
    let examples = TrainingExamples.tiny
    let lines = examples.examples.map { "\(examples.queries[$0.query])\t\(examples.passages[$0.positives[0]])\n" }.joined()
    try lines.write(toFile: folder.path + "/pairs.tsv", atomically: true, encoding: .utf8)
    let common = [
      "model: '\(model)'", "output: '\(output)'", "data: [{ format: 'pairs', path: 'pairs.tsv' }]", "batch: { size: 4 }", "steps: 60",
      "optimizer: { rate: 0.003 }",
    ]
    let path = folder.path + "/\(output).json5"
    try "{ \((common + fields).joined(separator: ", ")) }".write(toFile: path, atomically: true, encoding: .utf8)
    let recipe = try TrainingRecipe(path: path)
    var losses: [Double] = []
    let run = try TrainingRun(recipe, recipePath: path, model: ModelDirectory(sparse: model))
    let outcome = try run.run(report: { event in
      if case .step(_, _, let loss, _) = event { losses.append(loss) }
    })
    return (losses, outcome.model)
  }

  private func tokens(_ texts: [String], _ embedder: SparseEmbedder) -> [[Int32]] {
    texts.map { embedder.tokenizer.encode($0, maximumTokens: embedder.profile.maximumTokens).ids }
  }

  @Test(arguments: ["bert", "distilbert", "roberta", "tiny-bert"]) func whatIsSavedWeighsAsTheTrainedNetwork(name: String) throws {
    let folder = try TemporaryFolder()
    // the last one embeds, and has no head at first
    let model = name.hasPrefix("tiny") ? TinyModels.path(name) : path(name)
    let (losses, saved) = try train("head: 'sparse'", from: model, in: folder, output: "run")
    let (first, last): (Double, Double) = (losses.prefix(4).reduce(0, +), losses.suffix(4).reduce(0, +))
    #expect(last < 0.5 * first, "\(losses)")
    #expect(try ModelKind(ofDirectory: saved) == .sparse)
    let embedder = try SparseEmbedder(path: saved)
    let texts = TrainingExamples.tiny.passages
    let network = TransformerNetwork(try ModelDirectory(sparse: saved), reading: .terms)
    let expected = try network.sparseVectors(ofTexts: tokens(texts, embedder), on: Tape())
    let found = try embedder.encodeNow(texts, as: .document)
    for row in texts.indices {
      let wanted = Dictionary(uniqueKeysWithValues: zip(expected[row].terms, expected[row].weights))
      let weights = Dictionary(uniqueKeysWithValues: zip(found[row].terms, found[row].weights))
      for term in Set(wanted.keys).union(weights.keys) { #expect(abs((wanted[term] ?? 0) - (weights[term] ?? 0)) < 1e-4) }
    }
  }

  @Test func aPriceLeavesFewerTerms() throws {
    let folder = try TemporaryFolder()
    func operations(_ price: Double, _ output: String) throws -> Double {
      let flops = "objective: { flops: { query: \(price), document: \(price), warmup: 0.2 } }"
      let embedder = try SparseEmbedder(path: train("head: 'sparse'", flops, from: path("bert"), in: folder, output: output).model)
      let vectors = try embedder.encodeNow(TrainingExamples.tiny.passages, as: .document)
      return (0..<vectors.count).reduce(0) { $0 + Double(vectors[$1].terms.count) } / Double(vectors.count)
    }
    let (free, dear) = (try operations(0, "free"), try operations(0.05, "dear"))
    #expect(dear < 0.8 * free, "\(free) terms a text without a price, \(dear) with one")
  }

  @Test(arguments: [
    ("head: 'dense'", "sparse"), ("objective: { flops: { query: 1, document: 1 } }", "objective.flops"),
    ("head: 'sparse', objective: { flops: { query: 1 } }", "objective.flops.document"),
    ("head: 'sparse', objective: { flops: { query: 1, document: -1 } }", "objective.flops.document"),
    ("head: 'sparse', objective: { flops: { query: 1, document: 1, warm: 2 } }", "objective.flops.warm"),
    ("head: 'sparse', objective: { dimensions: [8] }", "objective.dimensions"), ("head: 'sparse', mining: {}", "mining"),
    ("head: 'sparse', memory: {}", "memory"),
    ("head: 'sparse', objective: { kind: 'masked' }", "objective.kind"),
  ]) func mistakesAreNamed(fields: String, named: String) throws {
    let folder = try TemporaryFolder()
    #expect { try train(fields, from: path("bert"), in: folder, output: "wrong") } throws: { "\($0)".contains(named) }
  }
}
