internal import NeedletailCore

/// The components of the greatest magnitude, the rest zero: rows of columns and values where at least three are left in a
/// row on average (CSR), otherwise triples (COO), as Zhang et al., VLDB 2024, count it.
struct PrunedVectors: CompressedVectors {
  let count: Int
  let dimension: Int
  private let starts: [Int]
  private let columns: [UInt32]
  private let values: [Float]
  private let hasTriples: Bool

  /// Nil if not even one component for ten rows fits the budget.
  init?(_ vectors: DenseVectors, budgetBytes: Int) {
    count = vectors.count
    dimension = vectors.dimension
    let rowForm = (budgetBytes / 4 - count - 1) / 2
    hasTriples = rowForm < 3 * count
    let kept = min(vectors.values.count, hasTriples ? budgetBytes / 12 : rowForm)
    guard kept >= max(1, count / 10) else { return nil }
    let magnitudes = vectors.values.map { abs($0) }.sorted(by: >)
    let threshold = magnitudes[kept - 1]
    // Of equal magnitudes at the threshold the first ones are kept.
    var atThreshold = kept - magnitudes.prefix { $0 > threshold }.count
    var (starts, columns, values): ([Int], [UInt32], [Float]) = ([0], [], [])
    for row in 0..<count {
      for (column, value) in vectors[row].enumerated() where abs(value) >= threshold {
        if abs(value) == threshold {
          guard atThreshold > 0 else { continue }
          atThreshold -= 1
        }
        columns.append(UInt32(column))
        values.append(value)
      }
      starts.append(values.count)
    }
    (self.starts, self.columns, self.values) = (starts, columns, values)
  }

  var storage: [StoredPart] {
    [
      StoredPart(name: "values", bits: 32 * values.count), StoredPart(name: "columns", bits: 32 * columns.count),
      hasTriples ? StoredPart(name: "rows", bits: 32 * values.count) : StoredPart(name: "row starts", bits: 32 * (count + 1)),
    ]
  }

  func decode(_ rows: Range<Int>) -> [Float] {
    var result = [Float](repeating: 0, count: rows.count * dimension)
    for row in rows {
      for place in starts[row]..<starts[row + 1] {
        result[(row - rows.lowerBound) * dimension + Int(columns[place])] = values[place]
      }
    }
    return result
  }
}
