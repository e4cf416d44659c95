#if os(Linux)
  import Foundation
  import Glibc
  import Testing

  /// A small file system in memory, to be filled. Only the superuser can mount one, and not in every container.
  final class SmallDisk {
    let path: String

    init?(megabytes: Int) {
      path = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-\(UUID().uuidString)").path
      guard (try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)) != nil else { return nil }
      guard Self.mount(["-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path]) else {
        try? FileManager.default.removeItem(atPath: path)
        return nil
      }
    }

    deinit {
      _ = Self.run("umount", ["-l", path])
      try? FileManager.default.removeItem(atPath: path)
    }

    func grow(to megabytes: Int) -> Bool { Self.mount(["-o", "remount,size=\(megabytes)m", path]) }

    func refuseWrites() -> Bool { Self.mount(["-o", "remount,ro", path]) }

    static let isPossible = geteuid() == 0 && SmallDisk(megabytes: 1) != nil

    private static func mount(_ arguments: [String]) -> Bool { run("mount", arguments) }

    private static func run(_ name: String, _ arguments: [String]) -> Bool {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [name] + arguments
      process.standardError = FileHandle.nullDevice
      guard (try? process.run()) != nil else { return false }
      process.waitUntilExit()
      return process.terminationStatus == 0
    }
  }

  @Suite struct FullDiskTests {
    private struct Report: Decodable { let added, updated, unchanged: Int }
    private struct Response: Decodable {
      struct Answer: Decodable { let document: String }
      let answers: [Answer]
    }

    @Test(.enabled(if: SmallDisk.isPossible, "mounting a small file system needs the superuser"))
    func afterAFullDiskTheSameCommandCompletesOnceThereIsRoom() throws {
      let product = try Product()
      let filling = (0..<400).map { "word\($0 * 7919 % 1000)" }.joined(separator: " ")
      for file in 0..<600 { try product.write("notes/\(file).txt", "unique\(file)\n\n\(filling) \(file)\n") }
      let disk = try #require(SmallDisk(megabytes: 2))
      let arguments = ["index", product.folder.path + "/notes", "--lexical-only", "--json", "--data", disk.path]

      let full = try product.run(arguments)
      #expect(full.code == 69, "code \(full.code): \(full.errors)")
      #expect(full.errors.contains("space") || full.errors.contains("full"), "\(full.errors)")
      // What was committed before the disk was full can still be read.
      #expect(try product.run(["status", "--json", "--data", disk.path]).code == 0)

      try #require(disk.grow(to: 256))
      let again = try product.run(arguments)
      #expect(again.code == 0, "\(again.errors)")
      let report = try again.json(Report.self)
      #expect(report.added + report.updated + report.unchanged == 600)
      for file in [0, 311, 599] {
        let response = try product.run(["search", "unique\(file)", "--json", "--data", disk.path]).json(Response.self)
        #expect(response.answers.first?.document.hasSuffix("/\(file).txt") == true)
      }
    }
  }
#endif
