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
  ///   - codec: a trained codec to take instead of what `specification.codes` says, for every layout but a graph.
  ///   - verifier: for the disk layout, what the vectors on disk become before they are scored, and queries with them.
  /// - Throws: `unusableVector` with the lowest row whose components are not finite or whose length overflows;
  ///   `invalidParameter` for a specification whose parts do not fit each other or the vectors.
  public static func build(
    _ vectors: DenseVectors, similarity: Similarity, specification: DenseIndexSpecification = DenseIndexSpecification(),
    excluding excluded: RowSet = RowSet(), codec: (any VectorCodec)? = nil,
    verifier: Projection? = nil, pool: WorkerPool = .shared
  ) throws(IndexError) -> any SearchIndex {
    var specification = specification
    if let codec { specification.codes = codec.specification }
    try specification.validate()
    guard vectors.count <= maximumRowCount, vectors.dimension <= maximumDimension else {
      throw .invalidParameter(
        "an index holds up to \(maximumRowCount) vectors of up to \(maximumDimension) components")
    }
    let absent = excluded.intersection(RowSet(0..<Row(vectors.count)))
    let layout = specification.resolvedLayout(count: vectors.count)
    guard layout == .disk || verifier == nil, verifier.map({ $0.dimension == vectors.dimension }) ?? true else {
      throw .invalidParameter("a verifier is for the disk layout and vectors of as many components as it was trained for")
    }
    if layout == .disk {
      return try DiskIndex(
        vectors, similarity: similarity, specification: specification, absent: absent, codec: codec, verifier: verifier,
        pool: pool)
    }
    if layout == .inverted || specification.codes != nil {
      return try invertedIndex(vectors, similarity, specification, absent, codec, pool)
    }
    let encoder = VectorEncoder(
      vectors: vectors, similarity: similarity, codec: specification.codec, excluded: absent, pool: pool)
    let flat = FlatIndex(try encoder.encode(), absent: absent, pool: pool)
    guard layout == .graph else { return flat }
    return GraphIndex(linking: flat, parameters: specification.graph, pool: pool)
  }

  private static func invertedIndex(
    _ vectors: DenseVectors, _ similarity: Similarity, _ specification: DenseIndexSpecification, _ absent: RowSet,
    _ trained: (any VectorCodec)?, _ pool: WorkerPool
  ) throws(IndexError) -> IVFIndex {
    // Full scores need no codes of their own beside those of the lists.
    let kind: VectorCodecKind = specification.keepsVectors && specification.codec != .float32 ? .float16 : .float32
    let encoder = VectorEncoder(vectors: vectors, similarity: similarity, codec: kind, excluded: absent, pool: pool)
    let flat = FlatIndex(try encoder.encode(), absent: absent, pool: pool)
    var parameters = specification.lists
    if specification.layout == .flat { parameters.listCount = 1 }
    let dimension = max(1, vectors.dimension)
    let codes = specification.codes ?? .locallyAdaptive(bits: 8, residualBits: 0)
    let lists = try CodedLists(
      flat.vectors.exact, dimension: dimension, absent: absent, parameters: parameters, pool: pool
    ) { values throws(IndexError) in
      guard let trained else {
        return try CodecTraining.blockCodec(
          codes, training: values, dimension: dimension, seed: parameters.seed, pool: pool)
      }
      return try CodecTraining.checked(trained, dimension: dimension, similarity: similarity)
    }
    return IVFIndex(
      lists: lists, flat: specification.keepsVectors ? flat : nil, parameters: parameters, absent: absent,
      count: vectors.count)
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
    if file.layout == .disk { return try DiskIndex(file, metadata, path: path) }
    do throws(InvalidSections) {
      switch file.layout {
      case .flat: return try FlatIndex(file.sections, metadata, pool: pool)
      case .graph: return try GraphIndex(file.sections, metadata, pool: pool)
      case .inverted: return try IVFIndex(file.sections, metadata, pool: pool)
      case .lexical, .lexicalFields: throw InvalidSections(reason: "it is an index of terms")
      case .disk: throw InvalidSections(reason: "it is an index on disk")
      case .codec: throw InvalidSections(reason: "it is a codec without rows")
      case .invertedSparse, .clusteredSparse: throw InvalidSections(reason: "it is an index of sparse vectors")
      case .multiVector: throw InvalidSections(reason: "it is an index of sets of vectors")
      }
    } catch {
      throw damaged(error.reason)
    }
  }
}
