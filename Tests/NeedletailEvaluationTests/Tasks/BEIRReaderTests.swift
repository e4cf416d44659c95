import Foundation
import NeedletailCore
import NeedletailEvaluation
import Testing

@Suite struct BEIRReaderTests {
  @Test func readsASplitWithItsQueriesOnly() throws {
    let task = try BEIRReader.read(directory: TestFiles.fixture("tiny-benchmark").path, includesMetadata: true)
    #expect(task.name == "tiny-benchmark")
    #expect(task.queries.map(\.id) == ["1", "2"])
    #expect(task.queries[0].text == "what grows on trees")
    #expect(task.judgements == ["1": ["apple": 2, "bus": 0], "2": ["bus": 1, "gone": 1]])
    #expect(task.corpus.map(\.id) == ["apple", "bus", "č 1"])
    #expect(task.corpus[0].payload == ["year": 1990, "tags": ["fruit"]])
    #expect(task.corpus[2] == Document(id: "č 1", text: "No title at all — but accents: é."))
  }

  @Test func leavesMetadataOutUnlessAsked() throws {
    let task = try BEIRReader.read(directory: TestFiles.fixture("tiny-benchmark").path)
    #expect(task.corpus.allSatisfy { $0.payload.isEmpty })
  }

  @Test func saysWhichFileIsMissing() throws {
    let path = try TestFiles.fixture("tiny-benchmark").path
    let error = #expect(throws: EvaluationError.self) { try BEIRReader.read(directory: path, split: "dev") }
    #expect(error?.description.contains("qrels/dev.tsv") == true)
    #expect(error?.category == .notFound)
  }

  @Test(arguments: [
    (#"{"text": "no id"}"#, "_id"), (#"{"_id": 7, "text": "a number"}"#, "_id"), (#"{"_id": "a"}"#, "text"),
    (#"{"_id": "a", "text": null}"#, "text"), (#"["a"]"#, "object"), ("not json", "JSON"), (#"{"_id": "a", "text": "cut"#, "JSON"),
    (#"{"_id": "d", "text": "again"}"#, "twice"), (#"{"_id": "a", "text": "t", "metadata": 3}"#, "metadata"),
  ])
  func namesTheHostileLine(record: String, word: String) throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("qrels/test.tsv", "q\tc\ts\n1\td\t1\n")
    _ = try folder.file("queries.jsonl", #"{"_id": "1", "text": "t"}"#)
    let path = try folder.file("corpus.jsonl", #"{"_id": "d", "text": "t"}"# + "\n\n" + record + "\n")
    let error = #expect(throws: EvaluationError.self) { try BEIRReader.read(directory: folder.path, includesMetadata: true) }
    guard case .malformedLine(path, 3, let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains(word), "\(reason)")
  }

  @Test func judgedQueriesHaveToExist() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("qrels/test.tsv", "q\tc\ts\n1\td\t1\n")
    _ = try folder.file("queries.jsonl", "")
    _ = try folder.file("corpus.jsonl", "")
    let error = #expect(throws: EvaluationError.self) { try BEIRReader.read(directory: folder.path) }
    #expect(error?.description.contains("query 1") == true)
  }

  @Test(
    .enabled(if: TestFiles.hasBenchmark("scifact"), "the public benchmarks are not here"),
    arguments: [("scifact", 5183, 300, 339), ("nfcorpus", 3395, 323, 12334), ("cranfield", 1400, 225, 1837), ("npl-vaswani", 11429, 93, 2083)])
  func publicBenchmarksHaveTheirPublishedSizes(name: String, documents: Int, queries: Int, judgements: Int) throws {
    let task = try BEIRReader.read(directory: TestFiles.benchmarks + "/" + name)
    #expect(task.corpus.count == documents)
    #expect(task.queries.count == queries)
    #expect(task.judgements.values.reduce(0) { $0 + $1.count } == judgements)
  }
}
