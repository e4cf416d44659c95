package import NeedletailNumerics

/// The contrast of each row with its partner against the hardest others of the batch: cross-entropy over the cosine of the
/// partner and those of the most similar rows that are not, divided by a temperature (Gan et al., KDD 2023, section 3.3).
package struct HardNegativeContrast {
  var temperature: Float
  /// How many of the most similar other rows each row is told from.
  var negativeCount: Int
  /// Rows with equal groups are not told from each other.
  var groups: [Int]

  package init(temperature: Float = 0.05, negativeCount: Int = 5, groups: [Int]) {
    self.temperature = temperature
    self.negativeCount = negativeCount
    self.groups = groups
  }

  /// The loss for unit rows, and its gradients with respect to `queries` and `keys`.
  ///
  /// Both directions count: queries among keys and keys among queries.
  package func loss(
    _ queries: [Float], _ keys: [Float], dimension: Int, pool: WorkerPool
  ) -> (loss: Double, queryGradient: [Float], keyGradient: [Float]) {
    let count = groups.count
    let similarities = DenseProduct.rows(queries, keys, depth: dimension, pool: pool)
    var gradient = [Float](repeating: 0, count: count * count)
    var loss = 0.0
    for row in 0..<count {
      loss += contrast(row, similarities, count, { $0 * count + $1 }, &gradient)
      loss += contrast(row, similarities, count, { $1 * count + $0 }, &gradient)
    }
    let scale = 1 / Float(count)
    for index in gradient.indices { gradient[index] *= scale }
    return (
      loss / Double(count),
      DenseProduct.rows(gradient, Matrix.transposed(keys, columns: dimension), depth: count, pool: pool),
      DenseProduct.rows(
        Matrix.transposed(gradient, columns: count), Matrix.transposed(queries, columns: dimension), depth: count,
        pool: pool)
    )
  }

  private func contrast(
    _ row: Int, _ similarities: [Float], _ count: Int, _ place: (Int, Int) -> Int, _ gradient: inout [Float]
  ) -> Double {
    var hardest = TopK(capacity: negativeCount)
    for other in 0..<count where groups[other] != groups[row] {
      hardest.insert(row: UInt32(other), score: similarities[place(row, other)])
    }
    let chosen = [row] + hardest.ranked.map { Int($0.row) }
    let scaled = chosen.map { similarities[place(row, $0)] / temperature }
    let exponents = SoftMaximum(scaled)
    for (index, other) in chosen.enumerated() {
      gradient[place(row, other)] += (exponents.weights[index] - (index == 0 ? 1 : 0)) / temperature
    }
    return exponents.logarithmOfSum - Double(scaled[0])
  }
}

/// The weights `exp(x) / Σ exp(x)` of some numbers.
struct SoftMaximum {
  let weights: [Float]
  let logarithmOfSum: Double

  init(_ values: [Float]) {
    let largest = Double(values.max() ?? 0)
    let exponents = values.map { Exponential.value(Double($0) - largest) }
    let sum = exponents.reduce(0, +)
    weights = exponents.map { Float($0 / sum) }
    logarithmOfSum = largest + Exponential.logarithm(sum)
  }
}
