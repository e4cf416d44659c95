import Foundation
import NeedletailCore
import NeedletailEvaluation
import Testing

@Suite struct QueryVariationTests {
  private static let stopWords: Set<String> = ["the", "of", "a", "in", "is", "for"]
  private static let texts = [
    "the measurement of dielectric constants, in liquids", "Is aspirin  good for a headache?", "tide", "a of the", "", "ab cd", "naïve 文字 über-Größe",
  ]

  /// The least number of edits, a swap of neighbours counting as one.
  private func distance(_ left: String, _ right: String) -> Int {
    let (a, b) = (Array(left), Array(right))
    var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
    for i in 0...a.count { rows[i][0] = i }
    for j in 0...b.count { rows[0][j] = j }
    for i in stride(from: 1, through: a.count, by: 1) {
      for j in stride(from: 1, through: b.count, by: 1) {
        rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1) }
      }
    }
    return rows[a.count][b.count]
  }

  private func words(_ text: String) -> [String] { text.split(whereSeparator: \.isWhitespace).map(String.init) }

  @Test(arguments: QueryVariation.variations(of: .misspelling))
  func aMisspellingIsOneEditInAWordThatMeansSomething(_ variation: QueryVariation) {
    for text in Self.texts {
      for seed in 0..<40 as Range<UInt64> {
        let varied = variation.vary(text, seed: seed, stopWords: Self.stopWords)
        #expect(distance(text, varied) <= 1, "\(text) → \(varied)")
        guard varied != text, let changed = zip(words(text), words(varied)).first(where: { $0 != $1 })?.0 else { continue }
        #expect(!Self.stopWords.contains(changed.lowercased()) && changed.count >= 3, "\(text) → \(varied)")
      }
    }
    let changed = (0..<40 as Range<UInt64>).count { variation.vary(Self.texts[0], seed: $0, stopWords: Self.stopWords) != Self.texts[0] }
    #expect(changed == 40, "a long question can always be misspelt")
  }

  @Test func swappedWordsAreTheSameWordsWithTheEndsInPlace() {
    for seed in 0..<40 as Range<UInt64> {
      let (before, after) = (words(Self.texts[0]), words(QueryVariation.wordSwap.vary(Self.texts[0], seed: seed, stopWords: [])))
      #expect(before.sorted() == after.sorted() && before != after)
      #expect(before.first == after.first && before.last == after.last)
    }
    #expect(QueryVariation.wordSwap.vary("one two three", seed: 1, stopWords: []) == "one two three", "there is one inner word")
  }

  @Test func droppingLeavesWordsOfTheQuestionInTheirOrder() {
    for variation in [QueryVariation.droppedWords, .keywords, .fewKeywords] {
      for text in Self.texts {
        for seed in 0..<20 as Range<UInt64> {
          let kept = words(variation.vary(text, seed: seed, stopWords: Self.stopWords))
          var rest = words(text)[...]
          for word in kept {
            guard let place = rest.firstIndex(of: word) else {
              Issue.record("\(word) is not in order in \(text)")
              break
            }
            rest = rest[(place + 1)...]
          }
          #expect(kept.isEmpty == words(text).isEmpty)
        }
      }
    }
    #expect(QueryVariation.keywords.vary(Self.texts[0], seed: 1, stopWords: Self.stopWords) == "measurement dielectric constants, liquids")
  }

  @Test func takesASynonymFromTheTable() {
    let varied = QueryVariation.synonym.vary("good Aspirin", seed: 3, stopWords: [], synonyms: ["aspirin": ["acetylsalicylate"]])
    #expect(varied == "good acetylsalicylate")
    #expect(QueryVariation.synonym.vary("good", seed: 3, stopWords: []) == "good")
  }

  @Test func rewordingKeepsWhatIsAskedAbout() {
    let questions = [
      ("What is the capital of France?", "capital of France"), ("how many legs has a spider", "legs has a spider"), ("sort a list in place", "sort a list in place"),
      ("Why is the sky blue?", "is the sky blue"), ("", ""), ("What", "What"), ("is", "is"),
    ]
    for (question, kept) in questions {
      let forms = Set((0..<30 as Range<UInt64>).map { QueryVariation.rewording.vary(question, seed: $0, stopWords: []) })
      #expect(kept.isEmpty || forms.allSatisfy { $0.contains(kept) }, "\(forms)")
      #expect(question.isEmpty ? forms == [""] : forms.count >= 3 && !forms.contains(question), "\(forms)")
    }
  }

  @Test func everydaySynonymsGoBothWays() {
    #expect(SynonymTable.everyday.count > 200)
    for (word, others) in SynonymTable.everyday {
      #expect(!others.isEmpty && !others.contains(word) && Set(others).count == others.count, "\(word)")
      for other in others { #expect(SynonymTable.everyday[other]?.contains(word) == true, "\(word), \(other)") }
    }
  }

  @Test(arguments: QueryVariation.Family.allCases)
  func theSeedDecidesAndUnchangedQuestionsAreCounted(_ family: QueryVariation.Family) {
    let queries = Self.texts.enumerated().map { RetrievalTask.Question(id: "\($0)", text: $1) }
    let first = VariedQueries(queries, family: family, seed: 7, stopWords: Self.stopWords)
    #expect(VariedQueries(queries, family: family, seed: 7, stopWords: Self.stopWords).texts == first.texts)
    #expect(first.unchangedCount == queries.count { first.texts[$0.id] == $0.text })
    if family != .synonym { #expect(VariedQueries(queries, family: family, seed: 8, stopWords: Self.stopWords).texts != first.texts) }
  }

  @Test func readsSynonymsAndWordNet() throws {
    let folder = try TemporaryFolder()
    #expect(try SynonymTable.read(folder.file("words.txt", "# remark\nbig, large\tGreat\n")) == ["big": ["large", "great"], "large": ["big", "great"], "great": ["big", "large"]])
    _ = try folder.file("data.noun", "  1 licence text\n00001740 03 n 02 car 0 motor_car 0 000 | gloss\n00001741 03 n 03 cat 0 Feline 0 true_cat 0 000 | gloss\n")
    #expect(try SynonymTable.readWordNet(folder: folder.path) == ["cat": ["feline"], "feline": ["cat"]])
    _ = try folder.file("data.verb", "00001740 03 v zz run 0\n")
    #expect(throws: EvaluationError.self) { try SynonymTable.readWordNet(folder: folder.path) }
    #expect(throws: EvaluationError.self) { try SynonymTable.readWordNet(folder: folder.path + "/absent") }
  }
}

@Suite struct RobustnessStudyTests {
  private let task = RetrievalTask(
    name: "sea", corpus: [.init(id: "a", text: "t"), .init(id: "b", text: "t")],
    queries: (0..<20).map { .init(id: "q\($0)", text: "how do tides work today number\($0)") },
    judgements: Dictionary(uniqueKeysWithValues: (0..<20).map { ("q\($0)", ["a": 1]) }))

  /// A system that finds the document only for questions as they were, and one that always does.
  private func answers(_ asked: RetrievalTask) throws -> [String: Run] {
    var (brittle, sturdy) = (Run(name: "brittle"), Run(name: "sturdy"))
    for (before, now) in zip(task.queries, asked.queries) {
      try sturdy.record([.init(document: "a", score: 1)], for: now.id)
      try brittle.record([.init(document: before.text == now.text ? "a" : "b", score: 1)], for: now.id)
    }
    return ["brittle": brittle, "sturdy": sturdy]
  }

  private func study() async throws -> RobustnessStudy {
    var study = RobustnessStudy(of: ["brittle", "sturdy"])
    try await study.add(task, cell: "science", families: [.misspelling, .ordering], seeds: [1, 2], stopWords: []) { try answers($0) }
    return study
  }

  @Test func measuresWhatVariationsCost() async throws {
    let study = try await study()
    #expect(study.dropRate(of: "sturdy", under: .misspelling) == 0)
    #expect(study.dropRate(of: "brittle", under: .misspelling) == 1)
    #expect(study.dropRate(of: "brittle", under: .synonym) == nil)
    #expect(study.drops.allSatisfy { $0.unchanged == 0 && $0.questions == 40 && $0.deviation == 0 })
    let means = try study.marginalMeans()
    #expect(means.means == [1, 1] && means.microMeans == [1, 1])
  }

  @Test func countsPlantedPassagesAtGrowingDepths() async throws {
    var study = try await study()
    var run = Run()
    for number in 0..<20 {
      let documents = (0..<60).map { "d\($0)" }
      var ranked = documents
      if number < 10 { ranked.insert("evil", at: number * 3) }
      try run.record(ranked.enumerated().map { .init(document: $1, score: -Double($0)) }, for: "q\(number)")
    }
    study.addAttack(on: task, planted: ["evil"], runs: ["sturdy": run])
    #expect(study.attacks.count == 1)
    #expect(study.attacks[0].passages == 1 && study.attacks[0].shares == [5: 0.1, 10: 0.2, 20: 0.35, 50: 0.5])
  }

  @Test func thePageHoldsDropsAndMeans() async throws {
    var study = try await study()
    study.geometry = [.init(system: "sturdy", averageCosine: 0.25, isoScore: 0.5)]
    let page = try study.page()
    for text in ["-100.0 %", "marginal mean", "0.2500", "<svg", "science"] { #expect(page.contains(text), "the page lacks \(text)") }
  }

  @Test func aDifferenceOfRatesHasAnIntervalOverQuestions() async throws {
    let study = try await study()
    let difference = try #require(study.difference(of: .init("brittle", .misspelling), minus: .init("sturdy", .misspelling)))
    #expect(difference.mean == 1 && difference.interval == ConfidenceInterval(low: 1, high: 1))
    let none = try #require(study.difference(of: .init("brittle", .misspelling), minus: .init("brittle", .ordering)))
    #expect(none.mean == 0 && none.interval == ConfidenceInterval(low: 0, high: 0))
    #expect(study.difference(of: .init("brittle", .synonym), minus: .init("sturdy", .synonym)) == nil)
  }

  /// A system whose answer to half of the questions is lost: the rate is one half, and other questions would give others.
  @Test func theIntervalOfADifferenceHoldsIt() async throws {
    var study = RobustnessStudy(of: ["half", "sturdy"])
    try await study.add(task, cell: "science", families: [.misspelling], seeds: [1], stopWords: []) { asked in
      var runs = ["half": Run(name: "half"), "sturdy": Run(name: "sturdy")]
      for (number, (before, now)) in zip(task.queries, asked.queries).enumerated() {
        let isLost = before.text != now.text && number.isMultiple(of: 2)
        try runs["half"]?.record([.init(document: isLost ? "b" : "a", score: 1)], for: now.id)
        try runs["sturdy"]?.record([.init(document: "a", score: 1)], for: now.id)
      }
      return runs
    }
    let difference = try #require(study.difference(of: .init("half", .misspelling), minus: .init("sturdy", .misspelling), seed: 3))
    #expect(abs(difference.mean - 0.5) < 1e-12)
    // of 20 questions: half a standard deviation of sqrt(0.25 / 20) to either side, doubled
    #expect(abs(difference.interval.low - 0.28) < 0.06 && abs(difference.interval.high - 0.72) < 0.06)
  }

  @Test func plantedPassagesImitateTheQuestionsOfTheirCluster() {
    let questions = (0..<40).map { "topic\($0 % 4) question number\($0)" }
    let vectors = DenseVectors(dimension: 4, values: (0..<40).flatMap { number in (0..<4).map { $0 == number % 4 ? 1 : 0.01 * Float(number) } })
    let planted = PlantedPassages.imitating(questions, vectors: vectors, count: 4, questionsEach: 3, seed: 2)
    #expect(planted.count == 4 && Set(planted.map(\.id)).count == 4)
    for passage in planted {
      let topics = Set(passage.text.split(separator: " ").filter { $0.hasPrefix("topic") })
      #expect(topics.count == 1 && passage.text.split(separator: " ").count == 9)
    }
    let random = PlantedPassages.randomWords(like: planted, from: questions, seed: 2)
    #expect(random.map { $0.text.split(separator: " ").count } == [9, 9, 9, 9] && Set(random.map(\.id)).isDisjoint(with: planted.map(\.id)))
    // of a vocabulary every word is drawn alike, however often it stands there
    let texts = [String](repeating: "often", count: 500) + ["rare seldom"]
    let drawn = PlantedPassages.randomWords(like: [Document(id: "x", text: String(repeating: "w ", count: 300))], from: texts, vocabulary: true, seed: 2)
    let counts = drawn[0].text.split(separator: " ").reduce(into: [:]) { $0[$1, default: 0] += 1 }
    #expect(counts.count == 3 && counts.values.allSatisfy { (60...140).contains($0) })
    #expect(PlantedPassages.imitating([], vectors: DenseVectors(dimension: 4, values: []), count: 4, seed: 1).isEmpty)
  }
}
