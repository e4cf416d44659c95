package import NeedletailNumerics

/// Cross-entropy of each query's document among all documents of a batch, over inner products divided by a temperature
/// ("multi_ce" in the code of S. Xiao et al., WWW 2022).
package struct InBatchContrast: Sendable {
  var temperature: Float
  /// For each document of the batch, its number in the collection; a query is not told from its own document, however
  /// often that comes.
  var rows: [Int]
  /// For each query of the batch, the group that its document belongs to; documents of a group are not told apart.
  var groups: [Int]
  /// For each document of the batch, its group.
  var documentGroups: [Int]

  package init(temperature: Float, rows: [Int], groups: [Int], documentGroups: [Int]) {
    self.temperature = temperature
    self.rows = rows
    self.groups = groups
    self.documentGroups = documentGroups
  }

  /// The mean loss, and its gradients with respect to `queries` and `documents`; query `i` belongs to document `i`.
  package func loss(
    _ queries: [Float], _ documents: [Float], dimension: Int, pool: WorkerPool
  ) -> (loss: Double, queryGradient: [Float], documentGradient: [Float]) {
    let (count, documentCount) = (groups.count, rows.count)
    var slopes = DenseProduct.rows(queries, documents, depth: dimension, pool: pool)
    var loss = 0.0
    for query in 0..<count {
      let start = query * documentCount
      let counted = (0..<documentCount).filter {
        $0 == query || (rows[$0] != rows[query] && documentGroups[$0] != groups[query])
      }
      let weights = SoftMaximum(counted.map { slopes[start + $0] / temperature })
      loss += weights.logarithmOfSum - Double(slopes[start + query] / temperature)
      for document in 0..<documentCount { slopes[start + document] = 0 }
      for (number, document) in counted.enumerated() {
        slopes[start + document] = (weights.weights[number] - (document == query ? 1 : 0)) / (temperature * Float(count))
      }
    }
    return (
      loss / Double(count),
      DenseProduct.rows(slopes, Matrix.transposed(documents, columns: dimension), depth: documentCount, pool: pool),
      DenseProduct.rows(
        Matrix.transposed(slopes, columns: documentCount), Matrix.transposed(queries, columns: dimension), depth: count,
        pool: pool)
    )
  }
}
