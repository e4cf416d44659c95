#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Four dimensions that return every pair of any number of documents, in exact arithmetic.
///
/// Documents stand on the trigonometric moment curve, x(t) = (cos t, sin t, cos 2t, sin 2t) / √2 at t = 2πi / n (the vertices of
/// a cyclic polytope, which is neighbourly: Gale, "Neighborly and cyclic polytopes", 1963). For the documents at a and b the
/// query proportional to (cos a + cos b, sin a + sin b, -cos(a + b) / 2, -sin(a + b) / 2) scores a constant minus
/// (1 - cos(t - a)) (1 - cos(t - b)), which is highest at a and b alone. The margin falls like n⁻⁴: it is precision, not
/// existence, that limits what such vectors can do.
public enum MomentCurve {
  /// What documents are stored in; scores are computed in double precision, except for `float32` in single.
  public enum Precision: String, CaseIterable, Sendable {
    case float64, float32, float16, int8
  }

  /// The part of all pairs of `count` documents that are ranked before all others.
  ///
  /// - Parameters:
  ///   - count: the number of documents, at least 3.
  ///   - precision: what documents are stored in.
  public static func solvedShare(count: Int, precision: Precision) -> Double {
    precondition(count >= 3, "\(count) documents have no pair to tell from others")
    let angles = (0..<count).map { 2 * Double.pi * Double($0) / Double(count) }
    let documents = angles.map { stored(document(at: $0), precision) }
    var solved = 0
    for first in 0..<count {
      for second in first + 1..<count {
        let query = query(for: angles[first], angles[second])
        let scores = documents.map { score(query, $0, precision) }
        let lowest = min(scores[first], scores[second])
        if scores.indices.allSatisfy({ $0 == first || $0 == second || scores[$0] < lowest }) { solved += 1 }
      }
    }
    return Double(solved) / Double(count * (count - 1) / 2)
  }

  private static func document(at t: Double) -> SIMD4<Double> {
    SIMD4(cos(t), sin(t), cos(2 * t), sin(2 * t)) / 2.0.squareRoot()
  }

  private static func query(for a: Double, _ b: Double) -> SIMD4<Double> {
    let direction = SIMD4(cos(a) + cos(b), sin(a) + sin(b), -cos(a + b) / 2, -sin(a + b) / 2)
    return direction / (direction * direction).sum().squareRoot()
  }

  private static func stored(_ vector: SIMD4<Double>, _ precision: Precision) -> SIMD4<Double> {
    switch precision {
    case .float64: vector
    case .float32: SIMD4<Double>(SIMD4<Float>(vector))
    case .float16: SIMD4(vector.indices.map { halfPrecision(vector[$0]) })
    case .int8: (vector * (127 * 2.0.squareRoot())).rounded(.toNearestOrEven) / (127 * 2.0.squareRoot())
    }
  }

  /// Rounds to the eleven binary digits of half precision; exponents below 2⁻¹⁴ get fewer.
  private static func halfPrecision(_ value: Double) -> Double {
    guard value != 0 else { return 0 }
    let unit = pow(2, Double(max(value.exponent, -14)) - 10)
    return (value / unit).rounded(.toNearestOrEven) * unit
  }

  private static func score(_ query: SIMD4<Double>, _ document: SIMD4<Double>, _ precision: Precision) -> Double {
    guard precision == .float32 else { return (query * document).sum() }
    return Double((SIMD4<Float>(query) * SIMD4<Float>(document)).sum())
  }
}
