import Foundation
import NeedletailCore
import NeedletailEvaluation
import Testing

@Suite struct TaskSuiteTests {
  @Test func averagesTasksThenDataSetsThenTypes() {
    var scores = SuiteScores()
    // The published figures of all-MiniLM-L6-v2 on the subsets of LoCoMo, whose mean is published as 25.86.
    for (task, value) in [("single", 36.02), ("multi", 20.85), ("temporal", 35.93), ("open", 17.88), ("adversarial", 18.60)] {
      scores.scores.append(.init(task: task, dataset: "LoCoMo", type: "dialogue", value: value))
    }
    scores.scores.append(.init(task: "all", dataset: "REALTALK", type: "dialogue", value: 27.74))
    scores.scores.append(.init(task: "easy", dataset: "Proced_mem_bench", type: "procedural", value: 30))
    #expect(abs((scores.datasetMeans["LoCoMo"] ?? 0) - 25.86) < 0.005)
    #expect(abs((scores.typeMeans["dialogue"] ?? 0) - (25.856 + 27.74) / 2) < 1e-9)
    #expect(abs(scores.meanOverDatasets - (25.856 + 27.74 + 30) / 3) < 1e-9)
    #expect(abs(scores.meanOverTypes - (26.798 + 30) / 2) < 1e-9)
    #expect(SuiteScores().meanOverTypes == 0)
  }

  @Test func readsASuite() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("suite.json5", """
      { name: "memory", tasks: [
        { collection: "talks", dataset: "Talks", type: "dialogue", measure: "R_cap@10", candidates: "same:talk", subset: { tier: 2 }, published: { dense: 36.0 } },
        { collection: "plain" },
      ] }
      """)
    let suite = try TaskSuite(file: path)
    #expect(suite.tasks.map(\.name) == ["talks", "plain"] && suite.tasks[1].measure == .nDCG(cutoff: 10))
    #expect(suite.tasks[0].measure == .cappedRecall(cutoff: 10) && suite.tasks[0].description.candidates == .same(field: "talk"))
    #expect(suite.tasks[0].description.subset == ["tier": 2] && suite.tasks[0].published == ["dense": 36])
  }

  @Test(arguments: [
    ("{ name: 'x', tasks: [{ collection: 'a', colection: 'b' }] }", "colection"), ("{ name: 'x' }", "tasks"), ("{", "JSON"),
    ("{ name: 'x', tasks: [{ collection: 'a', measure: 'nDCG@' }] }", "nDCG@"), ("{ name: 'x', tasks: [{}] }", "collection"),
  ])
  func namesTheMistake(text: String, word: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("suite.json5", text)
    let error = #expect(throws: EvaluationError.self) { try TaskSuite(file: path) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
  }

  /// An exact calculator of its own answers every question.
  @Test func datesAreExact() throws {
    let task = DateArithmetic.task(questions: 300, dates: 700, seed: 4)
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let texts = Dictionary(uniqueKeysWithValues: task.corpus.map { ($0.id, $0.text) })
    #expect(Set(texts.values).count == 700 && task.queries.count == 300)
    for query in task.queries {
      let words = query.text.dropLast().split(separator: " ").map(String.init)
      func number(before noun: String) -> Int { words.firstIndex { $0.hasPrefix(noun) }.flatMap { Int(words[$0 - 1]) } ?? 0 }
      let year = try #require(Int(words[words.count - 1]))
      let month = try #require(months.firstIndex(of: String(words[words.count - 2].dropLast())))
      let span = 12 * number(before: "year") + number(before: "month")
      let place = 12 * year + month + (words.contains("after") ? span : -span)
      let relevant = try #require(task.judgements[query.id]?.keys.first)
      #expect(texts[relevant] == "\(months[place % 12]), \(place / 12)", "\(query.text)")
    }
    #expect(DateArithmetic.task(seed: 4).queries == DateArithmetic.task(seed: 4).queries)
  }
}
