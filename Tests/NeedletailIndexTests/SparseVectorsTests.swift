import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

@Suite struct SparseVectorsTests {
  @Test func entriesAreSortedAndZerosLeftOut() throws {
    let vector = try SparseVector([(term: 9, weight: 1), (term: 2, weight: 0), (term: 4, weight: -0.5)])
    #expect(vector.terms == [4, 9] && vector.weights == [-0.5, 1])
    #expect(vector.dot(try SparseVector([(term: 9, weight: 3), (term: 1, weight: 5)])) == 3)
  }

  @Test func unsoundEntriesAreRefused() {
    #expect(throws: SparseVectorError.repeatedTerm(row: nil, term: 3)) {
      try SparseVector([(term: 3, weight: 1), (term: 3, weight: 2)])
    }
    for weight in [Float.nan, .infinity, -.infinity] {
      #expect(throws: SparseVectorError.unusableWeight(row: nil, term: 1)) { try SparseVector([(term: UInt32(1), weight: weight)]) }
    }
    var vectors = SparseVectors(dimension: 5)
    #expect(throws: SparseVectorError.termOutOfRange(row: 0, term: 5, dimension: 5)) {
      try vectors.append(SparseVector([(term: 5, weight: 1)]))
    }
    #expect(vectors.count == 0)
  }

  @Test func theHeaviestComponentsStayInOrder() throws {
    let vector = try SparseVector([(term: 9, weight: 1), (term: 2, weight: 3), (term: 4, weight: 1), (term: 7, weight: 2)])
    #expect(vector.keepingHeaviest(3) == (try SparseVector([(term: 2, weight: 3), (term: 4, weight: 1), (term: 7, weight: 2)])))
    #expect(vector.keepingHeaviest(0).count == 0 && vector.keepingHeaviest(9) == vector)
    var vectors = SparseVectors(dimension: 10)
    for _ in 0..<2 { try vectors.append(vector) }
    let pruned = vectors.keepingHeaviest(1)
    #expect(pruned.count == 2 && pruned.terms == [2, 2] && pruned.weights == [3, 3])
  }

  @Test func unsoundPartsAreRefused() {
    func parts(_ offsets: [Int], _ terms: [UInt32], _ weights: [Float]) throws -> SparseVectors {
      try SparseVectors(dimension: 4, offsets: offsets, terms: terms, weights: weights)
    }
    #expect(throws: SparseVectorError.unevenParts) { try parts([], [], []) }
    #expect(throws: SparseVectorError.unevenParts) { try parts([0, 2], [1], [1]) }
    #expect(throws: SparseVectorError.unevenParts) { try parts([0, 1, 0, 1], [1], [1]) }
    #expect(throws: SparseVectorError.unevenParts) { try parts([0, 1], [1], []) }
    #expect(throws: SparseVectorError.unorderedTerms(row: 0)) { try parts([0, 2], [2, 1], [1, 1]) }
    #expect(throws: SparseVectorError.repeatedTerm(row: 1, term: 2)) { try parts([0, 1, 3], [0, 2, 2], [1, 1, 1]) }
    #expect(throws: SparseVectorError.termOutOfRange(row: 0, term: 4, dimension: 4)) { try parts([0, 1], [4], [1]) }
    #expect(throws: SparseVectorError.impossibleDimension(-1)) {
      try SparseVectors(dimension: -1, offsets: [0], terms: [], weights: [])
    }
  }

  @Test func aFileHoldsWhatWasWritten() throws {
    let vectors = try SparseSamples.vectors(200)
    let read = try TemporaryFile.use { path in
      try vectors.write(to: path)
      return try SparseVectors(contentsOf: path)
    }
    #expect(read == vectors)
  }

  /// A damaged file is refused with a message that names it, or holds sound vectors.
  @Test func damagedFilesAreRefusedOrSound() throws {
    let vectors = try SparseSamples.vectors(50)
    let original = try TemporaryFile.bytes { try vectors.write(to: $0) }
    var random = SeededGenerator(seed: 2)
    var refused = 0
    for _ in 0..<500 {
      var bytes = original
      if Bool.random(using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      } else {
        bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
      }
      try TemporaryFile.use { path in
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        do throws(IndexError) {
          let read = try SparseVectors(contentsOf: path)
          #expect(read.weights.allSatisfy(\.isFinite) && read.terms.allSatisfy { Int($0) < read.dimension })
        } catch {
          refused += 1
          #expect(error.description.contains(path))
        }
      }
    }
    #expect(refused > 250)
  }
}
