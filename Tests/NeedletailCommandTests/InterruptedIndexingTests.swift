import Foundation
import Testing

/// Kills `needletail index` at random moments. NEEDLETAIL_CRASH_KILLS sets how often.
@Suite struct InterruptedIndexingTests {
  private static let kills = ProcessInfo.processInfo.environment["NEEDLETAIL_CRASH_KILLS"].flatMap { Int($0) } ?? 10
  private static let fileCount = 300

  private struct Report: Decodable {
    let added, updated, unchanged, removed: Int
    let seconds: Double
  }

  private struct Status: Decodable {
    struct Statistics: Decodable { let documents: Int }
    let statistics: Statistics
  }

  private struct Response: Decodable {
    struct Answer: Decodable { let document: String }
    let answers: [Answer]
  }

  /// Every file has a word of its own, and every version of it another.
  private func word(_ file: Int, _ version: Int) -> String { "file\(file)version\(version)" }

  private func write(_ file: Int, version: Int, in product: Product) throws {
    let filling = String(repeating: "Tides rise and fall twice a day. ", count: 40)
    try product.write("notes/\(file).txt", "\(word(file, version))\n\n\(filling)\n")
  }

  /// Starts a run, kills it after some time, and says whether it had ended by itself.
  private func index(_ product: Product, killAfter seconds: Double) throws -> Bool {
    let process = product.process(["index", product.folder.path + "/notes", "--lexical-only", "--json"])
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    usleep(UInt32(seconds * 1_000_000))
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    return process.terminationReason == .exit
  }

  private func documents(in product: Product) throws -> Int {
    let status = try product.run("status", "--json")
    #expect(status.code == 0, "\(status.errors)")
    return try status.json([Status].self).first?.statistics.documents ?? 0
  }

  /// Files whose word of this version is found.
  private func finds(_ file: Int, _ version: Int, in product: Product) throws -> Bool {
    let search = try product.run("search", word(file, version), "--json")
    #expect(search.code == 0, "\(search.errors)")
    return try search.json(Response.self).answers.contains { $0.document.hasSuffix("/\(file).txt") }
  }

  @Test func aKilledRunLosesNothingThatWasIndexedAndTheNextContinues() throws {
    let product = try Product()
    var generator = SystemRandomNumberGenerator()
    var versions = [Int](repeating: 0, count: Self.fileCount)
    for file in versions.indices { try write(file, version: 0, in: product) }
    let rehearsal = try Product()
    for file in versions.indices { try write(file, version: 0, in: rehearsal) }
    let whole = try rehearsal.run("index", rehearsal.folder.path + "/notes", "--lexical-only", "--json").json(Report.self)

    var known = 0
    var ended = 0
    for kill in 1...Self.kills {
      if try index(product, killAfter: .random(in: 0...whole.seconds * 1.2, using: &generator)) { ended += 1 }
      guard FileManager.default.fileExists(atPath: product.folder.path + "/data/collections/default/collection.sqlite") else { continue }
      let count = try documents(in: product)
      #expect(count >= known && count <= Self.fileCount, "kill \(kill): \(count) documents after \(known)")
      known = count
      if known == Self.fileCount {
        // Old or new, but there: each file is replaced in one step.
        for file in (0..<3).map({ _ in Int.random(in: 0..<Self.fileCount, using: &generator) }) {
          let found = try finds(file, versions[file], in: product) || finds(file, max(0, versions[file] - 1), in: product)
          #expect(found, "kill \(kill): file \(file) is neither there in version \(versions[file]) nor before")
        }
        try #require(try product.run("index", product.folder.path + "/notes", "--lexical-only").code == 0)
        for file in versions.indices where Bool.random(using: &generator) {
          versions[file] += 1
          try write(file, version: versions[file], in: product)
        }
      }
    }
    #expect(ended < Self.kills, "no run was killed before its end")
    let last = try product.run("index", product.folder.path + "/notes", "--lexical-only", "--json")
    #expect(last.code == 0, "\(last.errors)")
    let report = try last.json(Report.self)
    #expect(report.added + report.updated + report.unchanged == Self.fileCount && report.removed == 0)
    #expect(try documents(in: product) == Self.fileCount)
    for file in stride(from: 0, to: Self.fileCount, by: 37) {
      #expect(try finds(file, versions[file], in: product), "file \(file), version \(versions[file])")
    }
  }
}
