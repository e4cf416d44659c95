import Foundation
import NeedletailCore
import NeedletailNumerics
import NeedletailStore
import Testing

@Suite struct PassageRunsTests {
  @Test(arguments: 0..<40) func agreesWithAPlainList(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let keep = Int.random(in: 1...10, using: &generator)
    let list = (1...200).filter { _ in Int.random(in: 0..<10, using: &generator) < keep }.map { PassageID($0) }
    let runs = PassageRuns(list)
    #expect(runs.count == list.count)
    #expect(list.indices.map { runs[$0] } == list)
    #expect(runs.runs.flatMap { Array($0) } == list)
    #expect(PassageRuns(encoded: runs.encoded()) == runs)
    for _ in 0..<50 {
      let lower = PassageID.random(in: 0...205, using: &generator)
      let range = lower..<PassageID.random(in: lower...206, using: &generator)
      #expect(runs.rows(in: range).map { list[$0] } == list.filter { range.contains($0) })
      let start = Int.random(in: 0...list.count, using: &generator)
      let rows = start..<Int.random(in: start...list.count, using: &generator)
      #expect(runs.passages(inRows: rows).flatMap { Array($0) } == Array(list[rows]))
    }
  }

  @Test func damagedBytesAreRefusedOrReadButNeverTrap() {
    var generator = SeededGenerator(seed: 7)
    let bytes = PassageRuns([1, 2, 3, 900, 901, 1_000_000]).encoded()
    for _ in 0..<20_000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        damaged[Int.random(in: 0..<damaged.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      damaged = damaged.prefix(Int.random(in: 0...damaged.count, using: &generator))
      if let runs = PassageRuns(encoded: Data(damaged)), !runs.isEmpty { #expect(runs.rank(of: runs[0]) == 0) }
    }
    #expect(PassageRuns(encoded: Data(repeating: 0xFF, count: 40)) == nil)
  }
}

@Suite struct VectorCodingTests {
  @Test func float32SurvivesExactly() {
    let values: [Float] = [0, -0.0, 1, -1.5, 3.4e38, .leastNonzeroMagnitude, .pi]
    let blob = VectorCoding.encode(values[...], as: .float32)
    var read: [Float] = []
    #expect(VectorCoding.decode(blob, as: .float32, dimension: values.count, into: &read))
    #expect(read.map(\.bitPattern) == values.map(\.bitPattern))
    #expect(!VectorCoding.decode(blob.dropLast(), as: .float32, dimension: values.count, into: &read))
    #expect(read.count == values.count)
  }

  @Test func everyHalfSurvivesTheRoundTrip() {
    for bits in UInt16.min...UInt16.max where bits & 0x7C00 != 0x7C00 {
      #expect(HalfPrecision.bits(of: HalfPrecision.float(bits)) == bits)
    }
  }

  @Test func halvesAreTheNearest() {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<100_000 {
      let value = Float.random(in: -1...1, using: &generator) * Float(sign: .plus, exponent: Int.random(in: -30...15, using: &generator), significand: 1)
      let bits = HalfPrecision.bits(of: value)
      let error = abs(HalfPrecision.float(bits) - value)
      for neighbour in [bits &+ 1, bits &- 1] where neighbour & 0x7C00 != 0x7C00 && (neighbour ^ bits) & 0x8000 == 0 {
        #expect(abs(HalfPrecision.float(neighbour) - value) >= error)
      }
    }
    #expect(HalfPrecision.float(HalfPrecision.bits(of: 1e9)) == 65_504)
    #expect(HalfPrecision.float(HalfPrecision.bits(of: -1e9)) == -65_504)
  }
}
