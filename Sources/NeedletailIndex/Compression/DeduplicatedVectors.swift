internal import NeedletailCore

/// Blocks of rows and columns, of which those that nearly equal an earlier one are kept as its number (L. Zhou et al.,
/// "Serving deep learning models with deduplication from relational databases", VLDB 2022, in the two-dimensional form of
/// Zhang et al., VLDB 2024).
///
/// Deviation: each block is compared with all kept ones instead of those that a hash proposes, which finds at least as
/// many duplicates.
struct DeduplicatedVectors: CompressedVectors {
  let count: Int
  let dimension: Int
  private let blockRows: Int
  private let blockColumns: Int
  private let blocks: [[Float]]
  /// The kept block at each place of the grid, row by row.
  private let numbers: [UInt32]

  private static let tolerance: Float = 0.01
  private static let requiredShare = 0.7

  /// Nil if more blocks differ than fit the budget.
  init?(_ vectors: DenseVectors, blockRows: Int, blockColumns: Int, budgetBytes: Int) {
    count = vectors.count
    dimension = vectors.dimension
    self.blockRows = blockRows
    self.blockColumns = blockColumns
    var (blocks, numbers): ([[Float]], [UInt32]) = ([], [])
    for top in stride(from: 0, to: vectors.count, by: blockRows) {
      for left in stride(from: 0, to: vectors.dimension, by: blockColumns) {
        var block = [Float](repeating: 0, count: blockRows * blockColumns)
        for row in top..<min(vectors.count, top + blockRows) {
          for column in left..<min(vectors.dimension, left + blockColumns) {
            block[(row - top) * blockColumns + column - left] = vectors.values[row * vectors.dimension + column]
          }
        }
        if let known = blocks.firstIndex(where: { Self.areAlike($0, block) }) {
          numbers.append(UInt32(known))
        } else {
          numbers.append(UInt32(blocks.count))
          blocks.append(block)
          if 4 * (blocks.count * block.count + numbers.count) > budgetBytes { return nil }
        }
      }
    }
    (self.blocks, self.numbers) = (blocks, numbers)
    if byteCount > budgetBytes { return nil }
  }

  private static func areAlike(_ left: [Float], _ right: [Float]) -> Bool {
    let allowed = Int(Double(left.count) * (1 - requiredShare))
    var differing = 0
    for index in left.indices where abs(left[index] - right[index]) > tolerance {
      differing += 1
      if differing > allowed { return false }
    }
    return true
  }

  var storage: [StoredPart] {
    [
      StoredPart(name: "blocks", bits: 32 * blocks.count * blockRows * blockColumns),
      StoredPart(name: "map", bits: 32 * numbers.count),
    ]
  }

  func decode(_ rows: Range<Int>) -> [Float] {
    let across = (dimension + blockColumns - 1) / blockColumns
    return rows.flatMap { row in
      (0..<dimension).map { column in
        blocks[Int(numbers[row / blockRows * across + column / blockColumns])][row % blockRows * blockColumns + column % blockColumns]
      }
    }
  }
}
