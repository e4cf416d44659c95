/// Passages of the batches before, with the vectors that they had then: negatives that cost no further pass through the network.
///
/// First in, first out (Wang, Zhang, Huang and Scott, "Cross-Batch Memory for Embedding Learning", CVPR 2020, section 3.3). Filled by the
/// moving average of the network, whose vectors grow old more slowly, it is the queue of He et al., "Momentum Contrast", CVPR 2020, and of
/// Yang et al., "xMoCo", ACL 2021, for passages.
public struct PassageMemory: Hashable, Sendable {
  /// How a training remembers passages.
  public struct Settings: Hashable, Sendable {
    /// How many batches are remembered.
    public var batches: Int
    /// Whether the moving average of the network embeds what is remembered, in a pass of its own; needs `TrainingSettings.averageDecay`.
    public var usesAverage: Bool

    public init(batches: Int, usesAverage: Bool = false) {
      precondition(batches > 0, "a memory of \(batches) batches")
      self.batches = batches
      self.usesAverage = usesAverage
    }
  }

  public let capacity: Int
  /// Places of passages, a list for each batch, the oldest first.
  public internal(set) var passages: [[Int]] = []
  /// Their vectors, one after the other.
  public internal(set) var vectors: [[Float]] = []

  /// - Parameter capacity: how many batches are kept.
  public init(capacity: Int) { self.capacity = capacity }

  /// Takes up a batch and forgets the oldest one where there are too many.
  public mutating func append(passages: [Int], vectors: [Float]) {
    self.passages.append(passages)
    self.vectors.append(vectors)
    if self.passages.count > capacity {
      self.passages.removeFirst()
      self.vectors.removeFirst()
    }
  }

  /// What a batch does not hold itself: each passage once, with its latest vector.
  func others(than batch: ExampleBatch, dimension: Int) -> (passages: [Int], vectors: [Float]) {
    var seen = Set(batch.passages)
    var (places, values): ([Int], [Float]) = ([], [])
    for (passages, vectors) in zip(passages, vectors).reversed() {
      for (row, passage) in passages.enumerated() where seen.insert(passage).inserted {
        places.append(passage)
        values += vectors[row * dimension..<(row + 1) * dimension]
      }
    }
    return (places, values)
  }
}

extension ExampleBatch {
  /// The batch with more passages behind its own, which are negatives of all queries that they are not known to answer.
  ///
  /// - Parameters:
  ///   - more: places of passages that the batch does not have.
  ///   - data: who is known to answer what.
  public func adding(_ more: [Int], of data: TrainingExamples) -> ExampleBatch {
    var batch = self
    let first = passages.count
    batch.passages += more
    batch.occurrences += more.map { data.occurrences[$0] ?? 0 }
    for (row, query) in queries.enumerated() {
      let known = data.relevant[query] ?? []
      batch.ignored[row].formUnion(more.indices.filter { known.contains(more[$0]) }.map { first + $0 })
    }
    return batch
  }
}
