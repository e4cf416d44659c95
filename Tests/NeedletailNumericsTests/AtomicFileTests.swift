import Foundation
import NeedletailNumerics
import Testing

@Suite struct AtomicFileTests {
  private let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("atomic-file-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  private var entries: [String] { (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? [] }
  private func cleanUp() { try? FileManager.default.removeItem(at: directory) }

  @Test func holdsWhatWasWritten() throws {
    defer { cleanUp() }
    let path = directory.appendingPathComponent("file").path
    let pieces = [[UInt8]](repeating: Array(0...255), count: 1_000) + [[], [7]]
    try AtomicFile.write(to: path) { writer throws(FileError) in
      for piece in pieces { try writer.write(piece) }
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(pieces.joined()))
    #expect(entries == ["file"])
  }

  @Test func replacesInOneStep() throws {
    defer { cleanUp() }
    let path = directory.appendingPathComponent("file").path
    for content in [[1], [2, 3], []] as [[UInt8]] {
      try AtomicFile.write(to: path) { writer throws(FileError) in try writer.write(content) }
      #expect(try Array(Data(contentsOf: URL(fileURLWithPath: path))) == content)
    }
  }

  @Test func aFailureLeavesTheOldFileAndNothingElse() throws {
    defer { cleanUp() }
    let path = directory.appendingPathComponent("file").path
    try AtomicFile.write(to: path) { writer throws(FileError) in try writer.write([1, 2, 3]) }
    #expect(throws: FileError.self) {
      try AtomicFile.write(to: path) { writer throws(FileError) in
        try writer.write([UInt8](repeating: 9, count: 1 << 20))
        throw FileError.cannotWrite(path: path, code: 28)
      }
    }
    #expect(try Array(Data(contentsOf: URL(fileURLWithPath: path))) == [1, 2, 3])
    #expect(entries == ["file"])
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func aFullDiskIsAnErrorThatNamesTheFile() throws {
    defer { cleanUp() }
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    var writer = AtomicFile.Writer(descriptor: full.fileDescriptor, path: "wanted")
    do throws(FileError) {
      try writer.write([UInt8](repeating: 0, count: 1 << 20))
      Issue.record("writing to a full disk succeeded")
    } catch {
      #expect(error == .cannotWrite(path: "wanted", code: 28))
    }
  }

  @Test func aMissingDirectoryIsAnError() {
    defer { cleanUp() }
    let path = directory.appendingPathComponent("missing/file").path
    #expect(throws: FileError.cannotWrite(path: path, code: 2)) {
      try AtomicFile.write(to: path) { writer throws(FileError) in try writer.write([1]) }
    }
  }

  @Test func writersOfTheSamePathDoNotDisturbEachOther() throws {
    defer { cleanUp() }
    let path = directory.appendingPathComponent("file").path
    DispatchQueue.concurrentPerform(iterations: 16) { number in
      try? AtomicFile.write(to: path) { writer throws(FileError) in
        try writer.write([UInt8](repeating: UInt8(number), count: 100_000))
      }
    }
    let content = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(content.count == 100_000)
    #expect(Set(content).count == 1)
    #expect(entries == ["file"])
  }
}
