import NeedletailNumerics
import Testing

@Suite struct CodeKernelsTests {
  static let available = DistanceKernels.InstructionSet.allCases.filter { CodeKernels($0) != nil }

  private struct Sample {
    var generator = SeededGenerator(seed: 1)

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) } }

    /// A query of extremes every other time.
    mutating func query(_ count: Int) -> [Int8] {
      let isExtreme = Bool.random(using: &generator)
      return (0..<count).map { _ in
        isExtreme ? (Bool.random(using: &generator) ? 127 : -127) : Int8.random(in: -127...127, using: &generator)
      }
    }
  }

  @Test(arguments: available)
  func nibbleProductsAreExact(_ instructionSet: DistanceKernels.InstructionSet) throws {
    let kernels = try #require(CodeKernels(instructionSet))
    var sample = Sample()
    for dimension in [64, 128, 384, 1_088] {
      let query = sample.query(dimension)
      let rows = sample.bytes(5 * dimension / 2)
      let expected = (0..<5).map { row in
        (0..<dimension).reduce(Int32(0)) { sum, i in
          let byte = rows[row * dimension / 2 + i / 64 * 32 + i % 32]
          return sum + Int32(query[i]) * Int32(i % 64 < 32 ? byte & 15 : byte >> 4)
        }
      }
      var results = [Int32](repeating: 0, count: 5)
      unsafe kernels.dot(query, nibbleRows: rows, stride: dimension / 2, count: 5, dimension: dimension, into: &results)
      #expect(results == expected)
    }
  }

  @Test(arguments: available)
  func planeProductsAreExact(_ instructionSet: DistanceKernels.InstructionSet) throws {
    let kernels = try #require(CodeKernels(instructionSet))
    var sample = Sample()
    for dimension in [64, 192, 384, 1_024] {
      for planes in 1...8 {
        let query = sample.query(dimension)
        let stride = planes * dimension / 8 + 3
        let rows = sample.bytes(4 * stride)
        let expected = (0..<4).map { row in
          (0..<dimension).reduce(Int32(0)) { sum, i in
            let code = (0..<planes).reduce(Int32(0)) {
              2 * $0 + Int32(rows[row * stride + $1 * dimension / 8 + i / 8] >> UInt8(i % 8) & 1)
            }
            return sum + Int32(query[i]) * code
          }
        }
        var results = [Int32](repeating: 0, count: 4)
        unsafe kernels.dot(
          query, planeRows: rows, stride: stride, count: 4, dimension: dimension, planes: planes, into: &results)
        #expect(results == expected, "\(dimension) \(planes)")
      }
    }
  }

  @Test(arguments: available)
  func planeProductsReachTheDocumentedBound(_ instructionSet: DistanceKernels.InstructionSet) throws {
    let kernels = try #require(CodeKernels(instructionSet))
    let dimension = 65_536
    let query = [Int8](repeating: -127, count: dimension)
    let row = [UInt8](repeating: 255, count: dimension)
    var result: Int32 = 0
    unsafe kernels.dot(query, planeRows: row, stride: dimension, count: 1, dimension: dimension, planes: 8, into: &result)
    #expect(result == -127 * 255 * 65_536)
  }

  @Test(arguments: available)
  func differingBitsAreCounted(_ instructionSet: DistanceKernels.InstructionSet) throws {
    let kernels = try #require(CodeKernels(instructionSet))
    var sample = Sample()
    for bytes in Array(1...70) + [128, 129, 1_000] {
      let query = sample.bytes(bytes)
      let rows = sample.bytes(3 * (bytes + 1))
      let expected = (0..<3).map { row in
        (0..<bytes).reduce(UInt32(0)) { $0 + UInt32((query[$1] ^ rows[row * (bytes + 1) + $1]).nonzeroBitCount) }
      }
      var results = [UInt32](repeating: 0, count: 3)
      unsafe kernels.hamming(query, rows, stride: bytes + 1, count: 3, bytes: bytes, into: &results)
      #expect(results == expected)
    }
  }

  @Test(arguments: available)
  func tableSumsAreExactAlsoWhereSixteenBitsOverflow(_ instructionSet: DistanceKernels.InstructionSet) throws {
    let kernels = try #require(CodeKernels(instructionSet))
    var sample = Sample()
    for parts in [4, 12, 48, 256, 260, 772] {
      for blockCount in [1, 2, 3, 4, 5, 9] {
        let tables = parts == 772 ? [UInt8](repeating: 255, count: 16 * parts) : sample.bytes(16 * parts)
        let stride = 16 * parts + 10
        let blocks = sample.bytes(stride * blockCount)
        let expected = (0..<32 * blockCount).map { row in
          (0..<parts).reduce(UInt32(0)) { sum, part in
            let byte = blocks[row / 32 * stride + part * 16 + row % 16]
            return sum + UInt32(tables[16 * part + Int(row % 32 < 16 ? byte & 15 : byte >> 4)])
          }
        }
        var sums = [UInt32](repeating: 7, count: 32 * blockCount)
        unsafe kernels.sumNibbles(tables, blocks, blockStride: stride, blockCount: blockCount, parts: parts, into: &sums)
        #expect(sums == expected, "\(parts) parts, \(blockCount) blocks")
      }
    }
  }

  @Test(arguments: available)
  func brainRowsAgreeWithDoublePrecision(_ instructionSet: DistanceKernels.InstructionSet) throws {
    let kernels = try #require(CodeKernels(instructionSet))
    var sample = Sample()
    for dimension in Array(1...40) + [384, 385] {
      let query = (0..<dimension).map { _ in Float.random(in: -1...1, using: &sample.generator) }
      let rows = (0..<3 * dimension).map { _ in
        UInt16(Float.random(in: -1...1, using: &sample.generator).bitPattern >> 16)
      }
      var results = [Float](repeating: 0, count: 3)
      unsafe kernels.dot(query, brainRows: rows, stride: dimension, count: 3, dimension: dimension, into: &results)
      for row in 0..<3 {
        let expected = (0..<dimension).reduce(0.0) {
          $0 + Double(query[$1]) * Double(Float(brainPrecision: rows[row * dimension + $1]))
        }
        #expect(abs(Double(results[row]) - expected) < 1e-6 * Double(dimension))
      }
    }
  }

  @Test func byteTablesAreSummed() {
    var sample = Sample()
    let parts = 7
    let tables = (0..<256 * parts).map { _ in Float.random(in: -1...1, using: &sample.generator) }
    let rows = sample.bytes(6 * parts)
    var results = [Float](repeating: 0, count: 6)
    unsafe CodeKernels.sumBytes(tables, rows, stride: parts, count: 6, parts: parts, into: &results)
    for row in 0..<6 {
      let expected = (0..<parts).reduce(Float(0)) { $0 + tables[256 * $1 + Int(rows[row * parts + $1])] }
      #expect(abs(results[row] - expected) < 1e-5)
    }
  }
}
