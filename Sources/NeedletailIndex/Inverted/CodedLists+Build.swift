internal import NeedletailCore
internal import NeedletailNumerics

extension CodedLists {
  /// Divides and encodes the rows of an index that are not absent.
  ///
  /// - Parameters:
  ///   - vectors: rows as they are compared: of length 1 for cosine.
  ///   - makeCodec: trains the codec on what the centroids leave of the rows.
  init(
    _ exact: ExactRows, dimension: Int, absent: RowSet, parameters: ListParameters, pool: WorkerPool,
    makeCodec: (_ values: [Float]) throws(IndexError) -> any BlockCodec
  ) throws(IndexError) {
    let members = (0..<Row(exact.count)).filter { !absent.contains($0) }
    var values = Self.values(of: members, exact, dimension, pool)
    let listCount = parameters.resolvedListCount(rowCount: members.count)
    let means = KMeans(
      values, dimension: dimension,
      parameters: .init(clusterCount: listCount, isBalanced: parameters.isBalanced, seed: parameters.seed), pool: pool)
    let lists = means.clusterCount == 1 ? [UInt32](repeating: 0, count: members.count) : means.clusters(of: values, pool: pool)
    Self.move(&values, by: -1, means, lists)
    let codec = try makeCodec(values)
    if !codec.codesDifferences { Self.move(&values, by: 1, means, lists) }

    let order = Self.order(lists, listCount: means.clusterCount)
    let encoder = ListEncoder(
      codec: codec, similarity: exact.similarity, values: values, centroids: Column(means.centroids),
      starts: order.starts, sources: order.sources)
    let encoded = encoder.encode(pool: pool)
    self.init(
      codec: codec, similarity: exact.similarity, centroids: encoder.centroids, starts: Column(order.starts),
      rows: Column(order.sources.map { members[$0] }), blocks: encoded.blocks, residuals: encoded.residuals,
      terms: encoded.terms)
  }

  /// Rows as they are compared, one after the other.
  static func values(of members: [Row], _ exact: ExactRows, _ dimension: Int, _ pool: WorkerPool) -> [Float] {
    unsafe [Float](unsafeUninitializedCapacity: members.count * dimension) { values, count in
      count = members.count * dimension
      guard let start = values.baseAddress else { return }
      nonisolated(unsafe) let target = unsafe start
      let rowsPerTask = 1_024
      pool.forEach((members.count + rowsPerTask - 1) / rowsPerTask) { task in
        let memory = AlignedMemory.zeroed(count: exact.stride * MemoryLayout<Float>.size)
        defer { withExtendedLifetime(memory) {} }
        let row = unsafe memory.start.assumingMemoryBound(to: Float.self)
        for place in task * rowsPerTask..<min(members.count, (task + 1) * rowsPerTask) {
          unsafe exact.load(Int(members[place]), into: row)
          for index in 0..<dimension { unsafe target[place * dimension + index] = row[index] / exact.scale }
        }
      }
    }
  }

  /// Adds a multiple of its centroid to each row.
  private static func move(_ values: inout [Float], by factor: Float, _ means: KMeans, _ lists: [UInt32]) {
    let dimension = means.dimension
    unsafe values.withUnsafeMutableBufferPointer { values in
      unsafe means.centroids.withUnsafeBufferPointer { centroids in
        for (row, list) in lists.enumerated() {
          for index in 0..<dimension {
            unsafe values[row * dimension + index] += factor * centroids[Int(list) * dimension + index]
          }
        }
      }
    }
  }

  /// Where each list starts, and which value stands at each place.
  private static func order(_ lists: [UInt32], listCount: Int) -> (starts: [UInt32], sources: [Int]) {
    var starts = [UInt32](repeating: 0, count: listCount + 1)
    for list in lists { starts[Int(list) + 1] += 1 }
    for list in 0..<listCount { starts[list + 1] += starts[list] }
    var next = starts
    var sources = [Int](repeating: 0, count: lists.count)
    for (row, list) in lists.enumerated() {
      sources[Int(next[Int(list)])] = row
      next[Int(list)] += 1
    }
    return (starts, sources)
  }
}

