internal import NeedletailCore
internal import NeedletailNumerics
internal import Synchronization

/// Builds the lists, blocks and summaries of a ``ClusteredSparseIndex``.
///
/// Lists are independent of each other, so threads take runs of them; the outcome does not depend on how many there are.
struct ClusteredSparseBuilder {
  private let vectors: SparseCodes
  private let heaviest: SparseCodes
  private let lists: PrunedLists
  private let dimension: Int
  private let parameters: ClusteredSparseParameters

  /// The blocks of a run of lists.
  private struct Part: Sendable {
    /// How many blocks each list has.
    var blockCounts: [UInt32] = []
    var blockSizes: [UInt32] = []
    var rows: [Row] = []
    var summarySizes: [UInt32] = []
    var summaryTerms: [UInt32] = []
    var summaryCodes: [UInt16] = []
    var scales: [Float] = []
  }

  init(_ vectors: SparseCodes, dimension: Int, _ parameters: ClusteredSparseParameters) {
    self.vectors = vectors
    self.dimension = dimension
    self.parameters = parameters
    heaviest = vectors.heaviest(parameters.comparedComponents)
    lists = PrunedLists(vectors, dimension: dimension, parameters.pruning)
  }

  func build(pool: WorkerPool) -> SparseBlocks {
    let runs = runs()
    let parts = Mutex([Part](repeating: Part(), count: runs.count))
    pool.forEach(runs.count) { number in
      let part = part(runs[number])
      parts.withLock { $0[number] = part }
    }
    return joined(parts.withLock { $0 })
  }

  /// Runs of lists of about the same number of postings, each at least one list.
  private func runs() -> [Range<Int>] {
    let postingsPerRun = max(4096, lists.rows.count / 256)
    var runs: [Range<Int>] = []
    var start = 0
    for term in 0..<dimension where lists.starts[term + 1] - lists.starts[start] >= postingsPerRun || term + 1 == dimension {
      runs.append(start..<term + 1)
      start = term + 1
    }
    return runs
  }

  private func part(_ terms: Range<Int>) -> Part {
    var blocking = SparseBlocking(
      vectors, heaviest: heaviest, dimension: dimension, parameters.blocking, seed: parameters.seed)
    var summaries = BlockSummaries(vectors, dimension: dimension, parameters.summary)
    var part = Part()
    for term in terms {
      let blocks = blocking.blocks(of: lists.rows[lists.range(term)], term: term)
      part.blockCounts.append(UInt32(blocks.count))
      for block in blocks {
        let summary = summaries.summary(of: block)
        part.blockSizes.append(UInt32(block.count))
        part.rows += block
        part.summarySizes.append(UInt32(summary.entries.count))
        for entry in summary.entries {
          part.summaryTerms.append(entry.term)
          part.summaryCodes.append(UInt16(entry.code))
        }
        part.scales.append(summary.scale)
      }
    }
    return part
  }

  private func joined(_ parts: [Part]) -> SparseBlocks {
    SparseBlocks(
      listStarts: Column(Self.starts(parts.flatMap(\.blockCounts))),
      rowStarts: Column(Self.starts(parts.flatMap(\.blockSizes))),
      rows: Column(parts.flatMap(\.rows)),
      summaries: SparseRows(
        starts: Self.starts(parts.flatMap(\.summarySizes)), terms: parts.flatMap(\.summaryTerms),
        codes: parts.flatMap(\.summaryCodes), dimension: dimension, hasWideCodes: false),
      scales: Column(parts.flatMap(\.scales)))
  }

  private static func starts(_ sizes: [UInt32]) -> [UInt32] {
    var starts: [UInt32] = [0]
    starts.reserveCapacity(sizes.count + 1)
    var sum: UInt32 = 0
    for size in sizes {
      sum += size
      starts.append(sum)
    }
    return starts
  }
}

/// The blocks of all lists.
struct SparseBlocks: Sendable {
  /// The blocks of the list of term `t` are `listStarts[t]..<listStarts[t + 1]`.
  let listStarts: Column<UInt32>
  /// The rows of block `b` are at `rowStarts[b]..<rowStarts[b + 1]` of `rows`.
  let rowStarts: Column<UInt32>
  let rows: Column<Row>
  /// One row for each block.
  let summaries: SparseRows
  /// What a code of 1 in a block's summary stands for, in codes of rows.
  let scales: Column<Float>

  var count: Int { scales.count }

  var byteCount: Int {
    listStarts.region.count + rowStarts.region.count + rows.region.count + summaries.byteCount + scales.region.count
  }

  /// The most blocks of a list.
  var longestList: Int {
    (0..<max(0, listStarts.count - 1)).reduce(0) { max($0, Int(listStarts[$1 + 1] - listStarts[$1])) }
  }
}
