import NeedletailNumerics
import Testing

@Suite struct PostingKernelTests {
  /// What this machine has.
  static let instructionSets = DistanceKernels.InstructionSet.allCases.filter { PostingKernels($0) != nil }

  /// Every width, up to the last word that may be read.
  @Test(arguments: instructionSets)
  func numbersComeBackAsTheyWerePacked(set: DistanceKernels.InstructionSet) throws {
    let kernels = try #require(PostingKernels(set))
    var random = SeededGenerator(seed: 21)
    for width in 0...32 {
      for count in [1, 2, 7, 8, 31, 64, 127, 128] {
        let numbers = (0..<count).map { _ in width == 0 ? 0 : UInt32.random(in: 0...(.max >> UInt32(32 - width)), using: &random) }
        var words = [UInt32](repeating: 0, count: (count * width + 31) / 32)
        for (place, number) in numbers.enumerated() {
          for bit in 0..<width where number >> UInt32(bit) & 1 == 1 {
            words[(place * width + bit) / 32] |= 1 << UInt32((place * width + bit) % 32)
          }
        }
        var unpacked = [UInt32](repeating: 1, count: count)
        unsafe kernels.unpack(words, available: words.count, width: UInt8(width), count: count, into: &unpacked)
        #expect(unpacked == numbers, "\(count) numbers of \(width) bits")
      }
    }
  }

  @Test(arguments: instructionSets)
  func rowsFollowFromTheirGaps(set: DistanceKernels.InstructionSet) throws {
    let kernels = try #require(PostingKernels(set))
    var random = SeededGenerator(seed: 24)
    for count in [0, 1, 7, 8, 9, 64, 127, 128] {
      for start in [UInt32.max, 0, 77] {
        let gaps = (0..<count).map { _ in UInt32.random(in: 0...1000, using: &random) }
        var rows = gaps
        unsafe kernels.addUp(&rows, count: count, from: start)
        var expected: [UInt32] = []
        for gap in gaps { expected.append((expected.last ?? start) &+ gap &+ 1) }
        #expect(rows == expected)
      }
    }
  }

  @Test(arguments: instructionSets)
  func sharesAreAddedUpAsTheFormulaSays(set: DistanceKernels.InstructionSet) throws {
    let kernels = try #require(PostingKernels(set))
    var random = SeededGenerator(seed: 22)
    let lengths = (0..<1000).map { _ in UInt32.random(in: 0...5000, using: &random) }
    let rows = (UInt32(100)..<900).filter { _ in Bool.random(using: &random) }
    let frequencies = rows.map { _ in UInt32.random(in: 1...(.max >> UInt32.random(in: 0...31, using: &random)), using: &random) }
    var expected = [UInt32](repeating: 3, count: 800)
    var sums = expected
    for (row, frequency) in zip(rows, frequencies) {
      let count = Float(frequency)
      let share = 1e6 * (count / (count + (0.5 + 0.01 * Float(lengths[Int(row)]))))
      expected[Int(row) - 100] += max(1, UInt32(share))
    }
    unsafe kernels.accumulate(
      rows: rows, frequencies: frequencies.map { $0 - 1 }, count: rows.count, lengths: lengths, ceiling: 1e6, flat: 0.5, slope: 0.01, first: 100,
      into: &sums)
    #expect(sums == expected)
  }

  @Test(arguments: instructionSets)
  func sumsAboveTheFloorStay(set: DistanceKernels.InstructionSet) throws {
    let kernels = try #require(PostingKernels(set))
    var random = SeededGenerator(seed: 23)
    for count in [0, 1, 15, 31, 32, 100, 4096] {
      let original = (0..<count).map { _ in UInt32.random(in: 0...1000, using: &random) }
      for floor in [UInt32(0), 500, 990, 1000] {
        var sums = original
        var places = [UInt32](repeating: 0, count: count + PostingKernels.extraPlaces)
        let found = unsafe kernels.select(&sums, count: count, above: floor, into: &places)
        #expect(places.prefix(found).map(Int.init) == original.indices.filter { original[$0] > floor })
        #expect(sums == original.map { $0 > floor ? $0 : 0 })
      }
    }
  }
}