/// Encodes the rows of all lists, spread over threads by lists.
private struct ListEncoder: Sendable {
  let codec: any BlockCodec
  let similarity: Similarity
  let values: [Float]
  let centroids: Column<Float>
  let starts: [UInt32]
  /// The value at each place.
  let sources: [Int]

  func encode(pool: WorkerPool) -> (blocks: Column<UInt8>, residuals: Column<UInt8>, terms: Column<Float>) {
    let firstBlocks = CodedLists.firstBlocks(starts, codec)
    let needsTerms = CodedLists.needsTerms(codec, similarity)
    let blocks = AlignedMemory.zeroed(count: (firstBlocks.last ?? 0) * codec.blockBytes)
    let residuals = AlignedMemory.zeroed(count: sources.count * codec.residualBytes)
    let terms = AlignedMemory.zeroed(count: needsTerms ? sources.count * MemoryLayout<Float>.size : 0)
    // One list may hold everything, so tasks are runs of blocks.
    let tasks = (0..<starts.count - 1).flatMap { list in
      stride(from: firstBlocks[list], to: firstBlocks[list + 1], by: Self.blocksPerTask(codec)).map { (list, $0) }
    }
    pool.forEach(tasks.count) { task in
      let (list, firstBlock) = tasks[task]
      let end = min(firstBlocks[list + 1], firstBlock + Self.blocksPerTask(codec))
      for block in firstBlock..<end {
        let first = Int(starts[list]) + (block - firstBlocks[list]) * codec.blockRows
        let places = first..<min(Int(starts[list + 1]), first + codec.blockRows)
        unsafe encode(
          places, list: list, into: blocks.start.assumingMemoryBound(to: UInt8.self) + block * codec.blockBytes,
          residuals: residuals.start.assumingMemoryBound(to: UInt8.self),
          terms: needsTerms ? terms.start.assumingMemoryBound(to: Float.self) : nil)
      }
    }
    return (Column(Region(blocks)), Column(Region(residuals)), Column(Region(terms)))
  }

  private static func blocksPerTask(_ codec: any BlockCodec) -> Int { max(1, 1_024 / codec.blockRows) }

  private func encode(
    _ places: Range<Int>, list: Int, into block: UnsafeMutablePointer<UInt8>, residuals: UnsafeMutablePointer<UInt8>,
    terms: UnsafeMutablePointer<Float>?
  ) {
    let dimension = codec.dimension
    let rows = AlignedMemory.zeroed(count: (places.count + 1) * dimension * MemoryLayout<Float>.size)
    let bytes = AlignedMemory.zeroed(count: places.count * codec.codeBytes)
    defer { withExtendedLifetime((rows, bytes)) {} }
    let (gathered, codes) = unsafe (
      rows.start.assumingMemoryBound(to: Float.self), bytes.start.assumingMemoryBound(to: UInt8.self))
    unsafe values.withUnsafeBufferPointer { values in
      for (index, place) in places.enumerated() {
        unsafe (gathered + index * dimension).update(from: values.baseAddress! + sources[place] * dimension, count: dimension)
      }
    }
    unsafe codec.encode(
      gathered, count: places.count, into: codes, residuals: residuals + places.lowerBound * codec.residualBytes)
    if let terms = unsafe terms {
      let decoded = unsafe gathered + places.count * dimension
      for (index, place) in places.enumerated() {
        unsafe codec.decode(codes + index * codec.codeBytes, residual: nil, into: decoded)
        unsafe terms[place] = CodedLists.term(
          of: gathered + index * dimension, decoded: decoded, centroid: centroids.start + list * dimension, codec: codec,
          similarity: similarity)
      }
    }
    unsafe codec.pack(codes, count: places.count, into: block)
  }
}
