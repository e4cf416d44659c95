import Foundation
import NeedletailNumerics
import NeedletailTraining
import Testing

@Suite struct ExampleReaderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ format: ExampleFormat, _ text: String) throws -> TrainingExamples {
    let path = folder.path + "/examples"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return try ExampleReader.read(format, path: path)
  }

  @Test func everyFormatGivesExamples() throws {
    let pairs = try read(.pairs, "q1\tp1\n{\"query\":\"q2\",\"positive\":\"p1\"}\n")
    #expect(pairs.examples.count == 2 && pairs.passages == ["p1"] && pairs.queries == ["q1", "q2"])
    let triplets = try read(.triplets, "q\tp\tn\n")
    #expect(triplets.examples[0].positives == [0] && triplets.examples[0].negatives == [1])
    let scored = try read(.scored, "{\"query\":\"q\",\"passages\":[\"a\",\"b\",\"c\"],\"scores\":[1,3,2]}\n")
    #expect(scored.passages == ["b", "c", "a"] && scored.examples[0].teacherScores == [3, 2, 1] && scored.examples[0].negatives == [1, 2])
    let similar = try read(.similarity, "score\tsentence1\tsentence2\n2.5\ta\tb\n")
    #expect(similar.examples.count == 1 && similar.examples[0].similarity == 0.5)
  }

  @Test(arguments: [
    (ExampleFormat.pairs, "q\tp\nonly\n", ":2:"), (.triplets, "q\tp\n", ":1:"), (.scored, "{\"query\":\"q\",\"passages\":[\"a\"],\"scores\":[1]}\n", ":1:"),
    (.similarity, "score\ta\tb\nhigh\ta\tb\n", ":2:"), (.pairs, "{broken\n", ":1:"), (.pairs, "", "no examples"),
  ]) func whatIsWrongIsNamedWithItsLine(format: ExampleFormat, text: String, named: String) {
    #expect { try read(format, text) } throws: { "\($0)".contains(named) }
  }

  @Test func damagedFilesGiveErrorsAndNoCrash() throws {
    let good = Array("{\"query\":\"q\",\"passages\":[\"a\",\"b\"],\"scores\":[1,3]}\nq\tp\tn\n2.5\ta\tb\n".utf8)
    var generator = SeededGenerator(seed: 12)
    var failures = 0
    for round in 0..<300 {
      var bytes = good
      if round % 3 == 0 { bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator)) }
      for _ in 0..<3 where !bytes.isEmpty { bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator) }
      let path = folder.path + "/damaged"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      for format in ExampleFormat.allCases where format != .beir {
        do { _ = try ExampleReader.read(format, path: path) } catch { failures += 1 }
      }
    }
    #expect(failures > 300)
  }

  @Test func tasksStayApartWhenCollectionsAreJoined() throws {
    var all = try read(.pairs, "q1\tp1\n")
    all.append(try read(.pairs, "q2\tp1\nq1\tp3\n"))
    #expect(all.examples.map(\.task) == [0, 1, 1] && all.passages == ["p1", "p3"])
    #expect(all.relevant[0] == [0, 1])
  }
}
