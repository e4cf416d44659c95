import Foundation
import NeedletailCore
import NeedletailEvaluation
import Testing

@Suite struct TaskReaderTests {
  /// Writes files into a folder of their own.
  private func folder(_ files: [String: String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (name, text) in files { _ = try folder.file(name, text) }
    return folder
  }

  private static let trec = [
    "topics.txt": """
      <top>
      <num> Number: 301
      <title> International
       organised crime
      <desc> Description:
      Which groups?
      <narr> Narrative:
      Only groups across borders.
      </top>
      <top><num>302</num><title>Polio</title><desc>Is it gone?</desc></top>
      """,
    "qrels.txt": "301 0 FT-1 2\n301 0 FT-2 0\n302 0 FT-2 1\n",
    "documents.trec": """
      <DOC>
      <DOCNO> FT-1 </DOCNO>
      <HEADLINE>Crime &lt; 3</HEADLINE>
      <TEXT>
      Groups <b>met</b> abroad.
      </TEXT>
      </DOC>
      <DOC><DOCNO>FT-2</DOCNO><BODY>Polio is rare.</BODY></DOC>
      """,
  ]

  @Test func readsTopicsWithAndWithoutEndTags() throws {
    let folder = try folder(Self.trec)
    let task = try RetrievalTask(folder: folder.path)
    #expect(task.queries.map(\.id) == ["301", "302"])
    #expect(task.queries.map(\.text) == ["International organised crime", "Polio"])
    #expect(task.queries[0].metadata == ["desc": "Which groups?", "narr": "Only groups across borders."])
    #expect(task.corpus.map(\.id) == ["FT-1", "FT-2"])
    #expect(task.corpus[0].text == "Groups <b>met</b> abroad." && task.corpus[1].text == "Polio is rare.")
    #expect(task.judgements == ["301": ["FT-1": 2, "FT-2": 0], "302": ["FT-2": 1]])
  }

  @Test func joinsTheNamedPartsOfATopic() throws {
    let folder = try folder(Self.trec.merging(["task.json5": "{ kind: 'instruction', fields: { text: 'title+desc' }, candidates: 'judged' }"]) { $1 })
    let task = try RetrievalTask(folder: folder.path)
    #expect(task.kind == .instruction)
    #expect(task.queries[1].text == "Polio Is it gone?")
    #expect(task.candidates == ["301": ["FT-1", "FT-2"], "302": ["FT-2"]])
  }

  @Test func readsTopicsAsLinesAndDocumentsAsRecords() throws {
    let folder = try folder([
      "topics.tsv": "7\thow do tides work\n", "qrels.txt": "7 0 a 1\n", "corpus.jsonl": #"{"_id": "a", "text": "the moon"}"#,
    ])
    let task = try RetrievalTask(folder: folder.path)
    #expect(task.queries == [.init(id: "7", text: "how do tides work")])
    #expect(task.corpus == [Document(id: "a", text: "the moon")])
  }

  /// Made for this test: questions of patients with answers to be ordered.
  private static let rows = [
    #"{"query": "高血压患者能吃咸菜吗", "pos": ["血压偏高的人应少吃腌制食品,每天食盐不超过五克。"], "neg": ["感冒时要多喝水,注意休息。", "骨折后需要固定并定期复查。"]}"#,
    #"{"query": "孩子发烧怎么办", "positive": "体温超过三十八度五时可以服用退热药。", "negative": ["感冒时要多喝水,注意休息。"], "prompt": "为患者的问题找到医生的回答"}"#,
  ]

  @Test func readsRowsWithTheTextsToBeOrdered() throws {
    let folder = try folder(["rows.jsonl": Self.rows.joined(separator: "\n")])
    let task = try RetrievalTask(folder: folder.path)
    #expect(task.kind == .reranking && task.corpus.count == 4 && task.queries.map(\.text) == ["高血压患者能吃咸菜吗", "孩子发烧怎么办"])
    #expect(task.judgements["q0"] == ["d0": 1, "d1": 0, "d2": 0] && task.judgements["q1"] == ["d3": 1, "d1": 0])
    #expect(task.candidates["q1"] == ["d3", "d1"] && task.instruction == "为患者的问题找到医生的回答")
    let flawed = try self.folder(["rows.jsonl": #"{"query": "无", "neg": ["甲"]}"#])
    #expect { try RetrievalTask(folder: flawed.path) } throws: { "\($0)".contains("`pos`") }
  }

  @Test func rowsThatAreWrittenReadBackAsTheTaskTheyCameFrom() throws {
    let folder = try TemporaryFolder()
    let corpus = (0..<9).map { Document(id: "d\($0)", title: $0 == 0 ? "题" : "", text: $0 == 8 ? "段落 1" : "段落 \($0)") }
    let source = RetrievalTask(
      name: "source", corpus: corpus, queries: [.init(id: "a", text: "甲?"), .init(id: "b", text: "乙?"), .init(id: "c", text: "丙?")],
      judgements: ["a": ["d1": 2, "d2": 0], "b": ["d0": 1, "d3": 1], "c": ["d4": 0]], instruction: "找", candidates: ["b": ["d0", "d3", "d5"]])
    try ListWriter.write(source, to: folder.path + "/rows", negatives: 4, seed: 3)
    let task = try RetrievalTask(folder: folder.path + "/rows")
    let texts = Dictionary(uniqueKeysWithValues: task.corpus.map { ($0.id, $0.text) })
    func answers(_ query: String, _ isRight: Bool) -> Set<String> {
      Set((task.judgements[query] ?? [:]).filter { ($0.value > 0) == isRight }.compactMap { texts[$0.key] })
    }
    #expect(task.queries.map(\.text) == ["甲?", "乙?"] && task.instruction == "找", "what nothing answers has no row")
    #expect(answers("q0", true) == ["段落 1"] && answers("q0", false).count == 4 && !answers("q0", false).contains("段落 1"))
    #expect(answers("q1", true) == ["题\n段落 0", "段落 3"] && answers("q1", false) == ["段落 5"])
    let first = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/rows/rows.jsonl"))
    try ListWriter.write(source, to: folder.path + "/rows", negatives: 4, seed: 3)
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/rows/rows.jsonl")) == first)
  }

  /// The examples that stand in the catalogue for data that cannot be had are read as what they are.
  @Test func theChineseExamplesOfTheCatalogueAreTasks() throws {
    let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Catalogue/44-cmedteb-care/examples").path
    let retrieval = try RetrievalTask(folder: examples + "/retrieval")
    let known = Set(retrieval.corpus.map(\.id))
    #expect(retrieval.kind == .retrieval && retrieval.queries.count == 12 && retrieval.instruction?.isEmpty == false)
    #expect(retrieval.judgements.values.allSatisfy { $0.keys.allSatisfy(known.contains) && $0.values.contains { $0 > 0 } })
    let reranking = try RetrievalTask(folder: examples + "/reranking")
    #expect(reranking.kind == .reranking && reranking.candidates.count == reranking.queries.count && reranking.queries.count == 10)
    let sentences = try String(contentsOfFile: examples + "/synonyms/sentences.txt", encoding: .utf8).split(whereSeparator: \.isNewline).map(String.init)
    let pairs = try SynonymPairs(file: examples + "/synonyms/terms.tsv").pairs(of: sentences, seed: 1)
    #expect(pairs.count == 2 * sentences.count, "each sentence has a term with a synonym and a term of another thing")
    let panel = try JudgePanel(file: examples + "/panel/grades.tsv")
    #expect(panel.judges.count == 3 && Set(panel.grades.keys.map(\.query)) == Set(retrieval.queries.map(\.id)))
    #expect(panel.grades.keys.allSatisfy { known.contains($0.document) })
  }

  @Test func synonymsMakePairsOfOneMeaningAndOfAnother() throws {
    let folder = try folder([
      "terms.tsv": "# 症状与疾病\n疾病\t高血压\t血压偏高\n疾病\t糖尿病\t消渴症\n症状\t发烧\t发热\n症状\t腹泻\t拉肚子\n药\t阿司匹林\n",
    ])
    let maker = try SynonymPairs(file: folder.path + "/terms.tsv")
    #expect(maker.concepts.count == 5)
    let sentences = ["老年高血压需要长期服药。", "孩子发烧三天了。", "医生开了阿司匹林。", "今天天气很好。"]
    let pairs = maker.pairs(of: sentences, seed: 3)
    #expect(pairs.map(\.first) == [sentences[0], sentences[0], sentences[1], sentences[1]] && pairs.map(\.score) == [1, 0, 1, 0])
    #expect(pairs[0].second == "老年血压偏高需要长期服药。" && pairs[2].second == "孩子发热三天了。")
    #expect(["老年糖尿病需要长期服药。", "老年消渴症需要长期服药。"].contains(pairs[1].second))
    #expect(["孩子腹泻三天了。", "孩子拉肚子三天了。"].contains(pairs[3].second))
    #expect(maker.pairs(of: sentences, seed: 3) == pairs)
    let path = folder.path + "/pairs.tsv"
    try SimilarityPair.write(pairs, to: path)
    #expect(try SimilarityPair.read(path) == pairs)
    _ = try folder.file("flawed.tsv", "疾病\n")
    #expect(throws: EvaluationError.self) { try SynonymPairs(file: folder.path + "/flawed.tsv") }
  }

  @Test func restrictsAQuestionToItsScene() throws {
    let folder = try folder([
      "corpus.jsonl": ["a", "b", "c"].map { #"{"id": "\#($0)", "title": "", "text": "t"}"# }.joined(separator: "\n"),
      "queries.jsonl": ["x_1_q1", "x_2_q1", "y_1_q1", "empty"].map { #"{"id": "\#($0)", "text": "t"}"# }.joined(separator: "\n"),
      "qrels.tsv": "x_1_q1\ta\t1\nx_2_q1\tb\t1\ny_1_q1\tc\t1\nempty\tc\t0\n",
      "candidates.jsonl": #"{"scene_id": "x_1", "candidate_doc_ids": ["a", "b"]}"# + "\n" + #"{"scene_id": "x_2_q1", "candidate_doc_ids": ["b"]}"#,
    ])
    let task = try RetrievalTask(folder: folder.path)
    #expect(task.kind == .memory)
    #expect(task.queries.map(\.id) == ["x_1_q1", "x_2_q1", "y_1_q1"], "a question of which nothing is relevant has no value")
    #expect(task.candidates == ["x_1_q1": ["a", "b"], "x_2_q1": ["b"]])

    var run = Run()
    for query in task.queries { try run.record(["c", "b", "a"].enumerated().map { .init(document: $1, score: -Double($0)) }, for: query.id) }
    let kept = run.restricted(to: task.candidates)
    #expect(kept.ranking(of: "x_1_q1").map(\.document) == ["b", "a"])
    #expect(kept.ranking(of: "x_2_q1").map(\.document) == ["b"])
    #expect(kept.ranking(of: "y_1_q1").map(\.document) == ["c", "b", "a"])
  }

  @Test func readsTablesWithTheNamesOfTheirColumns() throws {
    let folder = try folder([
      "corpus.csv": "doc,title,body,year\n1,\"A, b\",\"two\nlines\",1990\n2,,x,\n", "queries.tsv": "doc\tbody\nq\twhat\n",
      "qrels.csv": "query,item,rel\nq,1,3\n",
      "task.json5": "{ fields: { id: 'doc', text: 'body', query: 'query', document: 'item', grade: 'rel' }, kind: 'code' }",
    ])
    let task = try RetrievalTask(folder: folder.path)
    #expect(task.kind == .code)
    #expect(task.corpus == [
      Document(id: "1", title: "A, b", text: "two\nlines", payload: ["year": "1990"]), Document(id: "2", text: "x", payload: ["year": ""]),
    ])
    #expect(task.judgements == ["q": ["1": 3]])
  }

  @Test func makesAMultipleChoiceIntoACorpusWithCandidates() throws {
    let folder = try folder([
      "choices.csv": "instructions,queries,documents,labels\nAnswer.,Why?,\"['it\\'s', \"\"so\"\", 'x']\",1\n"
        + "Answer.,Who?,\"[\"\"x\"\", 'it\\'s'] \",0\n"
    ])
    let task = try RetrievalTask(folder: folder.path)
    #expect(task.corpus.map(\.text) == ["it's", "so", "x"])
    #expect(task.candidates == ["q0": ["o0", "o1", "o2"], "q1": ["o2", "o0"]])
    #expect(task.judgements == ["q0": ["o1": 1], "q1": ["o2": 1]])
    #expect(task.instruction == "Answer." && task.instructed.queries[0].text == "Answer. Why?")
  }

  @Test func takesCandidatesFromMetadata() throws {
    let files = [
      "corpus.jsonl": #"{"_id": "a", "text": "t", "metadata": {"talk": 1}}"# + "\n" + #"{"_id": "b", "text": "t", "metadata": {"talk": 2}}"#,
      "queries.jsonl": #"{"_id": "q", "text": "t", "metadata": {"talk": 2, "options": ["a"]}}"# + "\n" + #"{"_id": "r", "text": "t"}"#,
      "qrels/test.tsv": "q\tc\ts\nq\tb\t1\nr\ta\t1\n",
    ]
    let folder = try folder(files)
    #expect(try RetrievalTask(folder: folder.path, description: .init(candidates: .same(field: "talk"))).candidates == ["q": ["b"]])
    #expect(try RetrievalTask(folder: folder.path, description: .init(candidates: .listed(field: "options"))).candidates == ["q": ["a"]])
    #expect(try RetrievalTask(folder: folder.path).candidates.isEmpty)
  }

  @Test func takesPartOfAFolderWithTheTextThatIsWanted() throws {
    let folder = try folder([
      "corpus.jsonl": #"{"_id": "a", "title": "T", "text": "t", "metadata": {"time": "noon", "turn": 2}}"#,
      "queries.jsonl": #"{"_id": "q", "text": "t", "metadata": {"tier": "EASY"}}"# + "\n" + #"{"_id": "r", "text": "t", "metadata": {"tier": "HARD"}}"#,
      "qrels/test.tsv": "q\tc\ts\nq\ta\t6\nr\ta\t8\n",
      "task.json5": "{ subset: { tier: 'HARD' }, leastGrade: 7, documentText: '{time} | {gone}{title}: {text}' }",
    ])
    let task = try RetrievalTask(folder: folder.path)
    #expect(task.queries.map(\.id) == ["r"] && task.judgements == ["r": ["a": 8]])
    #expect(task.corpus[0].text == "noon | T: t" && task.corpus[0].title.isEmpty)
    #expect(try RetrievalTask(folder: folder.path, description: .init(leastGrade: 7)).judgements == ["q": ["a": 0], "r": ["a": 8]])
  }

  @Test(arguments: [
    ("topics.txt", "<top><num>1\n", "closed"), ("topics.txt", "<top><title>t</top>\n", "num"), ("topics.txt", "no tab\n", "tab"),
    ("documents.trec", "<DOC>\n<DOCNO>a</DOCNO>\n", "closed"), ("documents.trec", "<DOC><TEXT>t</TEXT></DOC>\n", "DOCNO"),
    ("documents.trec", "<DOC><DOCNO>a</DOCNO></DOC>\n<DOC><DOCNO>a</DOCNO></DOC>\n", "twice"), ("task.json5", "{ knd: 'code' }", "knd"),
    ("task.json5", "{ candidates: 'some' }", "candidates"), ("task.json5", "{ kind: 'poetry' }", "kind"), ("qrels.txt", "301 0 a x\n", "integer"),
  ])
  func namesWhatIsWrong(file: String, text: String, word: String) throws {
    let folder = try folder(Self.trec.merging([file: text]) { $1 })
    let error = #expect(throws: EvaluationError.self) { try RetrievalTask(folder: folder.path) }
    #expect(error?.description.contains(word) == true && error?.description.contains(file) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: [
    ("q,d,l\nWhy,\"['a']\",1\n", "label"), ("q,d,l\nWhy,a b,0\n", "options"), ("q,d,l\nWhy,\"['a'\",0\n", "options"), ("q,d\nWhy,\"['a']\"\n", "column l"),
    ("q,d,l\nWhy\n", "cells"), ("q,d,l\n\"Why\n", "quoted"),
  ])
  func namesWhatIsWrongInATableOfChoices(text: String, word: String) throws {
    let folder = try folder(["choices.csv": text])
    let description = TaskDescription(fields: TaskFields(text: "q", options: "d", label: "l"))
    let error = #expect(throws: EvaluationError.self) { try RetrievalTask(folder: folder.path, description: description) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
  }

  @Test func saysWhatATaskLooksLikeWhereThereIsNone() throws {
    let folder = try folder(["notes.txt": "x"])
    let error = #expect(throws: EvaluationError.self) { try RetrievalTask(folder: folder.path) }
    #expect(error?.description.contains("corpus.jsonl") == true && error?.category == .notFound)
  }

  @Test func readsPairsWithQuotesAsTheyAre() throws {
    let folder = try folder(["pairs.tsv": "score\tsentence1\tsentence2\n3.5\t\"No\" he said\tsay \"no\n0\ta\tb\n"])
    let pairs = try SimilarityPair.read(folder.path + "/pairs.tsv")
    #expect(pairs == [.init(first: "\"No\" he said", second: "say \"no", score: 3.5), .init(first: "a", second: "b", score: 0)])
  }

  /// Whatever a file holds, reading it ends in a task or in an error that names what is wrong.
  @Test(arguments: ["topics.txt", "qrels.txt", "documents.trec", "choices.csv", "corpus.csv", "candidates.jsonl", "task.json5", "rows.jsonl"])
  func survivesDamage(name: String) throws {
    let choices = "instructions,queries,documents,labels\nAnswer.,Why?,\"['it\\'s', \"\"s\\u00e9\"\"]\",1\n"
    var files = ["choices.csv", "task.json5"].contains(name) ? ["choices.csv": choices] : Self.trec
    if name == "task.json5" { files[name] = "{ kind: 'code', candidates: 'same:x', fields: { id: 'a' } }" }
    if name == "rows.jsonl" { files = [name: Self.rows.joined(separator: "\n")] }
    if name == "corpus.csv" { files = [name: "id,title,text\n1,\"a\",b\n", "queries.csv": "id,text\nq,t\n", "qrels.csv": "query-id,corpus-id,score\nq,1,1\n"] }
    if name == "candidates.jsonl" {
      files = [
        name: #"{"scene_id": "q", "candidate_doc_ids": ["a"]}"#, "corpus.jsonl": #"{"id": "a", "text": "t"}"#,
        "queries.jsonl": #"{"id": "q", "text": "t"}"#, "qrels.tsv": "q\tc\ts\nq\ta\t1\n",
      ]
    }
    let folder = try folder(files)
    let original = Array(try #require(files[name]).utf8)
    var generator = SeededGenerator(seed: 11)
    var readable = 0
    for round in 0..<300 {
      var bytes = original
      if round % 3 == 0 { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator)) }
      for _ in 0..<Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= 1 << UInt8.random(in: 0...7, using: &generator)
      }
      try Data(bytes).write(to: URL(fileURLWithPath: folder.path + "/" + name))
      do throws(EvaluationError) {
        _ = try RetrievalTask(folder: folder.path)
        readable += 1
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
    #expect(readable > 0 && readable < 300)
  }

  @Test(
    .enabled(if: TestFiles.hasBenchmark("memory-locomo"), "the public collections are not here"))
  func restrictsRealQuestionsToTheirConversation() throws {
    let task = try RetrievalTask(
      folder: TestFiles.benchmarks + "/memory-locomo", description: .init(kind: .memory, candidates: .same(field: "conversation")))
    #expect(task.corpus.count == 5882 && task.queries.count == 1536)
    #expect(Set(task.candidates.values).count == 10)
    for (query, grades) in task.judgements { #expect(task.candidates[query]?.isSuperset(of: grades.keys) == true) }
  }
}
