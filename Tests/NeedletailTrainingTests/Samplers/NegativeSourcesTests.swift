import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import NeedletailTraining
import Testing

/// Where negatives come from, and which of them stay.
@Suite struct NegativeSourcesTests {
  private let words = ["needle", "hay", "fox", "dog", "river", "stone", "cloud", "lamp", "paper", "glass"]

  private func examples() -> TrainingExamples {
    var generator = SeededGenerator(seed: 5)
    var examples = TrainingExamples()
    for number in 0..<60 {
      _ = examples.passage((0..<6).map { _ in words[generator.index(below: words.count)] }.joined(separator: " ") + " number\(number)")
    }
    for query in 0..<12 {
      let place = examples.query("\(words[query % words.count]) \(words[(query + 3) % words.count]) \(query)")
      examples.append(.init(query: place, positives: [query * 5]))
    }
    return examples
  }

  @Test func wordsFindNegativesOfWhichNoneIsAnAnswer() throws {
    var examples = examples()
    let search = try WordSearch(examples.passages)
    try examples.addNegatives(by: search, count: 4)
    for example in examples.examples {
      #expect(example.negatives.count == 4 && Set(example.negatives).count == 4)
      #expect(!example.negatives.contains { examples.relevant[example.query]?.contains($0) ?? false })
      let asked = Set(examples.queries[example.query].split(separator: " "))
      let shared = example.negatives.map { place in examples.passages[place].split(separator: " ").count { asked.contains($0) } }
      #expect(shared.allSatisfy { $0 > 0 })
      // nothing that was left out has more words in common than what was taken has at most
      let best = try search.scores(of: Array(examples.passages.indices), for: examples.queries[example.query])
      let least = example.negatives.map { best[$0] }.min() ?? 0
      let others = examples.passages.indices.filter { !example.negatives.contains($0) && !example.positives.contains($0) }
      #expect(others.allSatisfy { best[$0] <= least + 1e-6 })
    }
  }

  @Test func wordsTeachWhatTheyScore() throws {
    var examples = examples()
    let search = try WordSearch(examples.passages)
    try examples.addNegatives(by: search, count: 3)
    try examples.addTeacher(search)
    for example in examples.examples {
      let places = example.positives + example.negatives
      #expect(example.teacherScores == (try search.scores(of: places, for: examples.queries[example.query])))
      #expect(example.teacherScores.count == 4 && example.teacherScores.dropFirst().allSatisfy { $0 > 0 })
    }
  }

  @Test func plantedAnswersAreLeftOut() {
    var examples = examples()
    var (planted, kept) = (0, 0)
    for place in examples.examples.indices {
      // of five negatives two answer the query, and say so to whoever reads
      let answers = (0..<2).map { examples.passage("answer \($0) of \(place)") }
      let others = (0..<3).map { examples.passage("nothing \($0) of \(place)") }
      examples.examples[place].negatives = [others[0], answers[0], others[1], answers[1], others[2]]
      planted += 2
      kept += 3
    }
    var asked = 0
    let (reviewed, leftOut) = NegativeReview(highest: 0.1).reviewed(examples) { passages, _ in
      asked += 1
      return passages.map { $0.hasPrefix("answer") ? 0.95 : 0.1 }
    }
    #expect(leftOut == planted && asked == 12)
    #expect(reviewed.examples.reduce(0) { $0 + $1.negatives.count } == kept)
    #expect(reviewed.examples.allSatisfy { $0.negatives.allSatisfy { reviewed.passages[$0].hasPrefix("nothing") } })
  }

  @Test func whatATeacherScoredIsNotReviewed() {
    var examples = examples()
    examples.examples[0].negatives = [1, 2]
    examples.examples[0].teacherScores = [3, 2, 1]
    let (reviewed, leftOut) = NegativeReview(highest: 0.1).reviewed(examples) { passages, _ in passages.map { _ in 1 } }
    #expect(leftOut == 0 && reviewed.examples[0].negatives == [1, 2])
  }

  /// Passages on a circle: the score of each is the cosine of its angle, and the answer scores 0.6.
  @Test func ambiguousNegativesScoreAboutAsTheAnswer() throws {
    var examples = TrainingExamples()
    let query = examples.query("query")
    var values: [Float] = []
    for passage in 0..<400 {
      _ = examples.passage("passage \(passage)")
      let score = Float(passage) / 400
      values += [score, (1 - score * score).squareRoot()]
    }
    let answer = examples.passage("answer")
    values += [0.6, 0.8]
    examples.append(.init(query: query, positives: [answer]))
    func scores(_ ambiguity: NegativeMining.Ambiguity?) throws -> [Double] {
      let mining = NegativeMining(count: 40, depth: 400, answerShare: nil, ambiguity: ambiguity)
      let found = try mining.negatives(
        of: examples, queries: DenseVectors(dimension: 2, values: [1, 0]), passages: DenseVectors(dimension: 2, values: values), similarity: .dot)
      #expect(found[0].count == 40 && Set(found[0]).count == 40 && !found[0].contains(answer))
      return found[0].map { Double($0) / 400 }
    }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    let near = try scores(.init(sharpness: 100))
    #expect(abs(mean(near) - 0.6) < 0.05 && near.count { abs($0 - 0.6) < 0.2 } >= 38)
    #expect(try abs(mean(scores(.init(sharpness: 100, offset: -0.3))) - 0.3) < 0.05)
    // without sharpness all are alike, and without ambiguity the nearest are taken
    #expect(try abs(mean(scores(.init(sharpness: 0))) - 0.5) < 0.12)
    #expect(try mean(scores(nil)) > 0.94)
    #expect(try scores(.init(sharpness: 100)) == near && scores(.init(sharpness: 100, seed: 2)) != near)
  }

  @Test func misspeltCopiesMeanTheSame() {
    var examples = examples()
    let count = examples.examples.count
    let added = examples.addMisspelt(share: 1, seed: 3)
    #expect(added == count && examples.examples.count == 2 * count)
    for place in 0..<count {
      let (own, copy) = (examples.examples[place], examples.examples[count + place])
      #expect(examples.queries[own.query] != examples.queries[copy.query] && own.positives == copy.positives)
      #expect(examples.relevant[copy.query] == examples.relevant[own.query])
      #expect(abs(examples.queries[own.query].count - examples.queries[copy.query].count) <= 1)
    }
    var some = self.examples()
    let few = some.addMisspelt(share: 0.5, seed: 3)
    #expect((2...10).contains(few))
  }
}
