public import NeedletailNumerics
internal import Synchronization

/// The largest number of documents of which a dimension can return every pair.
///
/// An optimiser's limit, not a theorem: for pairs, four dimensions suffice in exact arithmetic (`MomentCurve`), with margins
/// that shrink so fast that neither training nor quantised vectors can use them.
public struct CriticalCount: Sendable {
  /// What is tried for each number of documents.
  public struct Options: Sendable {
    /// Documents that a query asks for together.
    public var subsetSize = 2
    /// Random starts; one that succeeds is enough.
    public var seeds: [UInt64] = [42, 43, 44]
    /// Numbers of documents around the boundary that are tried one by one, since success is not quite monotone.
    public var sweep = 3
    public var optimisation = FreeEmbeddings.Options()

    public init() {}
  }

  /// Finds it by doubling, halving, and a sweep around the boundary.
  ///
  /// - Parameters:
  ///   - dimension: components of each vector.
  ///   - options: what is tried.
  ///   - pool: the threads that try several seeds at once.
  ///   - progress: called with each number of documents and whether it was solved.
  /// - Returns: the largest number of documents that was solved.
  public static func find(
    dimension: Int, options: Options = Options(), pool: WorkerPool = .shared, progress: (Int, Bool) -> Void = { _, _ in }
  ) throws -> Int {
    func solves(_ count: Int) throws -> Bool {
      try Task.checkCancellation()
      let solved = try isSolvable(documentCount: count, dimension: dimension, options: options, pool: pool)
      progress(count, solved)
      return solved
    }
    var low = options.subsetSize + 1
    guard try solves(low) else { return options.subsetSize }
    var step = max(4, dimension)
    while try solves(low + step) {
      low += step
      step *= 2
    }
    var high = low + step
    while high - low > 1 {
      let middle = (low + high) / 2
      if try solves(middle) { low = middle } else { high = middle }
    }
    for count in stride(from: low + options.sweep + 1, to: low + 1, by: -1) where try solves(count) { return count }
    return low
  }

  /// Whether vectors of a dimension can return every subset of so many documents, by any of the seeds.
  static func isSolvable(
    documentCount: Int, dimension: Int, options: Options, pool: WorkerPool
  ) throws(EvaluationError) -> Bool {
    let relevant = combinations(of: documentCount, size: options.subsetSize)
    // Checked here, so that the tasks below cannot fail.
    _ = try FreeEmbeddings(relevant: relevant, documentCount: documentCount, dimension: dimension, seed: 0)
    let isSolved = Atomic(false)
    pool.forEach(options.seeds.count) { index in
      guard !isSolved.load(ordering: .relaxed),
        var embeddings = try? FreeEmbeddings(
          relevant: relevant, documentCount: documentCount, dimension: dimension, seed: options.seeds[index])
      else { return }
      if embeddings.solve(options.optimisation) { isSolved.store(true, ordering: .relaxed) }
    }
    return isSolved.load(ordering: .relaxed)
  }

  /// All subsets of `0..<count` with `size` members, in lexicographic order.
  public static func combinations(of count: Int, size: Int) -> [[Int]] {
    guard size <= count else { return [] }
    var chosen = Array(0..<size)
    var all = [chosen]
    while let place = chosen.indices.last(where: { chosen[$0] < count - size + $0 }) {
      chosen[place] += 1
      for next in place + 1..<max(size, place + 1) { chosen[next] = chosen[next - 1] + 1 }
      all.append(chosen)
    }
    return all
  }
}
