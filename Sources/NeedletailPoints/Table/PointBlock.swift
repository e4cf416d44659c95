internal import NeedletailCore
internal import Synchronization

/// Up to 256 points, column by column. A value: a writer changes its own copy, searches go on with theirs.
struct PointBlock: Sendable {
  static let size = 256

  private(set) var live = BlockMask.none
  private(set) var ids: [PointID] = []
  private(set) var versions: [UInt64] = []
  private(set) var payloads: [Payload] = []
  private(set) var vectors: [VectorColumn]
  /// About what the payloads take.
  private(set) var payloadBytes = 0
  /// Columns of payload; replaced whenever payload changes.
  private(set) var columns = FieldColumns()

  init(_ schema: VectorSchema) {
    vectors = schema.settings.map(VectorColumn.init)
  }

  /// Puts a point into a place that has none.
  mutating func insert(_ id: PointID, at place: Int, version: UInt64, payload: Payload) {
    while ids.count <= place {
      ids.append(.number(0))
      versions.append(0)
      payloads.append([:])
    }
    ids[place] = id
    versions[place] = version
    payloadBytes += payload.byteCount - payloads[place].byteCount
    payloads[place] = payload
    live.insert(place)
    columns = FieldColumns()
  }

  mutating func remove(at place: Int) {
    live.remove(place)
    payloadBytes -= payloads[place].byteCount
    payloads[place] = [:]
    for column in vectors.indices { vectors[column].set(nil, at: place) }
    columns = FieldColumns()
  }

  mutating func setPayload(_ payload: Payload, at place: Int, version: UInt64) {
    versions[place] = version
    guard payloads[place] != payload else { return }
    payloadBytes += payload.byteCount - payloads[place].byteCount
    payloads[place] = payload
    columns = FieldColumns()
  }

  mutating func setVector(_ value: VectorValue?, column: Int, at place: Int, version: UInt64) {
    versions[place] = version
    vectors[column].set(value, at: place)
  }

  mutating func dropCodes(_ column: Int) { vectors[column].dropCodes() }

  mutating func addColumn(_ settings: VectorSettings) { vectors.append(VectorColumn(settings)) }

  mutating func clearColumn(_ column: Int, _ settings: VectorSettings) { vectors[column] = VectorColumn(settings) }
}

extension PointBlock {
  /// Ids, versions, and where each point is.
  var pointBytes: Int { ids.count * (MemoryLayout<PointID>.stride + MemoryLayout<UInt64>.stride + 48) }
  /// About what the block takes in memory.
  var byteCount: Int { vectors.reduce(pointBytes + payloadBytes) { $0 + $1.vectorBytes + $1.codeBytes } }
}

/// The columns of payload that filters on a block asked for.
final class FieldColumns: Sendable {
  private static let maximumCount = 64

  private struct TextKey: Hashable {
    var path: PayloadPath
    var options: TextOptions
  }

  private let made = Mutex<[PayloadPath: FieldColumn]>([:])
  private let texts = Mutex<[TextKey: TextColumn]>([:])

  /// The words of a field that has an index for ranking, of which there are few.
  func text(_ path: PayloadPath, _ options: TextOptions, of block: PointBlock) -> TextColumn {
    let key = TextKey(path: path, options: options)
    if let known = texts.withLock({ $0[key] }) { return known }
    let column = TextColumn(path, options, of: block.payloads, in: block.live)
    texts.withLock { $0[key] = column }
    return column
  }

  func column(_ path: PayloadPath, of block: PointBlock) -> FieldColumn {
    if let known = made.withLock({ $0[path] }) { return known }
    let column = FieldColumn(path, of: block.payloads, in: block.live)
    made.withLock {
      // Hostile requests may name any number of paths.
      if $0.count >= Self.maximumCount { $0.removeAll() }
      $0[path] = column
    }
    return column
  }
}
