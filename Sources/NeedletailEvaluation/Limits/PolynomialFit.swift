/// A polynomial through measured points in the sense of least squares.
public struct PolynomialFit: Hashable, Sendable {
  /// From the constant up.
  public let coefficients: [Double]

  /// The cubic that Weller et al. (2025, section 4) publish for the critical number of documents by dimension.
  public static let publishedCriticalCount = PolynomialFit(coefficients: [-10.5322, 4.0309, 0.0520, 0.0037])

  public init(coefficients: [Double]) {
    self.coefficients = coefficients
  }

  /// Fits a polynomial.
  ///
  /// - Parameters:
  ///   - points: what was measured.
  ///   - degree: the highest power.
  /// - Returns: nil if there are fewer different abscissae than coefficients.
  public init?(points: [(x: Double, y: Double)], degree: Int) {
    let size = degree + 1
    guard Set(points.map(\.x)).count >= size, let largest = points.map({ abs($0.x) }).max(), largest > 0 else { return nil }
    // Abscissae scaled to 1 keep the normal equations well conditioned.
    var rows = [[Double]](repeating: [Double](repeating: 0, count: size + 1), count: size)
    for point in points {
      var powers = [1.0]
      for _ in 0..<degree { powers.append(powers[powers.count - 1] * point.x / largest) }
      for i in 0..<size {
        for j in 0..<size { rows[i][j] += powers[i] * powers[j] }
        rows[i][size] += powers[i] * point.y
      }
    }
    for pivot in 0..<size {
      guard let best = (pivot..<size).max(by: { abs(rows[$0][pivot]) < abs(rows[$1][pivot]) }), rows[best][pivot] != 0 else { return nil }
      rows.swapAt(pivot, best)
      for row in 0..<size where row != pivot {
        let factor = rows[row][pivot] / rows[pivot][pivot]
        for column in pivot...size { rows[row][column] -= factor * rows[pivot][column] }
      }
    }
    var scale = 1.0
    var found: [Double] = []
    for i in 0..<size {
      found.append(rows[i][size] / rows[i][i] / scale)
      scale *= largest
    }
    coefficients = found
  }

  /// The value at `x`.
  public func callAsFunction(_ x: Double) -> Double { coefficients.reversed().reduce(0) { $0 * x + $1 } }
}
