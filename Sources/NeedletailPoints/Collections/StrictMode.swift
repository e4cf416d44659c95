internal import NeedletailCore

/// The limits that a collection sets on requests; nothing is limited unless it is enabled.
public struct StrictMode: Sendable {
  private let limits: Payload?
  private let indexes: PayloadIndexes

  /// The limits in the settings of a collection.
  public init(_ settings: PointCollectionSettings) {
    indexes = settings.indexes
    guard case .object(let members)? = settings.options["strict_mode_config"], members["enabled"] == .bool(true) else {
      limits = nil
      return
    }
    limits = members
  }

  private func number(_ name: String) -> Double? { limits?[name]?.double }
  private func forbids(_ name: String) -> Bool { limits?[name] == .bool(false) }

  /// Checks the number of results that a read asks for.
  public func check(limit: Int) throws(PointError) { try check(Double(limit), "max_query_limit", "limit") }

  /// Checks the seconds that a request may take.
  public func check(timeout: Int?) throws(PointError) {
    if let timeout { try check(Double(timeout), "max_timeout", "timeout") }
  }

  private func check(_ value: Double, _ option: String, _ name: String) throws(PointError) {
    guard let limit = number(option), value > limit else { return }
    throw .strict("Limit exceeded \(text(value)) > \(text(limit)) for \"\(name)\". Help: Reduce the \"\(name)\" parameter to or below \(text(limit)).")
  }

  private func text(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }

  /// Checks a filter of a read, or of an update.
  public func check(_ filter: PointFilter?, isUpdate: Bool = false) throws(PointError) {
    guard limits != nil, let filter else { return }
    if let limit = number("filter_max_conditions"), Double(filter.conditionCount) > limit {
      throw .strict("Filter condition limit reached (\(filter.conditionCount) > \(text(limit))). Help: Reduce the number of conditions of your filter.")
    }
    if let limit = number("condition_max_size") {
      for size in filter.listSizes where Double(size) > limit {
        throw .strict("Condition size limit reached (\(size) > \(text(limit))). Help: Reduce the size of your condition.")
      }
    }
    guard forbids(isUpdate ? "unindexed_filtering_update" : "unindexed_filtering_retrieve") else { return }
    for (path, kinds) in filter.requiredIndexes {
      if let index = indexes[path], kinds.contains(index.kind) { continue }
      throw .strict(
        "Index required but not found for \"\(path)\" of one of the following types: [\(kinds.map(\.rawValue).joined(separator: ", "))]. "
          + "Help: Create an index for this key or use a different filter.")
    }
  }

  /// Checks a stage of a query and all before it.
  public func check(_ stage: QueryStage) throws(PointError) {
    guard limits != nil else { return }
    try check(limit: stage.limit)
    try check(stage.filter)
    if let effort = stage.parameters.efSearch { try check(Double(effort), "search_max_hnsw_ef", "hnsw_ef") }
    if forbids("search_allow_exact"), stage.parameters.isExact { throw .strict("Exact search disabled!. Help: Set exact=false.") }
    for earlier in stage.prefetch { try check(earlier) }
  }

  /// Checks how many searches come in one request.
  public func check(batch count: Int) throws(PointError) { try check(Double(count), "search_max_batchsize", "search batch size") }

  /// Checks a change before it is carried out.
  func check(_ operation: PointOperation, in table: PointTable) throws(PointError) {
    guard limits != nil else { return }
    switch operation {
    case .upsert(let points, let condition, _):
      try check(Double(points.count), "upsert_max_batchsize", "upsert limit")
      try check(condition, isUpdate: true)
      let new = points.count { table.row(of: $0.id) == nil }
      if let limit = number("max_points_count"), Double(table.count + new) > limit {
        throw .strict("Max points count limit of \(text(limit)) reached!")
      }
      try checkSizes(points)
    case .updateVectors(let points, let condition):
      try check(Double(points.count), "upsert_max_batchsize", "update limit")
      try check(condition, isUpdate: true)
      try checkSizes(points)
    case .delete(let selection), .deleteVectors(let selection, _), .setPayload(_, let selection, _), .overwritePayload(_, let selection),
      .deletePayload(_, let selection), .clearPayload(let selection):
      if case .filter(let filter) = selection { try check(filter, isUpdate: true) }
    }
  }

  private func checkSizes(_ points: [PointWrite]) throws(PointError) {
    func limit(_ config: String, _ name: String, _ field: String) -> Double? {
      guard case .object(let configs)? = limits?[config], case .object(let config)? = configs[name] else { return nil }
      return config[field]?.double
    }
    for point in points {
      for (name, value) in point.vectors {
        switch value {
        case .multi(let rows):
          if let limit = limit("multivector_config", name, "max_vectors"), Double(rows.count) > limit {
            throw .strict("Multivector '\(name)' has a limit of \(text(limit)) vectors, but \(rows.count) were provided!")
          }
        case .sparse(let vector):
          if let limit = limit("sparse_config", name, "max_length"), Double(vector.indices.count) > limit {
            throw .strict("Sparse vector '\(name)' has a limit of \(text(limit)) indices")
          }
        case .dense: break
        }
      }
    }
  }

  /// Checks that one more index may be declared.
  func checkNewIndex() throws(PointError) {
    guard let limit = number("max_payload_index_count"), Double(indexes.count) >= limit else { return }
    throw .strict(
      "Collection already has the maximum number of payload indices (\(text(limit))). Help: Please delete an existing index before creating a new one.")
  }
}

extension PointFilter {
  /// Conditions, those of nested filters included.
  var conditionCount: Int {
    conditions.reduce(0) { count, condition in
      switch condition {
      case .filter(let filter), .nested(_, let filter): count + filter.conditionCount
      default: count + 1
      }
    }
  }

  /// How many values each condition lists.
  var listSizes: [Int] {
    conditions.flatMap { condition -> [Int] in
      switch condition {
      case .field(_, .any(let values)), .field(_, .except(let values)): [values.count]
      case .id(let ids): [ids.count]
      case .filter(let filter), .nested(_, let filter): filter.listSizes
      default: []
      }
    }
  }

  /// The paths that the conditions look at, with the kinds of index that could serve them.
  var requiredIndexes: [(path: String, kinds: [PayloadIndex.Kind])] {
    conditions.flatMap { condition -> [(path: String, kinds: [PayloadIndex.Kind])] in
      switch condition {
      case .field(let path, let test): [(path.text, test.servingKinds)]
      case .nested(let path, let filter): filter.requiredIndexes.map { (path.withoutLastWildcard.text + "[]." + $0.path, $0.kinds) }
      case .filter(let filter): filter.requiredIndexes
      default: []
      }
    }
  }
}

extension FieldTest {
  var servingKinds: [PayloadIndex.Kind] {
    switch self {
    case .equal(.string): [.keyword, .uuid]
    case .equal(.integer): [.integer]
    case .equal(.bool): [.bool]
    case .any(let values), .except(let values): values.allSatisfy { $0.string != nil } ? [.keyword, .uuid] : [.integer]
    case .text, .anyWord, .phrase: [.text]
    case .prefix, .substring: [.keyword]
    case .range: [.float, .integer]
    case .dates: [.datetime]
    case .geo: [.geo]
    default: PayloadIndex.Kind.allCases
    }
  }
}
