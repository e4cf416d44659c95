/// How a ``ClusteredSparseIndex`` is built.
public struct ClusteredSparseParameters: Codable, Hashable, Sendable {
  /// Which postings are kept.
  public enum Pruning: Codable, Hashable, Sendable {
    /// All of them.
    case none
    /// The heaviest of each list.
    case perList(Int)
    /// The heaviest of the whole index: as many as `average` for each list that has any, and at most `largest` of one list.
    case overall(average: Int, largest: Int)
  }

  /// How the postings of a list are divided into blocks.
  public enum Blocking: Codable, Hashable, Sendable {
    /// Around representatives: a share of the list's rows, drawn at random; every row joins the one with which its inner
    /// product is largest. Blocks of `smallestBlock` rows or fewer are dissolved into the others.
    case geometric(share: Double, smallestBlock: Int)
    /// Runs of rows that follow each other, as a control.
    case consecutive(size: Int)
    /// Rows drawn at random, as a control.
    case shuffled(size: Int)
  }

  /// How much of the maximum over a block's rows its summary keeps, heaviest components first.
  public enum Summary: Codable, Hashable, Sendable {
    /// As many components as make up this share of the sum of all.
    case mass(Double)
    /// This many components.
    case components(Int)
  }

  public var pruning: Pruning
  public var blocking: Blocking
  public var summary: Summary
  /// How many of the heaviest components of a row are compared with representatives.
  public var comparedComponents: Int
  public var codec: SparseWeightCodec
  /// How many near rows are kept with each row to refine searches; 0 for none.
  public var neighbourCount: Int
  /// What a search does unless told otherwise.
  public var effort: SparseSearchEffort
  public var seed: UInt64

  public init(
    pruning: Pruning = .overall(average: 1000, largest: 4000), blocking: Blocking = .geometric(share: 0.1, smallestBlock: 2),
    summary: Summary = .mass(0.4), comparedComponents: Int = 15, codec: SparseWeightCodec = .fixed16,
    neighbourCount: Int = 0, effort: SparseSearchEffort = SparseSearchEffort(), seed: UInt64 = 42
  ) {
    self.pruning = pruning
    self.blocking = blocking
    self.summary = summary
    self.comparedComponents = comparedComponents
    self.codec = codec
    self.neighbourCount = neighbourCount
    self.effort = effort
    self.seed = seed
  }

  func validate() throws(IndexError) {
    switch pruning {
    case .none: break
    case .perList(let limit): try require(limit > 0, "a list keeps at least 1 posting, not \(limit)")
    case .overall(let average, let largest):
      try require(average > 0 && largest > 0, "lists keep at least 1 posting, not \(average) on average and \(largest) at most")
    }
    switch blocking {
    case .geometric(let share, let smallest):
      try require(share > 0 && share <= 1 && smallest >= 0, "blocks need a share above 0 and up to 1 and a smallest size from 0")
    case .consecutive(let size), .shuffled(let size): try require(size > 0, "a block has at least 1 row, not \(size)")
    }
    switch summary {
    case .mass(let share): try require(share > 0 && share <= 1, "a summary keeps a share above 0 and up to 1, not \(share)")
    case .components(let count): try require(count > 0, "a summary has at least 1 component, not \(count)")
    }
    try require(comparedComponents > 0, "rows are compared by at least 1 component")
    try require((0...1024).contains(neighbourCount), "a row has 0 to 1024 neighbours, not \(neighbourCount)")
    try effort.validate()
  }

  private func require(_ isTrue: Bool, _ message: String) throws(IndexError) {
    guard isTrue else { throw .invalidParameter(message) }
  }
}

/// How hard a ``ClusteredSparseIndex`` searches.
public struct SparseSearchEffort: Codable, Hashable, Sendable {
  /// How many of the query's heaviest terms have their lists visited. More finds more and takes longer.
  public var queryCut: Int
  /// A block is passed over when its summary promises less than this times the worst score among the best so far. Smaller
  /// finds more and takes longer; at 1 a block is passed over only if its summary says that it cannot help. (The paper
  /// divides by its factor where this multiplies.)
  public var heapFactor: Float
  /// Whether the best of the lists bring in their neighbours, if the index has any.
  public var refines: Bool

  public init(queryCut: Int = 8, heapFactor: Float = 0.8, refines: Bool = true) {
    self.queryCut = queryCut
    self.heapFactor = heapFactor
    self.refines = refines
  }

  func validate() throws(IndexError) {
    guard queryCut > 0, heapFactor >= 0, heapFactor.isFinite else {
      throw .invalidParameter("a search visits at least 1 list with a factor from 0, not \(queryCut) and \(heapFactor)")
    }
  }
}
