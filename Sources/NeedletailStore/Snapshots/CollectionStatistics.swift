internal import NeedletailCore
internal import NeedletailIndex

/// The size of a collection and of what it is made of.
public struct CollectionStatistics: Codable, Hashable, Sendable {
  public var documents: Int
  public var passages: Int
  /// Passages that are not in a segment yet; they are searched in memory.
  public var deltaRows: Int
  public var segments: [SegmentStatistics]
  /// Bytes of the SQLite file and its log.
  public var databaseBytes: Int
  /// Bytes of memory the indexes take.
  public var residentBytes: Int
  /// Bytes of index files seen as memory; the system keeps of them what is used.
  public var mappedBytes: Int
  /// What was noticed and mended since the collection was opened.
  public var notices: [String]
}

/// One index file, or what stands in for it in memory.
public struct SegmentStatistics: Codable, Hashable, Sendable {
  /// "dense", "lexical" or "sparse".
  public var kind: String
  public var rows: Int
  /// Rows of passages that were removed since.
  public var deleted: Int
  /// Bytes of the file; 0 if it is being built again.
  public var bytes: Int
}

extension Snapshot {
  public func statistics() throws(StoreError) -> CollectionStatistics {
    let path = context.database.path
    var resident = 0
    var mapped = 0
    for part in parts {
      for (bytes, isMapped) in part.memory {
        if isMapped { mapped += bytes } else { resident += bytes }
      }
    }
    return CollectionStatistics(
      documents: documentCount, passages: passageCount, deltaRows: generation.deltaRows,
      segments: generation.segments.flatMap { segment in
        segment.kinds.map { kind in
          SegmentStatistics(
            kind: kind.rawValue, rows: segment.rowCount, deleted: segment.deleted.count,
            bytes: segment.contents.files.first { $0.record.kind == kind }?.record.bytes ?? 0)
        }
      },
      databaseBytes: (FileSystem.size(of: path) ?? 0) + (FileSystem.size(of: path + "-wal") ?? 0), residentBytes: resident,
      mappedBytes: mapped, notices: context.notices.all)
  }
}

extension Segment {
  fileprivate var kinds: [SegmentFileKind] {
    SegmentFileKind.allCases.filter { kind in
      switch kind {
      case .dense: contents.dense != nil
      case .lexical: true
      case .sparse: contents.sparse != nil
      }
    }
  }

  /// Its indexes and vectors.
  fileprivate var memory: [(bytes: Int, isMapped: Bool)] {
    let dense = contents.dense?.footprint
    let lexical = contents.lexical.madeIndex
    let sparse = contents.sparse?.madeIndex?.footprint
    let vectors = contents.vectors
    return [
      (dense?.totalBytes ?? 0, dense?.isMapped ?? false), (lexical?.byteCount ?? 0, lexical?.isMapped ?? false),
      (sparse?.totalBytes ?? 0, sparse?.isMapped ?? false),
      (((vectors?.dense?.values.count ?? 0) + 2 * (vectors?.sparse?.terms.count ?? 0)) * MemoryLayout<Float>.size, false),
    ]
  }
}
