internal import NeedletailCore
internal import NeedletailNumerics

/// Vectors and links of a graph that changes, in memory for so many rows.
///
/// It orders nothing itself: `ChangingGraph` lets one thread write, and nobody read what is being written.
final class ChangingRows: Sendable {
  let capacity: Int
  let vectors: EncodedVectors
  let pairs: PairDistances
  let links: Links
  private let components: AlignedMemory
  private let offsets: AlignedMemory
  private let targets: AlignedMemory

  init(capacity: Int, dimension: Int, similarity: Similarity, degree: Int) {
    self.capacity = capacity
    let stride = ExactRows.stride(dimension: dimension, codec: .float32)
    components = AlignedMemory.zeroed(count: capacity * stride * MemoryLayout<Float>.size)
    offsets = AlignedMemory.zeroed(count: capacity * MemoryLayout<Float>.size)
    targets = AlignedMemory.zeroed(count: capacity * degree * MemoryLayout<Row>.size)
    unsafe targets.start.assumingMemoryBound(to: Row.self).update(repeating: Links.none, count: capacity * degree)
    let exact = ExactRows(
      values: .float32(Column(Region(components))), count: capacity, similarity: similarity, stride: stride, scale: 1)
    vectors = EncodedVectors(dimension: dimension, codec: .float32, exact: exact, codes: nil)
    pairs = PairDistances(changing: vectors, offsets: Column(Region(offsets)))
    links = Links(targets: Column(Region(targets)), degree: degree)
  }

  /// The same rows with room for more.
  convenience init(_ rows: ChangingRows, capacity: Int) {
    self.init(
      capacity: capacity, dimension: rows.vectors.dimension, similarity: rows.vectors.similarity, degree: rows.links.degree)
    for (new, old) in [(components, rows.components), (offsets, rows.offsets), (targets, rows.targets)] {
      unsafe new.start.copyMemory(from: old.start, byteCount: old.count)
    }
  }

  var footprint: Footprint { Footprint(vectorBytes: components.count, linkBytes: offsets.count + targets.count) }

  /// Stores a vector that was prepared as a query is.
  func store(_ query: PreparedQuery, at row: Row) {
    let stride = vectors.exact.stride
    let start = unsafe components.start.assumingMemoryBound(to: Float.self) + Int(row) * stride
    unsafe start.update(from: query.componentStart, count: stride)
    let squaredLength = unsafe VectorLength.squared(of: start, count: stride)
    unsafe offsets.start.assumingMemoryBound(to: Float.self)[Int(row)] = pairs.isMetric ? -squaredLength : 0
  }

  func set(_ row: Row, _ chosen: [Row]) {
    let start = unsafe targets.start.assumingMemoryBound(to: Row.self) + Int(row) * links.degree
    for place in 0..<links.degree { unsafe start[place] = place < chosen.count ? chosen[place] : Links.none }
  }
}
