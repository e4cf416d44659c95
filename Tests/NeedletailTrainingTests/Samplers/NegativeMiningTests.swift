import NeedletailCore
import NeedletailNumerics
import NeedletailTraining
import Testing

@Suite struct NegativeMiningTests {
  private func samples(_ seed: UInt64) -> (TrainingExamples, DenseVectors, DenseVectors) {
    var generator = SeededGenerator(seed: seed)
    var examples = TrainingExamples()
    for passage in 0..<120 { _ = examples.passage("passage \(passage)") }
    for query in 0..<15 {
      let number = examples.query("query \(query)")
      examples.append(.init(query: number, positives: (0..<3).map { _ in Int.random(in: 0..<120, using: &generator) }))
    }
    func vectors(_ count: Int) -> DenseVectors {
      DenseVectors(dimension: 6, values: (0..<count * 6).map { _ in Float.random(in: -1...1, using: &generator) })
    }
    return (examples, vectors(15), vectors(120))
  }

  @Test(arguments: [Similarity.cosine, .dot], [nil, 0.95, 0.5] as [Double?])
  func findsWhatAPlainSearchFinds(similarity: Similarity, share: Double?) throws {
    let (examples, queries, passages) = samples(2)
    let mining = NegativeMining(count: 5, depth: 20, skipped: 2, answerShare: share)
    let found = try mining.negatives(of: examples, queries: queries, passages: passages, similarity: similarity)
    #expect(found.count == 15)
    func length(_ v: ArraySlice<Float>) -> Double { v.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
    for query in 0..<15 {
      let scores = (0..<120).map { passage in
        let product = zip(queries[query], passages[passage]).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        return similarity == .dot ? product : product / length(queries[query]) / length(passages[passage])
      }
      let known = examples.relevant[query] ?? []
      let best = known.map { scores[$0] }.max() ?? 0
      let limit = share.map { best >= 0 ? best * $0 : best / $0 } ?? .infinity
      let order = (0..<120).filter { !known.contains($0) }.sorted { scores[$0] > scores[$1] }.dropFirst(2).prefix(20)
      let wanted = order.filter { scores[$0] <= limit }.prefix(5)
      #expect(found[query] == Array(wanted))
    }
  }

  @Test func batchesTakeWhatWasMined() {
    var examples = TrainingExamples()
    let places = (0..<6).map { examples.passage("p\($0)") }
    let (q, r) = (examples.query("q"), examples.query("r"))
    examples.append(.init(query: q, positives: [places[0]], negatives: [places[1]]))
    examples.append(.init(query: r, positives: [places[2], places[3]], teacherScores: [2, 1]))
    var generator = SeededGenerator(seed: 1)
    let batch = ExampleBatch(
      [0, 1], of: examples, positiveCount: 1, negativeCount: 4, minedNegatives: [[places[4], places[1]], [places[5]]], using: &generator)
    #expect(batch.negatives[0].map { batch.passages[$0] } == [places[1], places[4]])
    // a teacher has not scored what was mined
    #expect(batch.negatives[1].isEmpty)
  }
}
