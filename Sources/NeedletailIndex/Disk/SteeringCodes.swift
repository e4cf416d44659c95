internal import NeedletailCore
internal import NeedletailNumerics

/// The codes that stay in memory and say where to read next, by place.
struct SteeringCodes: Sendable {
  let codec: any BlockCodec
  let similarity: Similarity
  let codes: Column<UInt8>
  /// What is added to a code's score, for each place; empty where nothing is.
  let terms: Column<Float>
  /// Subtracted from rows before they are encoded; empty for codecs that take rows as they are.
  let mean: Column<Float>

  var byteCount: Int { codes.region.count + terms.region.count + mean.region.count + codec.sharedBytes }

  init(codec: any BlockCodec, similarity: Similarity, codes: Column<UInt8>, terms: Column<Float>, mean: Column<Float>) {
    self.codec = codec
    self.similarity = similarity
    self.codes = codes
    self.terms = terms
    self.mean = mean
  }

  static func needsTerms(_ codec: any BlockCodec, _ similarity: Similarity) -> Bool {
    codec.codesDifferences && CodedLists.needsTerms(codec, similarity)
  }

  /// Encodes rows in the order of their places.
  ///
  /// - Parameters:
  ///   - exact: rows of 32-bit floats as the similarity compares them.
  ///   - mean: of all rows.
  init(_ exact: ExactRows, order: [Row], codec: any BlockCodec, mean: Column<Float>, pool: WorkerPool) {
    let hasTerms = Self.needsTerms(codec, exact.similarity)
    let middle = codec.codesDifferences ? mean : Column([Float](repeating: 0, count: exact.stride))
    let terms = AlignedMemory.zeroed(count: hasTerms ? 4 * order.count : 0)
    let codes = unsafe Column<UInt8>(count: order.count * codec.codeBytes) { target in
      nonisolated(unsafe) let target = unsafe target
      let rowsPerTask = 256
      pool.forEach((order.count + rowsPerTask - 1) / rowsPerTask) { task in
        let memory = AlignedMemory.zeroed(count: 4 * (exact.stride + codec.decodedDimension) + codec.residualBytes + codec.codeBytes)
        defer { withExtendedLifetime(memory) {} }
        let row = unsafe memory.start.assumingMemoryBound(to: Float.self)
        let decoded = unsafe row + exact.stride
        let residual = unsafe (memory.start + 4 * (exact.stride + codec.decodedDimension)).assumingMemoryBound(to: UInt8.self)
        for place in task * rowsPerTask..<min(order.count, (task + 1) * rowsPerTask) {
          unsafe exact.load(Int(order[place]), into: row)
          for index in 0..<codec.dimension { unsafe row[index] -= middle.start[index] }
          let code = unsafe target + place * codec.codeBytes
          unsafe codec.encode(row, into: code, residual: residual)
          guard hasTerms else { continue }
          unsafe codec.decode(code, residual: nil, into: decoded)
          unsafe terms.start.assumingMemoryBound(to: Float.self)[place] = CodedLists.term(
            of: row, decoded: decoded, centroid: middle.start, codec: codec, similarity: exact.similarity)
        }
      }
    }
    self.init(
      codec: codec, similarity: exact.similarity, codes: codes, terms: Column(Region(terms)),
      mean: codec.codesDifferences ? mean : Column([]))
  }

  /// A query that places are compared with. Reused from search to search; for one thread at a time.
  @safe final class Scorer {
    private let steering: SteeringCodes
    private let query: CodeQuery
    private let gathered: AlignedMemory
    private let block: AlignedMemory
    /// The scores of the last comparison.
    let scores: UnsafeMutablePointer<Float>

    /// So many places are compared in one call at most.
    static let largestCount = 256

    init(_ steering: SteeringCodes) {
      self.steering = steering
      let codec = steering.codec
      query = CodeQuery(for: codec)
      gathered = AlignedMemory.zeroed(count: Self.largestCount * codec.codeBytes)
      block = AlignedMemory.zeroed(count: Self.largestCount / codec.blockRows * codec.blockBytes)
      unsafe scores = .allocate(capacity: Self.largestCount)
    }

    deinit { unsafe scores.deallocate() }

    /// - Parameter components: the query as the similarity compares it.
    func prepare(_ components: UnsafePointer<Float>) { unsafe steering.codec.prepare(components, query) }

    /// Fills `scores`.
    ///
    /// - Precondition: `count` is at most `largestCount`, and all places have codes.
    func score(_ places: UnsafePointer<Row>, count: Int) {
      precondition(count <= Self.largestCount)
      let codec = steering.codec
      let (codeBytes, base) = unsafe (codec.codeBytes, steering.codes.start)
      let packed = unsafe gathered.start.assumingMemoryBound(to: UInt8.self)
      for index in 0..<count { unsafe DistanceKernels.prefetch(base + Int(places[index]) * codeBytes) }
      for index in 0..<count {
        unsafe (packed + index * codeBytes).update(from: base + Int(places[index]) * codeBytes, count: codeBytes)
      }
      if codec.blockRows == 1 {
        unsafe codec.score(query, packed, count: count, into: scores)
      } else {
        let blocks = unsafe block.start.assumingMemoryBound(to: UInt8.self)
        let (rows, bytes) = (codec.blockRows, codec.blockBytes)
        for start in stride(from: 0, to: count, by: rows) {
          let target = unsafe blocks + start / rows * bytes
          unsafe target.update(repeating: 0, count: bytes)
          unsafe codec.pack(packed + start * codeBytes, count: min(rows, count - start), into: target)
        }
        unsafe codec.score(query, blocks, count: count, into: scores)
      }
      guard steering.terms.count > 0 else { return }
      let factor: Float = steering.similarity == .euclidean ? 2 : 1
      for index in 0..<count { unsafe scores[index] = factor * scores[index] + steering.terms.start[Int(places[index])] }
    }
  }
}
