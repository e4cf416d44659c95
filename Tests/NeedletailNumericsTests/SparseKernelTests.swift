import NeedletailNumerics
import Testing

@Suite struct SparseKernelTests {
  /// Every instruction set gives the sums of the definition, for queries of every length and rows of every length.
  @Test(arguments: DistanceKernels.InstructionSet.allCases, [true, false])
  func sumsAreThoseOfTheDefinition(_ instructionSet: DistanceKernels.InstructionSet, _ hasWideCodes: Bool) throws {
    guard let kernels = SparseKernels(instructionSet) else { return }
    var random = SeededGenerator(seed: 11)
    for (dimension, queryCount) in [(1, 1), (70, 0), (500, 5), (30_000, 43), (65_536, 100), (65_536, 400), (90_000, 43)] {
      let terms = Array(Set((0..<queryCount).map { _ in UInt32.random(in: 0..<UInt32(dimension), using: &random) })).sorted()
      let codes = terms.map { _ in UInt16.random(in: 1..<160, using: &random) }
      let table = SparseQueryTable(dimension: dimension)
      table.load([0], codes: [9])
      table.load(terms, codes: codes)
      let query = Dictionary(uniqueKeysWithValues: zip(terms, codes))
      var starts: [UInt32] = [0]
      var rowTerms: [UInt32] = []
      var rowCodes: [UInt16] = []
      for length in 0..<80 {
        for _ in 0..<length {
          let isShared = !terms.isEmpty && Bool.random(using: &random)
          rowTerms.append(isShared ? terms.randomElement(using: &random)! : UInt32.random(in: 0..<UInt32(dimension), using: &random))
          rowCodes.append(UInt16.random(in: 0...(hasWideCodes ? 32_767 : 255), using: &random))
        }
        starts.append(UInt32(rowTerms.count))
      }
      let expected = (0..<80).map { row in
        (Int(starts[row])..<Int(starts[row + 1])).reduce(Int32(0)) { $0 + Int32(query[rowTerms[$1]] ?? 0) * Int32(rowCodes[$1]) }
      }
      #expect(unsafe Self.scores(kernels, table, starts, rowTerms, rowCodes, dimension > 1 << 16, hasWideCodes, indices: nil) == expected)
      let order = (0..<UInt32(80)).shuffled(using: &random)
      #expect(
        unsafe Self.scores(kernels, table, starts, rowTerms, rowCodes, dimension > 1 << 16, hasWideCodes, indices: order)
          == order.map { expected[Int($0)] })
    }
  }

  @unsafe private static func scores(
    _ kernels: SparseKernels, _ table: SparseQueryTable, _ starts: [UInt32], _ terms: [UInt32], _ codes: [UInt16],
    _ hasWideTerms: Bool, _ hasWideCodes: Bool, indices: [UInt32]?
  ) -> [Int32] {
    let narrowTerms = hasWideTerms ? [] : terms.map { UInt16($0) }
    let narrowCodes = hasWideCodes ? [] : codes.map { UInt8($0) }
    var results = [Int32](repeating: -1, count: starts.count - 1)
    unsafe terms.withUnsafeBytes { wideTerms in
      unsafe narrowTerms.withUnsafeBytes { narrowTerms in
        unsafe codes.withUnsafeBytes { wideCodes in
          unsafe narrowCodes.withUnsafeBytes { narrowCodes in
            unsafe starts.withUnsafeBufferPointer { starts in
              let rows = unsafe SparseRowsPointer(
                starts: starts.baseAddress!, terms: (hasWideTerms ? wideTerms : narrowTerms).baseAddress!, hasWideTerms: hasWideTerms,
                codes: (hasWideCodes ? wideCodes : narrowCodes).baseAddress!, hasWideCodes: hasWideCodes)
              unsafe kernels.score(table, rows, indices: indices, count: starts.count - 1, into: &results)
            }
          }
        }
      }
    }
    return results
  }
}
