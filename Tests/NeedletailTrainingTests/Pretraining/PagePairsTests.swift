import Foundation
import NeedletailModels
import NeedletailNumerics
import NeedletailText
import NeedletailTraining
import Testing

@Suite struct PagePairsTests {
  /// Every sentence names its page, section and number, so that its origin can be read off.
  private static func text(_ page: Int, _ section: String, _ passage: Int, naming other: String = "") -> String {
    (0..<4).map { "Page\(page) \(section) passage\(passage) sentence\($0) speaks\(other.isEmpty || $0 != 2 ? "" : " of " + other) here." }
      .joined(separator: " ")
  }

  private let pages: [Page] = (0..<6).map { page in
    Page(
      title: "Title of \(page)",
      passages: [
        .init(text: text(page, "lead", 0)), .init(section: "Past", text: text(page, "past", 1)),
        .init(section: "Rest", text: text(page, "rest", 2, naming: "Title of \((page + 1) % 6)")),
      ])
  }

  private func samples(_ task: PagePairs.Task, _ pairs: PagePairs) throws -> [(query: String, passage: String, queryPage: Int, passagePage: Int)] {
    try (0..<1000).map { number in
      var generator = SeededGenerator(seed: 3, part: UInt64(number))
      return try #require(pairs.pair(task, using: &generator))
    }
  }

  @Test func aClozePassageLacksItsSentence() throws {
    for pair in try samples(.cloze, PagePairs(pages)) {
      #expect(!pair.passage.contains(pair.query))
      #expect(pair.queryPage == pair.passagePage && pair.passage.hasPrefix("Title of \(pair.queryPage)\n"))
      // the other three sentences of the same passage
      let origin = pair.query.split(separator: " ").prefix(3).joined(separator: " ")
      #expect(pair.passage.components(separatedBy: origin).count == 4)
    }
    let kept = try samples(.cloze, PagePairs(pages, keptShare: 0.1)).count { $0.passage.contains($0.query) }
    #expect((60...140).contains(kept))
  }

  @Test func aLeadSentenceAsksForAnotherSectionOfItsPage() throws {
    for pair in try samples(.lead, PagePairs(pages)) {
      #expect(pair.query.hasPrefix("Page\(pair.queryPage) lead"))
      #expect(pair.passagePage == pair.queryPage && !pair.passage.contains("lead"))
      #expect(pair.passage.contains("Page\(pair.queryPage) "))
    }
  }

  @Test func aLinkedPassageNamesThePageOfTheQuery() throws {
    for pair in try samples(.links, PagePairs(pages)) {
      #expect(pair.query.hasPrefix("Page\(pair.queryPage) lead"))
      #expect(pair.passagePage != pair.queryPage && pair.passage.contains(" of Title of \(pair.queryPage) "))
    }
  }

  @Test func cropsAreTwoPiecesOfOnePassage() throws {
    let pairs = PagePairs(pages)
    var overlaps = 0
    for pair in try samples(.crops, pairs) {
      #expect(pair.queryPage == pair.passagePage)
      let page = pages[pair.queryPage]
      #expect(page.passages.contains { $0.text.contains(pair.query) && $0.text.contains(pair.passage) })
      // four sentences of five to nine words, of which a piece takes a tenth to a half
      #expect((1...18).contains(pair.query.split(separator: " ").count))
      if pair.query == pair.passage { overlaps += 1 }
    }
    #expect(overlaps < 100)
    #expect(!PagePairs([Page(passages: [.init(text: "Too short.")])]).canMake(.crops))
  }

