public import NeedletailCore
public import NeedletailNumerics
internal import Synchronization

/// An immutable index of sparse vectors without negative weights that finds the largest inner products with a query.
///
/// Conforming types keep these promises: results are sorted by descending score, equal scores by ascending row; only rows
/// that share a term with the query come, none twice, none from outside the allowed set; `limit` results come whenever as
/// many allowed rows share a term with it; the same search gives the same answer.
public protocol SparseIndex: Sendable {
  /// The number of rows.
  var count: Int { get }
  /// The size of the vocabulary: terms are below it.
  var dimension: Int { get }
  /// The memory it occupies.
  var footprint: Footprint { get }

  /// The allowed rows with the largest inner products. `efSearch` does not matter.
  ///
  /// - Throws: `unusableVector` for a query with a negative weight or a term that is not below `dimension`.
  func search(_ query: SparseVector, _ options: SearchOptions) throws(IndexError) -> [Neighbour]

  /// Writes the index. The file appears complete or not at all.
  func write(to path: String) throws(IndexError)
}

extension SparseIndex {
  /// The same for many queries at once, one list for each, spread over the processors.
  public func search(
    _ queries: SparseVectors, _ options: SearchOptions, pool: WorkerPool = .shared
  ) throws(IndexError) -> [[Neighbour]] {
    try searchAll(queries, pool) { query throws(IndexError) in try search(query, options) }
  }

  func searchAll(
    _ queries: SparseVectors, _ pool: WorkerPool,
    _ search: @Sendable (SparseVector) throws(IndexError) -> [Neighbour]
  ) throws(IndexError) -> [[Neighbour]] {
    guard queries.count > 0 else { return [] }
    let outcomes = Mutex([Result<[Neighbour], IndexError>](repeating: .success([]), count: queries.count))
    pool.forEach(queries.count) { number in
      let outcome = Result { () throws(IndexError) in try search(queries[number]) }
      outcomes.withLock { $0[number] = outcome }
    }
    return try outcomes.withLock { outcomes throws(IndexError) in
      var answers: [[Neighbour]] = []
      for outcome in outcomes { answers.append(try outcome.get()) }
      return answers
    }
  }
}

/// Opens index files of sparse vectors, of whichever kind.
public enum SparseIndexFactory {
  /// Maps an index file. Every byte is read once to check it, and stays in the file afterwards.
  ///
  /// - Throws: `corrupted` for a damaged file, `unsupportedVersion` for one of a newer release, `file` if it cannot be
  ///   opened.
  public static func open(_ path: String, pool: WorkerPool = .shared) throws(IndexError) -> any SparseIndex {
    let file = try IndexFile(path: path, pool: pool)
    do throws(InvalidSections) {
      switch file.layout {
      case .invertedSparse: return try InvertedSparseIndex(file.sections)
      case .clusteredSparse: return try ClusteredSparseIndex(file.sections)
      default: throw InvalidSections(reason: "it is not an index of sparse vectors")
      }
    } catch {
      throw .corrupted(path: path, reason: error.reason)
    }
  }
}

extension SparseVector {
  /// - Throws: `unusableVector` unless it can be compared with rows over `dimension` terms.
  func check(dimension: Int) throws(IndexError) {
    if let last = terms.last, Int(last) >= dimension {
      throw .unusableVector(row: nil, reason: "it has term \(last), and the index has terms up to \(dimension - 1)")
    }
    if let place = weights.firstIndex(where: { $0 < 0 }) {
      throw .unusableVector(row: nil, reason: "its weight at term \(terms[place]) is negative")
    }
  }
}

extension SparseVectors {
  /// - Throws: `unusableVector` for the first row with a negative weight; `invalidParameter` if there are too many.
  func checkForIndex() throws(IndexError) {
    guard count <= maximumRowCount, terms.count < Int(UInt32.max), dimension <= maximumSparseDimension else {
      throw .invalidParameter(
        "an index holds up to \(maximumRowCount) sparse vectors over \(maximumSparseDimension) terms, with 4 billion weights")
    }
    guard weights.contains(where: { $0 < 0 }) else { return }
    for row in 0..<count where weights[offsets[row]..<offsets[row + 1]].contains(where: { $0 < 0 }) {
      throw .unusableVector(row: row, reason: "a weight is negative, and the bounds of a search need weights from 0 on")
    }
  }
}
