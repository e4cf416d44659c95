public import NeedletailCore
public import NeedletailNumerics

/// Builds, writes and opens indexes of dense vectors.
public enum DenseIndexFactory {
  /// Builds an index; row `i` is row `i` of `vectors`.
  ///
  /// - Parameters:
  ///   - vectors: the rows to find.
  ///   - similarity: the measure to find them by.
  ///   - specification: layout, codec and parameters of the index.
  ///   - excluded: rows that must never be found, deleted ones for example. They keep their numbers, and their vectors
  ///     are not looked at.
  ///   - pool: the threads to build with; the result does not depend on how many there are. A flat index also searches
  ///     with them when it is large.
  /// - Throws: `unusableVector` with the lowest row whose components are not finite or whose length overflows.
  public static func build(
    _ vectors: DenseVectors, similarity: Similarity, specification: DenseIndexSpecification = DenseIndexSpecification(),
    excluding excluded: RowSet = RowSet(), pool: WorkerPool = .shared
  ) throws(IndexError) -> any SearchIndex {
    try specification.graph.validate()
    guard vectors.count <= maximumRowCount, vectors.dimension <= maximumDimension else {
      throw .invalidParameter(
        "an index holds up to \(maximumRowCount) vectors of up to \(maximumDimension) components")
    }
    let absent = excluded.intersection(RowSet(0..<Row(vectors.count)))
    let encoder = VectorEncoder(
      vectors: vectors, similarity: similarity, codec: specification.codec, excluded: absent, pool: pool)
    let flat = FlatIndex(try encoder.encode(), absent: absent, pool: pool)
    guard specification.resolvedLayout(count: vectors.count) == .graph else { return flat }
    return GraphIndex(linking: flat, parameters: specification.graph, pool: pool)
  }

  /// Writes an index that this factory built or opened. The file appears complete or not at all.
  public static func write(_ index: any SearchIndex, to path: String) throws(IndexError) {
    guard let stored = index as? any StoredIndex else {
      throw .invalidParameter("an index of type \(type(of: index)) has no file format")
    }
    try stored.file.write(to: path)
  }

  /// Maps an index file. Every byte is read once to check its checksum, and stays in the file afterwards.
  ///
  /// - Throws: `corrupted` for a damaged file, `unsupportedVersion` for one of a newer release, `file` if it cannot be
  ///   opened.
  public static func open(_ path: String, pool: WorkerPool = .shared) throws(IndexError) -> any SearchIndex {
    let file = try IndexFile(path: path, pool: pool)
    func damaged(_ reason: String) -> IndexError { .corrupted(path: path, reason: reason) }
    guard let region = file.sections[.metadata], let metadata = unsafe IndexMetadata(Array(region.bytes)) else {
      throw damaged("its description is not readable")
    }
    do throws(InvalidSections) {
      switch file.layout {
      case .flat: return try FlatIndex(file.sections, metadata, pool: pool)
      case .graph: return try GraphIndex(file.sections, metadata, pool: pool)
      case .lexical: throw InvalidSections(reason: "it is an index of terms")
      case .multiVector: throw InvalidSections(reason: "it is an index of sets of vectors")
      }
    } catch {
      throw damaged(error.reason)
    }
  }
}
