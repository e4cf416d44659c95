internal import Foundation
internal import NeedletailCore

/// Sparse vectors of record as blobs: the terms one after the other, then their weights, little endian, in 4 bytes each.
enum SparseCoding {
  /// The largest weight that is stored, so that no sum over a vocabulary overflows.
  static let largestWeight: Float = 1e12

  static func encode(_ vector: SparseVector) -> Data {
    // A weight of 0 says what a missing term says.
    let entries = zip(vector.terms, vector.weights).filter { $0.1 != 0 }
    var patterns = entries.map { $0.0.littleEndian } + entries.map { $0.1.bitPattern.littleEndian }
    return unsafe patterns.withUnsafeMutableBytes { bytes in unsafe Data(bytes) }
  }

  /// The vector of a blob; nil if the blob is none.
  static func decode(_ blob: Data) -> SparseVector? {
    guard blob.count.isMultiple(of: 8) else { return nil }
    let count = blob.count / 8
    let numbers = unsafe blob.withUnsafeBytes { bytes in
      (0..<2 * count).map { place in UInt32(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: 4 * place, as: UInt32.self)) }
    }
    let weights = numbers[count...].map { Float(bitPattern: $0) }
    guard weights.allSatisfy({ $0 > 0 && $0 <= largestWeight }), zip(numbers, numbers[..<count].dropFirst()).allSatisfy({ $0 < $1 }) else {
      return nil
    }
    return try? SparseVector(zip(numbers, weights).map { (term: $0, weight: $1) })
  }
}
