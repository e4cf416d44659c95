import Foundation
import NeedletailCore
import NeedletailCrashWriter
import NeedletailNumerics
import NeedletailStore
import Testing

/// Kills a writing process at random moments. NEEDLETAIL_CRASH_KILLS sets how often, NEEDLETAIL_CRASH_SEED with which seed.
@Suite struct CrashTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let kills = environment["NEEDLETAIL_CRASH_KILLS"].flatMap { Int($0) } ?? 10
  private static let seed = environment["NEEDLETAIL_CRASH_SEED"].flatMap { UInt64($0) } ?? 20_261_124

  @Test func killingTheWriterLosesNothingAcknowledged() async throws {
    let directory = try TemporaryDirectory()
    var generator = SeededGenerator(seed: Self.seed)
    var model: [Int: UInt64] = [:]
    for kill in 0..<Self.kills {
      let scriptSeed = generator.next()
      let process = try OtherProcess(["write", directory.path, "\(scriptSeed)"])
      // Some are killed while they open, most while they write, which takes a millisecond or two a batch.
      let lines = kill % 5 == 0 ? 0 : Int.random(in: 1...120, using: &generator)
      let delay = UInt32.random(in: 0...(kill % 5 == 0 ? 30_000 : 4_000), using: &generator)
      var last = ""
      for _ in 0..<lines { last = process.line() ?? last }
      usleep(delay)
      process.kill()
      while let line = process.line() { last = line }
      process.finish()
      #expect(!last.hasPrefix("error"), "\(last), seed \(Self.seed), kill \(kill)")
      let states = Self.states(after: last, script: scriptSeed, model: model)
      model = try await Self.check(directory, against: states, comment: "seed \(Self.seed), kill \(kill), after \"\(last)\"")
    }
  }

  /// What may be stored: everything acknowledged, with or without the batch that was under way.
  private static func states(after line: String, script seed: UInt64, model: [Int: UInt64]) -> [[Int: UInt64]] {
    let words = line.split(separator: " ")
    guard words.count == 2, let number = Int(words[1]) else { return [model] }
    var script = CrashScript(seed: seed)
    var states = [model]
    for _ in 0...number {
      let batch = script.next()
      var state = states[states.count - 1]
      state.merge(batch.writes) { $1 }
      for removal in batch.removals { state[removal] = nil }
      states.append(state)
    }
    // After "begin N" the batch N may have been stored or not; after "ack N", N + 1 has not been begun.
    return Array(states.suffix(words[0] == "begin" ? 2 : 1))
  }

  private static func check(_ directory: TemporaryDirectory, against states: [[Int: UInt64]], comment: Comment) async throws -> [Int: UInt64] {
    guard FileManager.default.fileExists(atPath: "\(directory.path)/collections/\(CrashScript.collection)/collection.sqlite") else {
      #expect(states.contains([:]), comment)
      return [:]
    }
    let collection = try CrashScript.open(in: directory.data)
    #expect(collection.notices.isEmpty, comment)
    #expect(try collection.check() == [], comment)
    let state = try Self.verify(try collection.snapshot(), against: states, comment: comment)
    try await collection.settle()
    _ = try Self.verify(try collection.snapshot(), against: [state], comment: comment)
    await collection.close()
    return state
  }

  /// Finds every document in every way, and nothing else.
  private static func verify(_ snapshot: Snapshot, against states: [[Int: UInt64]], comment: Comment) throws -> [Int: UInt64] {
    var stored: [Int: UInt64] = [:]
    for summary in try snapshot.documents(limit: 10_000) {
      guard case .integer(let number)? = summary.payload["number"], case .integer(let version)? = summary.payload["version"] else { continue }
      stored[Int(number)] = UInt64(version)
    }
    #expect(states.contains(stored), comment)
    #expect(snapshot.documentCount == stored.count, comment)
    let documents = stored.map { CrashDocument(number: $0.key, version: $0.value) }
    #expect(snapshot.passageCount == documents.reduce(0) { $0 + $1.passageCount }, comment)
    #expect(try snapshot.lexical("common", limit: 10_000).count == snapshot.passageCount, comment)
    for document in documents {
      let ordinal = document.passageCount - 1
      let nearest = try snapshot.nearest(to: document.vector(ordinal), limit: 1, options: DenseSearchOptions(isExact: true))
      let lexical = try snapshot.lexical(document.word(ordinal), limit: 2)
      #expect(nearest.map(\.id) == lexical.map(\.id), comment)
      #expect(try snapshot.passages(lexical.map(\.id)).map(\.document) == [document.id], comment)
      let filter = Filter.match(field: "version", values: [.integer(Int64(document.version))])
      #expect(try snapshot.nearest(to: document.vector(0), limit: 10, filter: filter).count == document.passageCount, comment)
    }
    return stored
  }
}
