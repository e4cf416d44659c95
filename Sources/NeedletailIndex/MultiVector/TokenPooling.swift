public import NeedletailCore
public import NeedletailNumerics
internal import Synchronization

/// Makes fewer vectors of many.
public enum TokenPooling {
  /// Merges the vectors of each document that point the same way until one in `factor` is left.
  ///
  /// Clavié, Chaffin and Adams, "Reducing the Footprint of Multi-Vector Retrieval with Minimal Performance Impact via Token
  /// Pooling", 2024: hierarchical clusters, each replaced by its mean. Deviations: clusters join by their mean cosine instead of
  /// Ward's criterion, and means are scaled to unit length.
  ///
  /// - Parameters:
  ///   - documents: vectors of unit length.
  ///   - factor: 1 changes nothing.
  ///   - pool: the threads that merge.
  /// - Precondition: `factor` is positive.
  public static func pooled(_ documents: TokenVectors, factor: Int, pool: WorkerPool = .shared) -> TokenVectors {
    precondition(factor > 0, "a pooling by \(factor)")
    return factor == 1 ? documents : merged(documents, pool) { ($0 + factor - 1) / factor }
  }

  /// Merges the vectors of each document until no more than `limit` are left, so that every document takes the same room: a document
  /// as a few vectors that stand for the questions it may answer (Tang et al., "Improving Document Representations by Generating Pseudo
  /// Query Embeddings for Dense Retrieval", ACL 2021, section 3.2, with the clusters of `pooled(_:factor:pool:)` in place of k-means).
  ///
  /// - Parameters:
  ///   - documents: vectors of unit length.
  ///   - limit: vectors that a document keeps at most.
  ///   - pool: the threads that merge.
  /// - Precondition: `limit` is positive.
  public static func pooled(_ documents: TokenVectors, limit: Int, pool: WorkerPool = .shared) -> TokenVectors {
    precondition(limit > 0, "a pooling to \(limit) vectors")
    return merged(documents, pool) { min($0, limit) }
  }

  private static func merged(_ documents: TokenVectors, _ pool: WorkerPool, kept: @Sendable (Int) -> Int) -> TokenVectors {
    let merged = Mutex([[Float]](repeating: [], count: documents.count))
    pool.forEach(documents.count) { item in
      let vectors = Array(documents[item])
      let count = vectors.count / documents.dimension
      let means = clusters(vectors, dimension: documents.dimension, left: max(min(count, 1), kept(count)))
      merged.withLock { $0[item] = means }
    }
    var result = TokenVectors(dimension: documents.dimension)
    for means in merged.withLock({ $0 }) { result.append(means) }
    return result
  }

  private static func clusters(_ vectors: [Float], dimension: Int, left: Int) -> [Float] {
    let count = vectors.count / dimension
    var similarity: [Float] = []
    for token in 0..<count {
      similarity += DistanceKernels.current.dot(Array(vectors[token * dimension..<(token + 1) * dimension]).span, rows: vectors.span)
    }
    var sizes = [Float](repeating: 1, count: count)
    var sums = vectors
    var alive = Array(0..<count)
    while alive.count > left {
      var best = (first: 0, second: 1, score: -Float.infinity)
      for (place, first) in alive.enumerated() {
        for other in place + 1..<alive.count where similarity[first * count + alive[other]] > best.score {
          best = (place, other, similarity[first * count + alive[other]])
        }
      }
      let (first, second) = (alive[best.first], alive[best.second])
      let total = sizes[first] + sizes[second]
      for third in alive where third != first && third != second {
        let mean = (sizes[first] * similarity[first * count + third] + sizes[second] * similarity[second * count + third]) / total
        similarity[first * count + third] = mean
        similarity[third * count + first] = mean
      }
      for component in 0..<dimension { sums[first * dimension + component] += sums[second * dimension + component] }
      sizes[first] = total
      alive.remove(at: best.second)
    }
    return alive.flatMap { token in
      let sum = sums[token * dimension..<(token + 1) * dimension]
      let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return sizes[token] > 1 && length > 0 ? sum.map { $0 / length } : Array(sum)
    }
  }

  /// Replaces the vectors of a query that point nearly the same way by their sum, so that exact comparison takes less time (ball
  /// carving; Dhulipala et al., NeurIPS 2024, section 3.2).
  ///
  /// - Parameters:
  ///   - query: vectors of unit length, one after the other.
  ///   - dimension: components of each.
  ///   - threshold: the least inner product with the first vector of a group (`τ`, 0.7 in the paper).
  public static func carved(_ query: [Float], dimension: Int, threshold: Float = 0.7) -> [Float] {
    precondition(dimension > 0 && query.count.isMultiple(of: dimension), "\(query.count) values do not make vectors of \(dimension)")
    var left = Array(0..<query.count / dimension)
    var carved: [Float] = []
    while let first = left.first {
      let scores = DistanceKernels.current.dot(Array(query[first * dimension..<(first + 1) * dimension]).span, rows: query.span)
      var sum = [Float](repeating: 0, count: dimension)
      for token in left where token == first || scores[token] >= threshold {
        for component in 0..<dimension { sum[component] += query[token * dimension + component] }
      }
      left.removeAll { $0 == first || scores[$0] >= threshold }
      carved += sum
    }
    return carved
  }
}
