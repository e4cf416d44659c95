import Foundation
import NeedletailEvaluation
import Testing

@Suite struct MeasureTests {
  private func run(_ answers: [String: [String: Double]]) throws(EvaluationError) -> Run {
    var run = Run()
    for (query, scores) in answers {
      try run.record(scores.map { Run.Entry(document: $0.key, score: $0.value) }, for: query)
    }
    return run
  }

  /// Golden: pytrec_eval, and ir_measures for what it lacks, on runs with ties, unanswered queries, negative grades and identifiers beyond ASCII.
  @Test func equalsTrecEval() throws {
    for reference in try Reference.read().cases {
      let names = try #require(reference.expected.values.first).keys.sorted()
      let measures = try names.map { try Measure.parse($0) }
      let evaluation = Evaluation(of: try run(reference.run), judgements: reference.judgements, measures: measures)
      #expect(evaluation.queries == reference.expected.keys.sorted())
      for (name, measure) in zip(names, measures) {
        let values = try #require(evaluation.values(of: measure))
        for (query, value) in values {
          let expected = try #require(reference.expected[query]?[name])
          #expect(abs(value - expected) <= 1e-9, "\(name) of \(query): \(value), \(expected)")
        }
        let mean = reference.expected.values.reduce(0) { $0 + ($1[name] ?? .nan) } / Double(reference.expected.count)
        #expect(abs(try #require(evaluation.mean(of: measure)) - mean) <= 1e-9)
      }
    }
  }

  @Test func filesDoNotChangeTheNumbers() throws {
    let folder = try TemporaryFolder()
    let reference = try #require(try Reference.read().cases.last)
    let run = try run(reference.run)
    let path = folder.path + "/run.txt"
    try run.write(to: path)
    let again = try Run(trecFile: path)
    #expect(again.entries.filter { !$0.value.isEmpty } == run.entries.filter { !$0.value.isEmpty })
    #expect(again.name == "needletail")
  }

  @Test(arguments: ["nDCG@10", "nDCG", "AP", "AP@1000", "RR", "RR@10", "R@100", "P@5", "Success@1", "Rprec", "F1", "F1@10", "R_cap@10", "Judged@10", "RBP(p=0.8)", "RBP(p=0.95)"])
  func namesReadBack(name: String) throws {
    #expect(try Measure.parse(name).description == name)
  }

  @Test func understandsOtherSpellings() throws {
    #expect(try Measure.parse("MAP") == .averagePrecision(cutoff: nil))
    #expect(try Measure.parse("mrr@10") == .reciprocalRank(cutoff: 10))
    #expect(try Measure.parse("Recall@100") == .recall(cutoff: 100))
    #expect(try Measure.parse("ndcg@10") == .nDCG(cutoff: 10))
    #expect(try Measure.parse("rbp") == .rankBiasedPrecision(persistence: 0.8))
  }

  @Test(arguments: ["", "@", "nDCG@", "nDCG@0", "nDCG@-1", "nDCG@x", "R", "P", "Success", "F2", "Judged", "Rprec@5", "RBP@10", "RBP(p=1)", "RBP(p=0)", "RBP(p=x)", "nDCG@10@20", "nDCG@99999999999999999999"])
  func refusesUnknownMeasures(name: String) {
    #expect(throws: EvaluationError.unknownMeasure(name: name)) { try Measure.parse(name) }
  }

  @Test func judgedQueriesWithoutAnswerCountAsZero() throws {
    let evaluation = Evaluation(
      of: try run(["a": ["x": 1], "unjudged": ["x": 1]]), judgements: ["a": ["x": 1], "b": ["y": 1]],
      measures: [.nDCG(cutoff: 10)])
    #expect(evaluation.values(of: .nDCG(cutoff: 10)) == ["a": 1, "b": 0])
    #expect(evaluation.mean(of: .nDCG(cutoff: 10)) == 0.5)
    #expect(evaluation.mean(of: .precision(cutoff: 1)) == nil)
  }

  /// The acceptance values of LMEB's capped recall.
  @Test func cappedRecallAsksForNoMoreThanFits() throws {
    let three = Evaluation(
      of: try run(["q": ["a": 3, "x": 2]]), judgements: ["q": ["a": 1, "b": 1, "c": 1]], measures: [.cappedRecall(cutoff: 1), .recall(cutoff: 1)])
    #expect(three.values["q"] == [1, 1 / 3.0])
    let many = Dictionary(uniqueKeysWithValues: (0..<20).map { ("d\($0)", 1) })
    let scores = Dictionary(uniqueKeysWithValues: (0..<5).map { ("d\($0)", 1.0) } + (0..<5).map { ("x\($0)", 1.0) })
    let half = Evaluation(of: try run(["q": scores]), judgements: ["q": many], measures: [.cappedRecall(cutoff: 10)])
    #expect(half.values["q"] == [0.5])
  }

  @Test func judgedCountsEvenWhereNothingIsRelevant() throws {
    let evaluation = Evaluation(
      of: try run(["q": ["a": 3, "x": 2, "b": 1]]), judgements: ["q": ["a": 0, "b": 0]], measures: [.judged(cutoff: 2), .judged(cutoff: 10)])
    #expect(evaluation.values["q"] == [0.5, 2 / 3.0])
  }

  @Test func writesValuesPerQueryAndMeans() throws {
    let folder = try TemporaryFolder()
    let evaluation = Evaluation(
      of: try run(["a": ["x": 1]]), judgements: ["a": ["x": 1], "b": ["y": 1]], measures: [.precision(cutoff: 2), .reciprocalRank(cutoff: nil)])
    try evaluation.write(to: folder.path + "/values.tsv")
    let text = try String(contentsOfFile: folder.path + "/values.tsv", encoding: .utf8)
    #expect(text == "P@2\ta\t0.5\nRR\ta\t1.0\nP@2\tb\t0.0\nRR\tb\t0.0\nP@2\tall\t0.25\nRR\tall\t0.5\n")
    #expect(throws: EvaluationError.self) { try evaluation.write(to: folder.path + "/absent/values.tsv") }
  }
}
