internal import NeedletailCore
internal import NeedletailNumerics

extension Similarity {
  /// The exact scores of stored vectors for a question, as indexes define them: higher is nearer, a zero vector has cosine 0
  /// with everything.
  func scores(of query: [Float], against rows: DenseVectors) -> [Float] {
    guard rows.count > 0 else { return [] }
    let kernels = DistanceKernels.current
    switch self {
    case .dot: return kernels.dot(query.span, rows: rows.values.span)
    case .euclidean: return kernels.squaredEuclidean(query.span, rows: rows.values.span).map { -$0 }
    case .cosine:
      let dots = kernels.dot(query.span, rows: rows.values.span)
      let length = Self.length(query[...])
      return dots.enumerated().map { row, dot in
        let product = length * Self.length(rows[row])
        return product > 0 ? dot / product : 0
      }
    }
  }

  private static func length(_ components: ArraySlice<Float>) -> Float {
    components.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}
