import NeedletailCore
import NeedletailEvaluation
import Testing

@Suite struct RunTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func ranksByScoreThenByLargerIdentifier() throws {
    let path = try folder.file("run", "q Q0 a 1 1.5 s\nq\tQ0\tb 2 1.5 s\r\n\n  q Q0 c 9 2e0 s\nq Q0 aa 3 1.5 s")
    let run = try Run(trecFile: path)
    #expect(run.ranking(of: "q").map(\.document) == ["c", "b", "aa", "a"])
    #expect(run.ranking(of: "absent").isEmpty)
    #expect(run.name == "s")
  }

  @Test func refusesWhatCannotBeJudged() {
    var run = Run()
    #expect(throws: EvaluationError.self) { try run.record([.init(document: "a", score: .nan)], for: "q") }
    #expect(throws: EvaluationError.self) { try run.record([.init(document: "a", score: 1), .init(document: "a", score: 2)], for: "q") }
  }

  @Test(arguments: ["a b", "", "tab\tbed", "line\nbreak", "wide\u{3000}"]) func refusesIdentifiersThatTheFormatCannotExpress(id: String) throws {
    var run = Run()
    try run.record([.init(document: id, score: 1)], for: "q")
    #expect(throws: EvaluationError.self) { try run.write(to: folder.path + "/run") }
  }

  @Test(arguments: [
    ("q Q0 d 1 0.5", 1), ("q Q0 d 1 0.5 s\nq Q0 d 1 0.5 s extra", 2), ("q Q0 d 1 high s", 1), ("q Q0 d 1 nan s", 1),
    ("q Q0 d 1 1 s\n\nq Q0 d 2 2 s", 3),
  ])
  func namesTheHostileLine(text: String, line: Int) throws {
    let path = try folder.file("run", text)
    let error = #expect(throws: EvaluationError.self) { try Run(trecFile: path) }
    guard case .malformedLine(path, line, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.description.contains("\(path):\(line)") == true)
  }

  @Test func readsJudgementsInBothFormats() throws {
    let expected: Judgements = ["1": ["a": 1, "b": 0], "2": ["a": -1]]
    #expect(try JudgementsFile.read(folder.file("trec", "1 0 a 1\n1 0 b 0\n2 0 a -1\n")) == expected)
    #expect(try JudgementsFile.read(folder.file("beir", "query-id\tcorpus-id\tscore\n1\ta\t1\n1\tb\t0\n2\ta\t-1\n")) == expected)
    #expect(try JudgementsFile.read(folder.file("twice", "1 0 a 1\n1 0 a 1\n1 0 b 0\n2 0 a -1\n")) == expected)
    #expect(try JudgementsFile.read(folder.file("empty", "")).isEmpty)
  }

  @Test(arguments: [
    ("1 a 1", 1), ("1 0 a one", 1), ("1 0 a 1\n1 0 a 2", 2), ("q\tc\ts\n1\ta\t1\n1\t0\ta\t1", 3), ("q\tc\ts\n1\ta\t0.5", 2),
    ("1 0 a 99999999999999999999", 1),
  ])
  func namesTheHostileJudgement(text: String, line: Int) throws {
    let path = try folder.file("qrels", text)
    let error = #expect(throws: EvaluationError.self) { try JudgementsFile.read(path) }
    guard case .malformedLine(path, line, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func missingFilesAreNamed() {
    let error = #expect(throws: EvaluationError.self) { try Run(trecFile: folder.path + "/absent") }
    #expect(error?.category == .notFound)
  }

  @Test func survivesSeededMutations() throws {
    var generator = SeededGenerator(seed: 5)
    let original = Array("q1 Q0 d1 1 0.5 s\nq1 Q0 d2 2 0.25 s\nq2 0 d1 1\n".utf8)
    for _ in 0..<1000 {
      var bytes = original
      for _ in 0..<3 {
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      let path = try folder.file("mutated", String(decoding: bytes, as: UTF8.self))
      do {
        let run = try Run(trecFile: path)
        #expect(run.entries.values.joined().allSatisfy { $0.score.isFinite }, "\(bytes)")
      } catch {
        #expect(error.description.contains(path), "\(error)")
      }
      do {
        #expect(try !JudgementsFile.read(path).isEmpty, "\(bytes)")
      } catch {
        #expect("\(error)".contains(path), "\(error)")
      }
    }
  }
}
