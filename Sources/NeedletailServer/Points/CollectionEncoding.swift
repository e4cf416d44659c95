internal import NeedletailCore
internal import NeedletailPoints

/// What a collection says of itself.
struct CollectionDescription {
  let collection: PointCollection
  let snapshot: PointSnapshot

  init(_ collection: PointCollection) {
    self.collection = collection
    snapshot = collection.snapshot()
  }

  private var options: Payload { snapshot.settings.options }

  func write(_ writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("status") { $0.string(collection.isIndexing ? "yellow" : "green") }
      writer.member("optimizer_status") { $0.string("ok") }
      writer.member("indexed_vectors_count") { $0.integer(snapshot.indexedVectorCount) }
      writer.member("points_count") { $0.integer(snapshot.count) }
      writer.member("segments_count") { $0.integer(1) }
      writer.member("config") { $0.object(configuration) }
      writer.member("payload_schema") { $0.object(payloadSchema) }
      writer.member("update_queue") { $0.object { $0.member("length") { $0.integer(0) } } }
    }
  }

  private func configuration(_ writer: inout JSONWriter) {
    writer.member("params") { $0.object(parameters) }
    writer.member("hnsw_config") { $0.payload(merged("hnsw_config", Self.hnsw)) }
    writer.member("optimizer_config") { $0.payload(merged("optimizers_config", Self.optimizer)) }
    writer.member("wal_config") { $0.payload(merged("wal_config", Self.log)) }
    writer.member("quantization_config") { $0.value(options["quantization_config"] ?? .null) }
    writer.member("strict_mode_config") { $0.payload(merged("strict_mode_config", ["enabled": false])) }
    writer.member("metadata") { $0.value(options["metadata"] ?? .object([:])) }
  }

  private func parameters(_ writer: inout JSONWriter) {
    let vectors = snapshot.settings.schema.byName
    let dense = vectors.filter { $0.value.kind != .sparse }
    let sparse = vectors.filter { $0.value.kind == .sparse }
    writer.member("vectors") { writer in
      if snapshot.settings.hasUnnamedVector, dense.count == 1, let unnamed = dense[""] {
        writer.payload(unnamed.original)
      } else {
        writer.payload(dense.mapValues { .object($0.original) })
      }
    }
    if !sparse.isEmpty { writer.member("sparse_vectors") { $0.payload(sparse.mapValues { .object($0.original) }) } }
    for name in ["shard_number", "replication_factor", "write_consistency_factor"] { writer.member(name) { $0.value(options[name] ?? 1) } }
    writer.member("on_disk_payload") { $0.value(options["on_disk_payload"] ?? true) }
    if let method = options["sharding_method"] { writer.member("sharding_method") { $0.value(method) } }
  }

  private func payloadSchema(_ writer: inout JSONWriter) {
    for (field, index) in snapshot.settings.indexes.sorted(by: { $0.key < $1.key }) {
      writer.member(field) { writer in
        writer.object { writer in
          writer.member("data_type") { $0.string(index.kind.rawValue) }
          if let options = index.options { writer.member("params") { $0.payload(options) } }
          writer.member("points") { $0.integer(snapshot.indexedCount(field)) }
        }
      }
    }
  }

  /// Defaults with what was given in their place.
  private func merged(_ group: String, _ defaults: Payload) -> Payload {
    guard case .object(let given)? = options[group] else { return defaults }
    return defaults.merging(given) { $1 }
  }

  private static let hnsw: Payload = ["m": 16, "ef_construct": 100, "full_scan_threshold": 10_000, "max_indexing_threads": 0, "on_disk": false]
  private static let optimizer: Payload = [
    "deleted_threshold": 0.2, "vacuum_min_vector_number": 1_000, "default_segment_number": 0, "max_segment_size": nil, "memmap_threshold": nil,
    "indexing_threshold": 10_000, "flush_interval_sec": 5, "max_optimization_threads": nil,
  ]
  private static let log: Payload = ["wal_capacity_mb": 32, "wal_segments_ahead": 0, "wal_retain_closed": 1]
}