  @Test func longPassagesAreCutAndTasksWithoutPagesLeftOut() throws {
    let alone = PagePairs([Page(passages: [.init(text: "One is here. Two is here. Three is here. Four is here. Five is here.")])], passageSentences: 3)
    #expect(alone.canMake(.cloze) && !alone.canMake(.lead) && !alone.canMake(.links))
    let examples = alone.examples(PagePairs.Task.structural, count: 50, seed: 1)
    #expect(examples.examples.count == 50)
    for passage in examples.passages { #expect(passage.split(separator: ".").count <= 2) }
    #expect(alone.examples([.lead], count: 5, seed: 1).examples.isEmpty)
  }

  @Test func pairsFollowFromTheSeed() {
    let pairs = PagePairs(pages)
    func queries(_ seed: UInt64) -> [String] { pairs.examples(PagePairs.Task.allCases, count: 30, seed: seed).queries }
    #expect(queries(1) == queries(1))
    #expect(queries(1) != queries(2))
  }

  /// Three documents of which the third comes up twice as often: corrected scores become the chances themselves.
  @Test(arguments: [true, false]) func frequentPassagesAreCorrectedFor(corrects: Bool) throws {
    var data = TrainingExamples()
    let (queries, passages) = (["q", "r", "s"].map { data.query($0) }, ["a", "b", "c"].map { data.passage($0) })
    // query r is answered by c as often as by b
    for (query, passage) in [(0, 0), (0, 0), (1, 1), (1, 2), (2, 2), (2, 2)] {
      data.append(.init(query: queries[query], positives: [passages[passage]]))
    }
    let parameters = Parameters([("scores", [3, 3], true)])
    let optimizer = Optimizer(.gradientDescent(momentum: 0), of: parameters)
    let objective = Contrastive(comparison: .dot, temperature: 1, correctsFrequency: corrects)
    let tape = Tape()
    // documents are drawn by their frequency: two times a, once b, three times c
    var difference = 0.0
    for step in 0..<8000 {
      var generator = SeededGenerator(seed: 4, part: UInt64(step))
      let drawn = (0..<2).map { _ in generator.index(below: 6) }
      var batch = ExampleBatch(drawn, of: data, positiveCount: 1, negativeCount: 0, using: &generator)
      // only the batch's own positives are right here, as in the derivation
      batch.ignored = batch.ignored.map { _ in [] }
      tape.clear()
      let vectors = try tape.parameter(parameters.all[0], of: parameters).gathered(batch.queries.map { Int32($0) })
      let units = try tape.constant(
        batch.passages.flatMap { passage in (0..<3).map { $0 == passage ? Float(1) : 0 } }, shape: [batch.passages.count, 3])
      try tape.differentiate(objective.loss(queries: vectors, passages: units, batch: batch))
      optimizer.step(rate: 0.1)
      let scores = parameters[parameters.all[0]]
      if step >= 4000 { difference += Double(scores[3 + 1] - scores[3 + 2]) / 4000 }
    }
    // r is answered by b and c alike; c is three times as frequent, and scores that are not corrected hold that against it
    #expect(abs(difference - (corrects ? 0 : log(3))) < 0.15, "\(difference)")
  }

  @Test func aRecipeTrainsOnPages() throws {
    let folder = try TemporaryFolder()
    let lines = pages.flatMap { page in
      page.passages.map { "{\"title\": \"\(page.title)\", \"section\": \"\($0.section)\", \"text\": \"\($0.text)\"}" }
    }
    try lines.joined(separator: "\n").write(toFile: folder.path + "/pages.jsonl", atomically: true, encoding: .utf8)
    let path = folder.path + "/recipe.json5"
    try """
      { model: "\(TinyModels.path("tiny-bert"))", output: "run", steps: 4, batch: { size: 4 },
        data: [{ format: "pages", path: "pages.jsonl", tasks: ["cloze", "links"], pairs: 40, sentences: 3, kept: 0.1 }],
        objective: { kind: "contrastive", corrects_frequency: true } }
      """.write(toFile: path, atomically: true, encoding: .utf8)
    let recipe = try TrainingRecipe(path: path)
    #expect(recipe.data[0].pairs?.tasks == [.cloze, .links])
    let outcome = try TrainingRun(recipe, recipePath: path, model: ModelDirectory(path: recipe.model)).run()
    #expect(outcome.loss.isFinite && outcome.steps == 4)
    try String(contentsOfFile: path, encoding: .utf8).replacing("\"links\"", with: "\"lynx\"").write(toFile: path, atomically: true, encoding: .utf8)
    #expect { try TrainingRecipe(path: path) } throws: { "\($0)".contains("cloze, lead, links") }
  }
}
