import NeedletailNumerics
import Testing

@Suite struct DistanceKernelsTests {
  static let available = DistanceKernels.InstructionSet.allCases.compactMap { DistanceKernels($0) }
  // Around every width of a register and of an unrolled step.
  static let dimensions = Array(1...40) + [63, 64, 65, 95, 96, 97, 127, 128, 129, 384, 385, 1_000]

  @Test func serialIsAlwaysThereAndTheCurrentOneIsListed() {
    #expect(DistanceKernels(.serial) != nil)
    #expect(Self.available.contains { $0.instructionSet == DistanceKernels.current.instructionSet })
  }

  @Test(arguments: available.map(\.instructionSet))
  func floatScoresAgreeWithDoublePrecision(_ instructionSet: DistanceKernels.InstructionSet) throws {
    let kernels = try #require(DistanceKernels(instructionSet))
    var generator = SeededGenerator(seed: 1)
    for dimension in Self.dimensions {
      let query = (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) }
      let rows = (0..<7 * dimension).map { _ in Float.random(in: -1...1, using: &generator) }
      let halves = kernels.halves(from: rows.span)
      let rounded = kernels.floats(fromHalves: halves.span)
      let tolerance = 1e-6 * Double(dimension)
      expect(kernels.dot(query.span, rows: rows.span), products(query, rows), within: tolerance)
      expect(kernels.squaredEuclidean(query.span, rows: rows.span), distances(query, rows), within: 4 * tolerance)
      expect(kernels.dot(query.span, halfRows: halves.span), products(query, rounded), within: tolerance)
      expect(
        kernels.squaredEuclidean(query.span, halfRows: halves.span), distances(query, rounded), within: 4 * tolerance)
    }
  }

  @Test(arguments: available.map(\.instructionSet))
  func codeProductsAreExact(_ instructionSet: DistanceKernels.InstructionSet) throws {
    let kernels = try #require(DistanceKernels(instructionSet))
    var generator = SeededGenerator(seed: 2)
    for dimension in Self.dimensions {
      for extreme in [false, true] {
        func code() -> Int8 {
          extreme ? (Bool.random(using: &generator) ? 127 : -127) : Int8.random(in: -127...127, using: &generator)
        }
        let query = (0..<dimension).map { _ in code() }
        let rows = (0..<6 * dimension).map { _ in code() }
        let expected = (0..<6).map { row in
          zip(query, rows[row * dimension..<(row + 1) * dimension]).reduce(Int32(0)) { $0 + Int32($1.0) * Int32($1.1) }
        }
        #expect(kernels.dot(query.span, codeRows: rows.span) == expected)
      }
    }
  }

  @Test(arguments: available.map(\.instructionSet))
  func codeProductsReachTheDocumentedBound(_ instructionSet: DistanceKernels.InstructionSet) throws {
    let kernels = try #require(DistanceKernels(instructionSet))
    let codes = [Int8](repeating: 127, count: 133_144)
    #expect(kernels.dot(codes.span, codeRows: codes.span) == [127 * 127 * 133_144])
  }

  @Test(arguments: available.map(\.instructionSet))
  func halvesAgreeWithTheSerialConversion(_ instructionSet: DistanceKernels.InstructionSet) throws {
    let kernels = try #require(DistanceKernels(instructionSet))
    let serial = try #require(DistanceKernels(.serial))
    var generator = SeededGenerator(seed: 3)
    var values: [Float] = [0, -0, 1, -1, 65_504, 65_519.9, 65_520, 1e30, .infinity, -.infinity, 1e-8, 5.96e-8, 6.1e-5]
    // Every binade and the places between two halves, where rounding decides.
    for _ in 0..<20_000 {
      values.append(Float(bitPattern: UInt32.random(in: 0x3000_0000...0x4780_0000, using: &generator)))
      let exponent = UInt32.random(in: 102...142, using: &generator)
      let fraction = UInt32.random(in: 0..<1 << 10, using: &generator)
      values.append(Float(bitPattern: exponent << 23 | fraction << 13 | 0x1000))
    }
    #expect(kernels.halves(from: values.span) == serial.halves(from: values.span))
    let all = (0...UInt16.max).filter { $0 & 0x7c00 != 0x7c00 || $0 & 0x3ff == 0 }
    let floats = kernels.floats(fromHalves: all.span)
    #expect(floats == serial.floats(fromHalves: all.span))
    #expect(kernels.halves(from: floats.span) == all)
  }

  @Test func noRowsGiveNoScores() {
    let query: [Float] = [1, 2]
    let none: [Float] = []
    #expect(DistanceKernels.current.dot(query.span, rows: none.span).isEmpty)
    #expect(DistanceKernels.current.dot(none.span, rows: none.span).isEmpty)
  }

  private func expect(_ scores: [Float], _ expected: [Double], within tolerance: Double) {
    #expect(scores.count == expected.count)
    for (score, expected) in zip(scores, expected) { #expect(abs(Double(score) - expected) <= tolerance) }
  }

  private func products(_ query: [Float], _ rows: [Float]) -> [Double] {
    stride(from: 0, to: rows.count, by: query.count).map { start in
      query.indices.reduce(0) { $0 + Double(query[$1]) * Double(rows[start + $1]) }
    }
  }

  private func distances(_ query: [Float], _ rows: [Float]) -> [Double] {
    stride(from: 0, to: rows.count, by: query.count).map { start in
      query.indices.reduce(0) { sum, index in
        let difference = Double(query[index]) - Double(rows[start + index])
        return sum + difference * difference
      }
    }
  }
}
