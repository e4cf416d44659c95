import NeedletailNumerics
import Testing

@Suite struct ChecksumTests {
  @Test func agreesWithTheStandardsCheckValue() {
    #expect(Checksum.crc32(Array("123456789".utf8)) == 0xcbf4_3926)
    #expect(Checksum.crc32([]) == 0)
  }

  @Test func continuesWhereAnotherEnded() {
    let bytes = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let first = Checksum.crc32(Array(bytes[..<333]))
    #expect(Checksum.crc32(Array(bytes[333...]), continuing: first) == Checksum.crc32(bytes))
  }

  @Test func threadsDoNotChangeIt() {
    var generator = SeededGenerator(seed: 1)
    let bytes = (0..<9_500_001).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let parallel = unsafe bytes.withUnsafeBytes { unsafe Checksum.crc32($0, pool: WorkerPool(threadCount: 3)) }
    #expect(parallel == Checksum.crc32(bytes))
  }

  @Test func everyFlippedBitShows() {
    let bytes = Array("a needle in a stack of needles".utf8)
    let sum = Checksum.crc32(bytes)
    for bit in 0..<bytes.count * 8 {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(Checksum.crc32(damaged) != sum)
    }
  }
}
