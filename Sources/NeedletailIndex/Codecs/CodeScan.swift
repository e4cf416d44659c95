package import NeedletailCore
internal import NeedletailNumerics

/// Nothing but the comparison of a query with packed codes, one row after the other: for measuring how fast codecs are.
package struct CodeScan {
  private let codec: any BlockCodec
  private let blocks: AlignedMemory
  private let count: Int
  private let queries: DenseVectors

  /// - Precondition: the codec is one of this room.
  package init(_ codec: any VectorCodec, _ vectors: DenseVectors) {
    guard let codec = codec as? any BlockCodec else { preconditionFailure("\(type(of: codec)) compares nothing in memory") }
    self.codec = codec
    count = vectors.count
    queries = vectors
    let codes = codec.encode(vectors)
    let rowBytes = codec.codeBytes + codec.residualBytes
    let blockCount = (vectors.count + codec.blockRows - 1) / codec.blockRows
    blocks = AlignedMemory.zeroed(count: blockCount * codec.blockBytes)
    var dense: [UInt8] = []
    for row in 0..<vectors.count { dense += codes[row * rowBytes..<row * rowBytes + codec.codeBytes] }
    unsafe dense.withUnsafeBufferPointer { dense in
      for block in 0..<blockCount {
        unsafe codec.pack(
          dense.baseAddress! + block * codec.blockRows * codec.codeBytes,
          count: min(codec.blockRows, vectors.count - block * codec.blockRows),
          into: blocks.start.assumingMemoryBound(to: UInt8.self) + block * codec.blockBytes)
      }
    }
  }

  /// Rows compared in a second by one thread, the query's preparation included.
  package func rowsPerSecond(queries queryCount: Int) -> Double {
    let prepared = CodeQuery(for: codec)
    let blockCount = blocks.count / max(1, codec.blockBytes)
    let blocksPerRun = max(1, 256 / codec.blockRows)
    let scores = AlignedMemory.zeroed(count: 4 * (blocksPerRun * codec.blockRows + 32))
    let start = ContinuousClock.now
    for number in 0..<queryCount {
      unsafe Array(queries[number % queries.count]).withUnsafeBufferPointer { unsafe codec.prepare($0.baseAddress!, prepared) }
      for block in stride(from: 0, to: blockCount, by: blocksPerRun) {
        let rows = min(count - block * codec.blockRows, blocksPerRun * codec.blockRows)
        unsafe codec.score(
          prepared, blocks.start.assumingMemoryBound(to: UInt8.self) + block * codec.blockBytes, count: rows,
          into: scores.start.assumingMemoryBound(to: Float.self))
      }
    }
    return Double(queryCount * count) / ((ContinuousClock.now - start) / .seconds(1))
  }

  /// The same for codes as planes of bits.
  package static func rowsPerSecond(of planes: BitPlanes, count: Int, queries queryCount: Int) -> Double {
    let start = ContinuousClock.now
    var sum = 0
    for number in 0..<queryCount {
      for first in stride(from: 0, to: count, by: 256) {
        sum &+= planes.products(of: number % count, with: first..<min(count, first + 256))[0]
      }
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    // The sum is looked at so that the work is not optimised away.
    return sum == .min ? 0 : Double(queryCount * count) / seconds
  }
}
