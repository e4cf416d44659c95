import Foundation
import NeedletailNumerics
import Testing

@Suite struct BlockReaderTests {
  private static let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }

  private func use(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("blocks-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(Self.content).write(to: URL(fileURLWithPath: path))
    try body(path)
  }

  private func read(_ reader: BlockReader, _ blocks: [Range<Int>]) throws -> [UInt8] {
    let count = blocks.reduce(0) { $0 + $1.count }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(1, count), alignment: 64)
    defer { unsafe memory.deallocate() }
    var place = 0
    let requests = blocks.map { block in
      defer { place += block.count }
      return unsafe BlockReader.Request(offset: block.lowerBound, byteCount: block.count, into: memory + place)
    }
    try reader.read(requests)
    return unsafe Array(UnsafeRawBufferPointer(start: memory, count: count))
  }

  @Test(arguments: [BlockReader.Method.rings, .threads])
  func everyBlockComesToItsPlace(_ method: BlockReader.Method) throws {
    try use { path in
      let reader = try BlockReader(path: path, by: method)
      var generator = SeededGenerator(seed: 4)
      // More at a time than a ring holds.
      for count in [0, 1, 7, 150] {
        let blocks = (0..<count).map { _ -> Range<Int> in
          let start = Int.random(in: 0..<90_000, using: &generator)
          return start..<start + Int.random(in: 1...4_096, using: &generator)
        }
        #expect(try read(reader, blocks) == blocks.flatMap { Self.content[$0] })
      }
    }
  }

  @Test(arguments: [BlockReader.Method.rings, .threads])
  func aBlockBeyondTheEndIsAnError(_ method: BlockReader.Method) throws {
    try use { path in
      let reader = try BlockReader(path: path, by: method)
      #expect(throws: FileError.self) { try read(reader, [0..<10, 99_990..<100_010]) }
      // The reader stays usable.
      #expect(try read(reader, [99_990..<100_000]) == Array(Self.content[99_990...]))
    }
  }

  @Test func manyThreadsReadAtTheSameTime() throws {
    try use { path in
      let reader = try BlockReader(path: path)
      WorkerPool(threadCount: 4).forEach(64) { task in
        let blocks = (0..<20).map { (task * 997 + $0 * 1_001) % 90_000 }.map { $0..<$0 + 512 }
        #expect((try? self.read(reader, blocks)) == blocks.flatMap { Self.content[$0] })
      }
    }
  }
}
