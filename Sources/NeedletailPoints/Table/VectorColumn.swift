internal import NeedletailCore
internal import NeedletailNumerics
internal import Synchronization

/// One named vector of the points of a block.
struct VectorColumn: Sendable {
  let kind: VectorSettings.Kind
  let size: Int
  private(set) var present = BlockMask.none
  /// Row after row, up to the last one that was ever written.
  private(set) var dense: [Float] = []
  private(set) var sparse: [SparsePointVector?] = []
  private(set) var multi: [DenseVectors?] = []
  /// Made from `sparse` when a search first needs them.
  private(set) var postings = SparsePostings()
  /// What sparse and multiple vectors take, which are of any size.
  private var looseBytes = 0
  /// Of dense vectors that may be in no graph, for comparing with them quickly.
  private(set) var codes: RowCodes?

  init(_ settings: VectorSettings) {
    kind = settings.kind
    size = settings.size
    if settings.keepsCodes { codes = RowCodes(size: settings.size) }
  }

  /// Gives up the codes: graphs find all rows there are. Those that are set from now on are coded again.
  mutating func dropCodes() {
    if codes?.coded.isEmpty == false { codes = RowCodes(size: size) }
  }

  subscript(place: Int) -> VectorValue? {
    guard present.contains(place) else { return nil }
    switch kind {
    case .dense: return .dense(Array(dense[place * size..<(place + 1) * size]))
    case .sparse: return sparse[place].map { .sparse($0) }
    case .multi: return multi[place].map { .multi($0) }
    }
  }

  /// Puts a vector, which has to be of the column's kind and size, or nothing in a place.
  mutating func set(_ value: VectorValue?, at place: Int) {
    guard let value else {
      guard present.contains(place) else { return }
      present.remove(place)
      codes?.remove(place)
      looseBytes -= looseBytes(at: place)
      if kind == .sparse {
        sparse[place] = nil
        postings = SparsePostings()
      }
      if kind == .multi { multi[place] = nil }
      return
    }
    if present.contains(place) { looseBytes -= looseBytes(at: place) }
    present.insert(place)
    defer { looseBytes += looseBytes(at: place) }
    switch value {
    case .dense(let values):
      if dense.count < (place + 1) * size { dense.append(contentsOf: repeatElement(0, count: (place + 1) * size - dense.count)) }
      unsafe dense.withUnsafeMutableBufferPointer { rows in
        for component in 0..<min(size, values.count) { unsafe rows[place * size + component] = values[component] }
      }
      codes?.set(values, at: place)
    case .sparse(let vector):
      if sparse.count <= place { sparse.append(contentsOf: repeatElement(nil, count: place + 1 - sparse.count)) }
      sparse[place] = vector
      postings = SparsePostings()
    case .multi(let rows):
      if multi.count <= place { multi.append(contentsOf: repeatElement(nil, count: place + 1 - multi.count)) }
      multi[place] = rows
    }
  }
}

extension VectorColumn {
  private func looseBytes(at place: Int) -> Int {
    switch kind {
    case .dense: 0
    case .sparse: place < sparse.count ? sparse[place].map { 8 * $0.indices.count + 64 } ?? 0 : 0
    case .multi: place < multi.count ? multi[place].map { 4 * $0.values.count + 32 } ?? 0 : 0
    }
  }

  /// What the numbers of a vector take; 0 where there is none.
  func byteCount(at place: Int) -> Int {
    guard present.contains(place) else { return 0 }
    return switch kind {
    case .dense: 4 * size
    case .sparse: 8 * (sparse[place]?.indices.count ?? 0)
    case .multi: 4 * (multi[place]?.values.count ?? 0)
    }
  }

  /// What the vectors take in memory.
  var vectorBytes: Int { 4 * dense.count + looseBytes }
  var codeBytes: Int { codes?.byteCount ?? 0 }
}

/// The sparse vectors of a block, arranged by dimension.
final class SparsePostings: Sendable {
  typealias Lists = [UInt32: [(place: UInt8, value: Float)]]

  private let lists = Mutex<Lists?>(nil)

  func lists(of vectors: [SparsePointVector?]) -> Lists {
    lists.withLock { lists in
      if let lists { return lists }
      var made: Lists = [:]
      for (place, vector) in vectors.enumerated() {
        guard let vector else { continue }
        for (index, value) in zip(vector.indices, vector.values) { made[index, default: []].append((UInt8(place), value)) }
      }
      lists = made
      return made
    }
  }
}
