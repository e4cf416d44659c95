internal import Foundation

/// The singular value decomposition `A = U Σ Vᵀ` of a square matrix by rotations of pairs of columns (M. Hestenes,
/// "Inversion of matrices by biorthogonalization and related results", Journal of SIAM 6, 1958).
///
/// Slow but simple and accurate; made for some hundred columns. Of a symmetric matrix without negative eigenvalues it
/// gives the eigenvectors.
public struct SingularValues: Sendable {
  public let count: Int
  /// Descending.
  public let values: [Double]
  /// `left[k]` is the k-th column of `U`; of a singular value of zero, the zero vector.
  public let left: [[Double]]
  /// `right[k]` is the k-th column of `V`.
  public let right: [[Double]]

  /// Decomposes a matrix.
  ///
  /// - Parameters:
  ///   - matrix: `count` rows of `count` finite numbers, one after the other.
  ///   - count: rows and columns of the matrix.
  public init(_ matrix: [Double], count: Int) {
    precondition(matrix.count == count * count, "\(matrix.count) numbers are no square of \(count)")
    self.count = count
    var columns = (0..<count).map { column in (0..<count).map { matrix[$0 * count + column] } }
    var rotation = (0..<count).map { column in (0..<count).map { $0 == column ? 1.0 : 0.0 } }
    for _ in 0..<Self.sweepLimit where !Self.sweep(&columns, &rotation, count) {}
    let lengths = columns.map { Self.dot($0, $0).squareRoot() }
    let order = lengths.indices.sorted { (lengths[$1], $0) < (lengths[$0], $1) }
    values = order.map { lengths[$0] }
    right = order.map { rotation[$0] }
    left = order.map { index in columns[index].map { lengths[index] > 0 ? $0 / lengths[index] : 0 } }
  }

  private static let sweepLimit = 24

  /// Makes every pair of columns orthogonal once; returns whether all were already.
  private static func sweep(_ columns: inout [[Double]], _ rotation: inout [[Double]], _ count: Int) -> Bool {
    var isDone = true
    for first in 0..<max(0, count - 1) {
      for second in first + 1..<count {
        let (a, b) = (dot(columns[first], columns[first]), dot(columns[second], columns[second]))
        let product = dot(columns[first], columns[second])
        guard abs(product) > 1e-10 * (a * b).squareRoot(), abs(product) > 1e-280 else { continue }
        isDone = false
        let zeta = (b - a) / (2 * product)
        let tangent = (zeta < 0 ? -1 : 1) / (abs(zeta) + (1 + zeta * zeta).squareRoot())
        let cosine = 1 / (1 + tangent * tangent).squareRoot()
        rotate(&columns, first, second, cosine, cosine * tangent)
        rotate(&rotation, first, second, cosine, cosine * tangent)
      }
    }
    return isDone
  }

  private static func dot(_ left: [Double], _ right: [Double]) -> Double {
    unsafe left.withUnsafeBufferPointer { left in
      unsafe right.withUnsafeBufferPointer { right in
        var lanes = SIMD8<Double>(repeating: 0)
        let whole = left.count / 8 * 8
        for start in stride(from: 0, to: whole, by: 8) {
          let (x, y) = unsafe (
            UnsafeRawPointer(left.baseAddress! + start).loadUnaligned(as: SIMD8<Double>.self),
            UnsafeRawPointer(right.baseAddress! + start).loadUnaligned(as: SIMD8<Double>.self))
          lanes += x * y
        }
        var sum = lanes.sum()
        for index in whole..<left.count { unsafe sum += left[index] * right[index] }
        return sum
      }
    }
  }

  private static func rotate(_ columns: inout [[Double]], _ first: Int, _ second: Int, _ cosine: Double, _ sine: Double) {
    var left: [Double] = []
    var right: [Double] = []
    swap(&left, &columns[first])
    swap(&right, &columns[second])
    let count = left.count
    unsafe left.withUnsafeMutableBufferPointer { x in
      unsafe right.withUnsafeMutableBufferPointer { y in
        for index in 0..<count {
          let (a, b) = unsafe (x[index], y[index])
          unsafe x[index] = cosine * a - sine * b
          unsafe y[index] = sine * a + cosine * b
        }
      }
    }
    swap(&left, &columns[first])
    swap(&right, &columns[second])
  }
}
