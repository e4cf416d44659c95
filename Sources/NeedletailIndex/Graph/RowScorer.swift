internal import NeedletailCore
internal import NeedletailNumerics

/// Scores rows against what is searched for; higher is nearer.
protocol RowScorer {
  func score(_ rows: UnsafePointer<Row>, count: Int, into scores: UnsafeMutablePointer<Float>)
}

/// Scores against a query: by codes where there are codes, otherwise exactly.
@safe struct QueryScorer: RowScorer {
  let vectors: EncodedVectors
  let query: PreparedQuery
  /// Room for the integer products of one expansion.
  let products: UnsafeMutablePointer<Int32>

  @inline(__always)
  func score(_ rows: UnsafePointer<Row>, count: Int, into scores: UnsafeMutablePointer<Float>) {
    guard let codes = vectors.codes else {
      return unsafe vectors.exact.score(query.componentStart, indices: rows, count: count, into: scores)
    }
    unsafe DistanceKernels.current.dot(query.codeStart, codes.rows, indices: rows, count: count, into: products)
    let terms = unsafe codes.terms.start
    let (weight, offset) = (query.weight, query.offset)
    for index in 0..<count {
      let term = unsafe terms[Int(rows[index])]
      unsafe scores[index] = offset + weight * term.scale * Float(products[index]) + term.bias
    }
  }
}
