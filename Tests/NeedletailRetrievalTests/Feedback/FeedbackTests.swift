import NeedletailCore
import NeedletailRetrieval
import Testing

@Suite struct VectorFeedbackTests {
  private static let query: [Float] = [1, 0]
  private static let answers = DenseVectors(dimension: 2, values: [0, 1, 1, 1])

  @Test func averagesTheQuestionWithTheAnswers() {
    let moved = VectorFeedback(method: .average, documents: 2).moved(Self.query, towards: Self.answers)
    #expect(zip(moved, [2.0 / 3, 2.0 / 3]).allSatisfy { abs(Double($0) - $1) < 1e-6 })
  }

  @Test func rocchioWeighsQuestionAndAnswers() {
    let moved = VectorFeedback(method: .rocchio, documents: 2).moved(Self.query, towards: Self.answers)
    #expect(zip(moved, [0.7, 0.6]).allSatisfy { abs(Double($0) - $1) < 1e-6 })
  }

  @Test func rocchioWithTheSharesOfTheMeanIsTheMean() {
    let average = VectorFeedback(method: .average, documents: 2).moved(Self.query, towards: Self.answers)
    let rocchio = VectorFeedback(method: .rocchio, documents: 2, alpha: 1.0 / 3, beta: 2.0 / 3).moved(Self.query, towards: Self.answers)
    #expect(average == rocchio)
  }

  @Test func badAnswersPushAway() {
    let feedback = VectorFeedback(method: .rocchio, alpha: 1, beta: 0.5, gamma: 0.25, lastDocuments: 1)
    let moved = feedback.moved(Self.query, towards: Self.answers, awayFrom: DenseVectors(dimension: 2, values: [0, 2]))
    #expect(moved == [1.25, 0])
  }

  @Test func withoutAnswersTheQuestionStays() {
    let nothing = DenseVectors(dimension: 2, values: [])
    #expect(VectorFeedback(method: .rocchio).moved(Self.query, towards: nothing) == Self.query)
  }
}

@Suite struct TermFeedbackTests {
  private static let answers = [
    TermFeedback.Answer(frequencies: ["tide": 3, "moon": 1, "the": 9], score: 4),
    TermFeedback.Answer(frequencies: ["tide": 1, "sea": 2, "x": 5], score: 2),
    TermFeedback.Answer(frequencies: ["moon": 2, "sea": 1, "antidisestablishmentarianism": 7], score: 1),
  ]
  private static func mayAdd(_ term: String) -> Bool { term != "the" }

  /// By hand: "the" is too common, "x" too short, the long word too long. The answers give tide 3/4·4 + 1/3·2, moon 1/4·4 + 2/3·1,
  /// sea 2/3·2 + 1/3·1; the sum is 7.
  @Test func mixesTheQuestionWithTheRelevanceModel() {
    let boosts = TermFeedback().expanded(["moon": 1, "tide": 1], by: Self.answers, mayAdd: Self.mayAdd)
    let expected = ["tide": 0.25 + 0.5 * (11.0 / 3) / 7, "moon": 0.25 + 0.5 * (5.0 / 3) / 7, "sea": 0.5 * (5.0 / 3) / 7]
    #expect(boosts.keys.sorted() == expected.keys.sorted())
    for (term, weight) in expected { #expect(abs((boosts[term] ?? 0) - weight) < 1e-12, "\(term)") }
    #expect(abs(boosts.values.reduce(0, +) - 1) < 1e-12)
  }

  /// Each answer keeps its heaviest term before it is scaled, so the second counts with all of its score for "sea".
  @Test func cutsAnswersBeforeScalingThem() {
    let boosts = TermFeedback(terms: 1, originalWeight: 0).expanded(["moon": 1], by: Array(Self.answers.prefix(2)), mayAdd: Self.mayAdd)
    #expect(boosts == ["tide": 1])
    let second = TermFeedback(terms: 1, originalWeight: 0).expanded(["moon": 1], by: [Self.answers[1]], mayAdd: Self.mayAdd)
    #expect(second == ["sea": 1])
  }

  @Test func rocchioAddsUnitVectors() {
    let answer = TermFeedback.Answer(frequencies: ["tide": 3, "sea": 4], score: 9)
    let boosts = TermFeedback(method: .rocchio).expanded(["moon": 1], by: [answer], mayAdd: Self.mayAdd)
    let expected = ["moon": 1, "tide": 0.75 * 0.6, "sea": 0.75 * 0.8]
    for (term, weight) in expected { #expect(abs((boosts[term] ?? 0) - weight) < 1e-12, "\(term)") }
  }

  @Test func nothingToAddLeavesTheQuestion() {
    #expect(TermFeedback().expanded(["moon": 2], by: Self.answers) { _ in false } == ["moon": 2])
    #expect(TermFeedback().expanded(["moon": 2], by: []) { _ in true } == ["moon": 2])
  }
}
