import Foundation
import NeedletailCore
import NeedletailCrashWriter
import NeedletailNumerics
import NeedletailStore
import Testing

@Suite struct ProcessesTests {
  @Test func aSecondWriterIsToldWhoTheFirstIs() async throws {
    let directory = try TemporaryDirectory()
    let process = try OtherProcess(["hold", directory.path])
    #expect(process.line() == "held")
    #expect(throws: StoreError.writerElsewhere(name: CrashScript.collection, process: process.number)) {
      _ = try CrashScript.open(in: directory.data)
    }
    let reader = try DocumentCollection.open(CrashScript.collection, in: directory.data, access: .read)
    #expect(try reader.snapshot().documentCount == 0)
    await #expect(throws: StoreError.self) { try await reader.write([CrashDocument(number: 1, version: 1).write]) }
    await reader.close()
    process.kill()
    process.finish()
    let collection = try CrashScript.open(in: directory.data)
    try await collection.write([CrashDocument(number: 1, version: 1).write])
    await collection.close()
  }

  @Test func readersNoticeWhatOthersCommit() async throws {
    let directory = try TemporaryDirectory()
    let process = try OtherProcess(["write", directory.path, "5"])
    #expect(process.line() == "open")
    let reader = try DocumentCollection.open(CrashScript.collection, in: directory.data, access: .read)
    var script = CrashScript(seed: 5)
    var model: [Int: UInt64] = [:]
    var operations: Set<Int64> = []
    for _ in 0..<120 {
      guard let line = process.line() else { break }
      guard line.hasPrefix("ack") else { continue }
      let batch = script.next()
      model.merge(batch.writes) { $1 }
      for removal in batch.removals { model[removal] = nil }
      let snapshot = try reader.snapshot()
      operations.insert(snapshot.operation)
      // The writer may be ahead of what it has said, never behind.
      if let (number, version) = batch.writes.first {
        let document = try snapshot.document("document-\(number)")
        if document?.document.payload["version"] == .integer(Int64(version)) {
          #expect(try snapshot.lexical(CrashDocument(number: number, version: version).word(0), limit: 2).count <= 1)
        }
      }
      #expect(try snapshot.nearest(to: CrashScript.vector(seed: 1), limit: 10_000).count == snapshot.passageCount)
    }
    #expect(operations.count > 5)
    process.kill()
    process.finish()
    await reader.close()
  }

  @Test func searchesRunBesideWritesAndSeeWholeBatches() async throws {
    let directory = try TemporaryDirectory()
    let collection = try DocumentCollection.open(
      "test", in: directory.data, access: .create(.exact()), minimumSegmentRows: 64, maximumDeltaRows: 256)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for round in 0..<60 {
          var generator = SeededGenerator(seed: UInt64(round))
          let batch = (0..<10).map { DocumentWrite("doc-\(round % 20)-\($0)", ["round \(round)", "both"], using: &generator) }
          try await collection.write(batch)
          if round % 10 == 9 { try await collection.remove(documents: batch.map(\.document.id)) }
          if round % 15 == 14 { try await collection.settle() }
        }
      }
      for _ in 0..<3 {
        group.addTask {
          for _ in 0..<300 {
            let snapshot = try collection.snapshot()
            #expect(snapshot.documentCount % 10 == 0)
            #expect(snapshot.passageCount == 2 * snapshot.documentCount)
            #expect(try snapshot.nearest(to: Array(repeating: 0.2, count: 8), limit: 1_000).count == snapshot.passageCount)
            await Task.yield()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try collection.check().isEmpty)
    await collection.close()
  }

  @Test func whereNothingMayBeWrittenReadingWorks() async throws {
    let directory = try TemporaryDirectory()
    let collection = try CrashScript.open(in: directory.data)
    try await collection.write((0..<40).map { CrashDocument(number: $0, version: 3).write })
    try await collection.settle()
    await collection.close()
    let folder = "\(directory.path)/collections/\(CrashScript.collection)"
    let isRoot = NSUserName() == "root"
    let changer = "/usr/bin/setpriv"
    guard !isRoot || FileManager.default.isExecutableFile(atPath: changer) else { return print("skipped: root may write everywhere") }
    for path in [folder, folder + "/indexes"] { try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: path) }
    let process = try OtherProcess(
      ["read", directory.path], wrapper: isRoot ? [changer, "--reuid=65534", "--regid=65534", "--clear-groups"] : [])
    #expect(process.line() == "found 40 of 40")
    #expect(process.line() == "refused unavailable")
    process.finish()
    for path in [folder, folder + "/indexes"] { try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path) }
  }
}
