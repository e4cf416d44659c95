internal import NeedletailCore
internal import NeedletailNumerics

/// The whole collection as a product of three small tensors: `x(i)` is `G₁[i₁] G₂[i₂] G₃[i₃]`, with the row number in a
/// mixed radix (I. Oseledets, "Tensor-train decomposition", SIAM Journal on Scientific Computing 33, 2011; the factors and
/// ranks of Zhang et al., VLDB 2024).
struct TensorTrainVectors: CompressedVectors {
  let count: Int
  let dimension: Int
  private let shape: Shape
  /// `n₁ d₁` rows of `rank`, `rank` times `n₂ d₂` rows of `rank`, `rank` rows of `n₃ d₃`.
  private let cores: (first: [Float], second: [Float], third: [Float])

  /// How rows and components are factored, and the rank between the cores.
  struct Shape: Sendable {
    var rows: [Int]
    var components: [Int]
    var firstRank: Int
    var secondRank: Int

    /// The greatest rank within a budget; nil if not even rank 1 fits.
    init?(count: Int, dimension: Int, budgetBytes: Int) {
      let first = max(1, Int(Double(count).cubeRoot.rounded(.up)))
      let second = max(1, Int((Double(count) / Double(first)).squareRoot().rounded(.up)))
      rows = [(count + first * second - 1) / (first * second), second, first]
      components = Self.factors(dimension)
      let sizes = zip(rows, components).map { $0 * $1 }
      var rank = 0
      while (sizes[0] + sizes[1] * (rank + 1) + sizes[2]) * (rank + 1) * 4 <= budgetBytes { rank += 1 }
      guard rank > 0 else { return nil }
      firstRank = min(rank, sizes[0])
      secondRank = min(rank, sizes[2])
    }

    /// Three factors, ascending and as near to each other as can be.
    private static func factors(_ dimension: Int) -> [Int] {
      var best = [1, 1, dimension]
      for a in 1...dimension where dimension.isMultiple(of: a) && a * a * a <= dimension {
        let rest = dimension / a
        for b in a...rest where rest.isMultiple(of: b) && b * b <= rest {
          if rest / b - a < best[2] - best[0] { best = [a, b, rest / b] }
        }
      }
      return best
    }
  }

  init(_ vectors: DenseVectors, shape: Shape, pool: WorkerPool) {
    count = vectors.count
    dimension = vectors.dimension
    self.shape = shape
    let (n, d) = (shape.rows, shape.components)
    // Rows (i₁ j₁), columns (i₂ j₂ i₃ j₃).
    let columns = n[1] * d[1] * n[2] * d[2]
    var unfolded = [Float](repeating: 0, count: n[0] * d[0] * columns)
    for row in 0..<vectors.count {
      let (i1, i2, i3) = (row / (n[1] * n[2]), row / n[2] % n[1], row % n[2])
      for component in 0..<vectors.dimension {
        let (j1, j2, j3) = (component / (d[1] * d[2]), component / d[2] % d[1], component % d[2])
        let column = ((i2 * d[1] + j2) * n[2] + i3) * d[2] + j3
        unfolded[(i1 * d[0] + j1) * columns + column] = vectors.values[row * vectors.dimension + component]
      }
    }
    let first = Self.leading(unfolded, columns: columns, rank: shape.firstRank, pool)
    // The rest, folded to (rank i₂ j₂) by (i₃ j₃), and its transposed, whose leading directions are the last core.
    let rest = DenseProduct.rows(
      Matrix.transposed(first, columns: shape.firstRank), Matrix.transposed(unfolded, columns: columns),
      depth: n[0] * d[0], pool: pool)
    let width = n[2] * d[2]
    let last = Self.leading(Matrix.transposed(rest, columns: width), columns: rest.count / width, rank: shape.secondRank, pool)
    let third = Matrix.transposed(last, columns: shape.secondRank)
    cores = (first, DenseProduct.rows(rest, third, depth: width, pool: pool), third)
  }

  /// The leading left singular vectors of a matrix, as columns.
  private static func leading(_ matrix: [Float], columns: Int, rank: Int, _ pool: WorkerPool) -> [Float] {
    let rows = matrix.count / columns
    let parts = SingularValues(DenseProduct.rows(matrix, matrix, depth: columns, pool: pool).map(Double.init), count: rows)
    return (0..<rows).flatMap { row in (0..<rank).map { Float(parts.right[$0][row]) } }
  }

  var storage: [StoredPart] {
    [StoredPart(name: "cores", bits: 32 * (cores.first.count + cores.second.count + cores.third.count))]
  }

  func decode(_ rows: Range<Int>) -> [Float] {
    let (n, d) = (shape.rows, shape.components)
    let (r1, r2) = (shape.firstRank, shape.secondRank)
    var result = [Float](repeating: 0, count: rows.count * dimension)
    var middle = [Float](repeating: 0, count: r2)
    for row in rows {
      let (i1, i2, i3) = (row / (n[1] * n[2]), row / n[2] % n[1], row % n[2])
      for j1 in 0..<d[0] {
        let left = (i1 * d[0] + j1) * r1
        for j2 in 0..<d[1] {
          for b in 0..<r2 { middle[b] = 0 }
          for a in 0..<r1 {
            let factor = cores.first[left + a]
            let start = ((a * n[1] + i2) * d[1] + j2) * r2
            for b in 0..<r2 { middle[b] += factor * cores.second[start + b] }
          }
          for j3 in 0..<d[2] {
            var sum: Float = 0
            for b in 0..<r2 { sum += middle[b] * cores.third[b * n[2] * d[2] + i3 * d[2] + j3] }
            result[(row - rows.lowerBound) * dimension + (j1 * d[1] + j2) * d[2] + j3] = sum
          }
        }
      }
    }
    return result
  }
}

extension Double {
  fileprivate var cubeRoot: Double {
    var root = Swift.max(1, self)
    for _ in 0..<60 { root = (2 * root + self / (root * root)) / 3 }
    return root
  }
}
