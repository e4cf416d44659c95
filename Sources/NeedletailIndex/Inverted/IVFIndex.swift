public import NeedletailCore
internal import NeedletailNumerics

/// Finds neighbours by codes, in the lists whose centroids are nearest to the query (the inverted file of Jégou, Douze and
/// Schmid, "Product quantization for nearest neighbor search", IEEE TPAMI 33, 2011, section 4, over any codec).
///
/// Codes stand for what its centroid leaves of a row. The best by code are scored in full where the vectors are kept, and
/// by their decoded form where only codes are: then the index takes a tenth of the memory or less, and scores are those
/// of the decoded vectors. With one list it compares the codes of all rows. `limit` results come whenever as many rows
/// are allowed: further lists are looked into until they do.
///
/// Use it for many rows in little memory; a graph finds more in less time where memory allows.
public struct IVFIndex: SearchIndex {
  let lists: CodedLists
  /// The vectors for full scores; nil if only codes are kept.
  let flat: FlatIndex?
  let parameters: ListParameters
  /// Rows that were excluded when the index was built.
  let absent: RowSet
  public let count: Int
  private let scratch: ScratchPool<Scratch>

  private final class Scratch {
    let scan: ListScan
    let query: PreparedQuery?
    let memory = AlignedMemory.zeroed(count: 256 * MemoryLayout<Float>.size)

    init(_ lists: CodedLists, _ vectors: EncodedVectors?) {
      scan = ListScan(lists)
      query = vectors.map { PreparedQuery(for: $0) }
    }
  }

  init(lists: CodedLists, flat: FlatIndex?, parameters: ListParameters, absent: RowSet, count: Int) {
    self.lists = lists
    self.flat = flat
    self.parameters = parameters
    self.absent = absent
    self.count = count
    let vectors = flat?.vectors
    scratch = ScratchPool { Scratch(lists, vectors) }
  }

  public var dimension: Int { lists.codec.dimension }
  public var similarity: Similarity { lists.similarity }
  /// The codec that rows are compared by.
  public var codec: any VectorCodec { lists.codec }
  /// How many lists there are.
  public var listCount: Int { lists.listCount }

  public var footprint: Footprint {
    var footprint = flat?.footprint ?? Footprint(isMapped: lists.blocks.region.isMapped)
    footprint.codeBytes += lists.codeBytes
    return footprint
  }

  public func search(_ query: Span<Float>, _ options: SearchOptions) throws(IndexError) -> [Neighbour] {
    try scratch.borrow { scratch throws(IndexError) in
      try scratch.scan.prepare(query)
      let allowed = options.allowed(count: count, absent: RowSet())
      let available = allowed.map { $0.subtracting(absent).count } ?? count - absent.count
      let limit = min(options.limit, available)
      guard limit > 0 else { return [] }
      let isSmall = allowed != nil && available <= parameters.exactScanLimit
      if let flat, let prepared = scratch.query {
        try prepared.prepare(query, for: flat.vectors)
        if options.isExact || isSmall {
          return flat.search(prepared, limit: limit, options.allowed(count: count, absent: absent))
        }
      }
      // Without the vectors, exact means that every row's decoded form is compared.
      let isExhaustive = options.isExact || (flat == nil && isSmall)
      let places = scratch.scan.candidates(
        probeCount: isExhaustive ? listCount : min(listCount, options.probes ?? parameters.resolvedProbeCount(listCount: listCount)),
        limit: limit,
        count: isExhaustive ? available : min(available, max(options.efSearch ?? parameters.candidateCount, limit)),
        allowed: allowed)
      return best(of: places, limit: limit, scratch).neighbours
    }
  }

  /// The best candidates by full score.
  private func best(of places: [UInt32], limit: Int, _ scratch: Scratch) -> TopK {
    if let flat, let query = scratch.query {
      let rows = places.map { lists.rows[Int($0)] }
      return Rescoring.best(of: rows, limit: limit, query: query, flat.vectors, scratch.memory)
    }
    return decodedBest(of: places, limit: limit, scratch)
  }

  private func decodedBest(of places: [UInt32], limit: Int, _ scratch: Scratch) -> TopK {
    var best = TopK(capacity: limit)
    let codec = lists.codec
    unsafe ScratchMemory.use(of: Float.self, count: 2 * codec.decodedDimension) { rows in
      unsafe ScratchMemory.use(of: UInt8.self, count: codec.codeBytes) { code in
        let (row, image) = unsafe (rows.baseAddress!, rows.baseAddress! + codec.decodedDimension)
        unsafe imageOfQuery(scratch.scan.queryStart, into: image)
        for place in places {
          unsafe lists.decode(Int(place), of: lists.list(of: Int(place)), code: code.baseAddress!, into: row)
          unsafe best.insert(row: lists.rows[Int(place)], score: score(image, row))
        }
      }
    }
    return best
  }

  private func imageOfQuery(_ query: UnsafePointer<Float>, into image: UnsafeMutablePointer<Float>) {
    let codec = lists.codec
    guard !codec.codesDifferences else { return unsafe image.update(from: query, count: dimension) }
    let components = unsafe codec.image(of: Array(UnsafeBufferPointer(start: query, count: dimension)))
    unsafe image.update(from: components, count: codec.decodedDimension)
  }

  private func score(_ query: UnsafePointer<Float>, _ row: UnsafePointer<Float>) -> Float {
    var score: Float = 0
    let rows = unsafe RowPointer(base: row, stride: lists.codec.decodedDimension, dimension: lists.codec.decodedDimension)
    if similarity == .euclidean {
      unsafe DistanceKernels.current.squaredEuclidean(query, rows, indices: nil, count: 1, into: &score)
      return -score
    }
    unsafe DistanceKernels.current.dot(query, rows, indices: nil, count: 1, into: &score)
    return score
  }
}
