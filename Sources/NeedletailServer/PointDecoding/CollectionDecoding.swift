internal import NeedletailCore
internal import NeedletailPoints

extension PointCollectionSettings {
  /// Reads the body that makes a collection.
  static func decode(_ fields: JSONFields) throws(PointError) -> PointCollectionSettings {
    var vectors: [String: VectorSettings] = [:]
    var isUnnamed = false
    if let node = fields["vectors"] {
      if node.members?["size"]?.double != nil || node.members?["distance"] != nil {
        vectors[""] = try VectorSettings.decode(node, place: "vectors.")
        isUnnamed = true
      } else {
        guard let members = node.members else { throw fields.wrongType("vectors", "an object") }
        for (name, node) in members { vectors[name] = try VectorSettings.decode(node, place: "vectors.?.") }
      }
    }
    for (name, node) in fields["sparse_vectors"]?.members ?? [:] {
      guard vectors[name] == nil else { throw .wrongInput("the vector name \(name) is used twice") }
      vectors[name] = VectorSettings(sparse: (node.payload ?? [:]).withoutNulls)
    }
    for name in vectors.keys { try Self.check(vectorName: name) }
    return PointCollectionSettings(vectors: vectors, hasUnnamedVector: isUnnamed, options: try options(fields))
  }

  /// The groups of settings that are kept and echoed, under one name each.
  static func options(_ fields: JSONFields) throws(PointError) -> Payload {
    try checkRules(fields)
    var options: Payload = [:]
    let names: [(name: String, given: [String])] = [
      ("hnsw_config", ["hnsw_config"]), ("optimizers_config", ["optimizers_config", "optimizer_config"]), ("wal_config", ["wal_config"]),
      ("quantization_config", ["quantization_config", "quantization"]), ("strict_mode_config", ["strict_mode_config"]), ("metadata", ["metadata"]),
      ("memory_config", ["memory_config"]),
      ("on_disk_payload", ["on_disk_payload"]), ("shard_number", ["shard_number"]), ("replication_factor", ["replication_factor"]),
      ("write_consistency_factor", ["write_consistency_factor"]), ("sharding_method", ["sharding_method"]),
    ]
    for (name, given) in names {
      if let node = given.lazy.compactMap({ fields[$0] }).first { options[name] = node.value }
    }
    return options
  }

  private static func checkRules(_ fields: JSONFields) throws(PointError) {
    if let hnsw = try fields.object("hnsw_config") {
      _ = try hnsw.count("ef_construct", atLeast: 4)
      _ = try hnsw.count("full_scan_threshold", atLeast: 10)
      _ = try hnsw.count("m")
    }
    if let optimizers = try fields.object(fields["optimizers_config"] == nil ? "optimizer_config" : "optimizers_config") {
      _ = try optimizers.count("vacuum_min_vector_number", atLeast: 100)
      if let threshold = try optimizers.double("deleted_threshold"), !(0...1).contains(threshold) {
        throw .validation(["\(optimizers.place)deleted_threshold: value \(threshold) invalid, must be from 0.0 to 1.0"])
      }
    }
    if let memory = try fields.object("memory_config") {
      try memory.allowOnly(["max_resident_mb"])
      _ = try memory.count("max_resident_mb", atLeast: 1)
    }
    if let log = try fields.object("wal_config") { _ = try log.count("wal_capacity_mb", atLeast: 1) }
    for name in ["shard_number", "replication_factor", "write_consistency_factor"] { _ = try fields.count(name, atLeast: 1) }
    if let scalar = try (try? fields.object("quantization_config"))?.object("scalar"), let quantile = try scalar.double("quantile"), !(0.5...1).contains(quantile) {
      throw .validation(["\(scalar.place)quantile: value \(quantile) invalid, must be from 0.5 to 1.0"])
    }
  }

  static func check(vectorName name: String) throws(PointError) {
    guard name.utf8.count <= 200, !name.unicodeScalars.contains(where: Self.isForbidden) else {
      throw .validation(["vectors: vector name \"\(name.prefix(40))\" is not allowed"])
    }
  }

  static func check(collectionName name: String) throws(PointError) {
    guard (1...255).contains(name.utf8.count) else { throw .validation(["collection_name: must be from 1 to 255 characters"]) }
    if let scalar = name.unicodeScalars.first(where: Self.isForbidden) {
      throw .validation(["collection_name: collection name cannot contain \"\(scalar)\" char"])
    }
  }

  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    ["<", ">", ":", "\"", "/", "\\", "|", "?", "*", "\0", "\u{1F}"].contains(scalar)
  }
}

extension VectorSettings {
  /// Reads the settings of a dense vector or a multivector.
  static func decode(_ node: JSONNode, place: String) throws(PointError) -> VectorSettings {
    let fields = try JSONFields(node, place: place)
    guard try fields.count("size", atLeast: 1, atMost: 65_536) != nil else { throw .format("missing field `size`") }
    let distance = try fields.requiredString("distance")
    guard Distance(rawValue: distance) != nil else {
      throw .format("unknown variant `\(distance)`, expected one of `Cosine`, `Euclid`, `Dot`, `Manhattan`")
    }
    if let component = try fields.string("datatype"), Component(rawValue: component) == nil {
      throw .format("unknown variant `\(component)`, expected one of `float32`, `uint8`, `float16`, `turbo4`")
    }
    guard let settings = VectorSettings(dense: (node.payload ?? [:]).withoutNulls) else { throw .format("invalid vector parameters at `\(place.dropLast())`") }
    return settings
  }
}

extension PayloadIndex {
  /// Reads a schema: the name of a kind, or an object with `type` and options.
  static func decode(_ node: JSONNode) throws(PointError) -> PayloadIndex {
    let name = node.string ?? node.members?["type"]?.string
    guard let name, let kind = Kind(rawValue: name) else {
      throw .format("unknown payload schema `\(name ?? "")`, expected one of \(Kind.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))")
    }
    let options = node.payload?.withoutNulls
    if options?["lookup"] == .bool(false), options?["range"] == .bool(false) {
      throw .validation(["field_schema: Validation error: the 'lookup' and 'range' capabilities can't be both disabled"])
    }
    return PayloadIndex(kind: kind, options: options)
  }
}

extension Payload {
  /// What was given: a null in settings means nothing.
  var withoutNulls: Payload {
    filter { $0.value != .null }.mapValues { value in
      if case .object(let members) = value { .object(members.withoutNulls) } else { value }
    }
  }
}
