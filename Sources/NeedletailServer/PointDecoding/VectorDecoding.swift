internal import NeedletailCore
internal import NeedletailPoints

extension VectorValue {
  /// Reads a dense, sparse or multiple vector; nil if the node is neither.
  static func decode(_ node: JSONNode, place: String) throws(PointError) -> VectorValue? {
    switch node {
    case .numbers: return node.floats.map { .dense($0) }
    case .array(let elements):
      guard let first = elements.first else { throw .validation(["\(place): dense vector must not be empty"]) }
      if first.double != nil {
        guard let values = node.floats else { throw .format("`\(place)` is no list of numbers") }
        return .dense(values)
      }
      return .multi(try rows(elements, place: place))
    case .object(let members) where members["indices"] != nil && members["values"] != nil && members.count == 2:
      return .sparse(try sparse(try JSONFields(node, place: place + ".")))
    default: return nil
    }
  }

  private static func rows(_ elements: [JSONNode], place: String) throws(PointError) -> DenseVectors {
    var values: [Float] = []
    var dimension: Int?
    for element in elements {
      guard let row = element.floats else { throw .format("`\(place)` is no list of numbers, nor of lists of numbers") }
      guard !row.isEmpty else { throw .validation(["\(place): all vectors must be non-empty"]) }
      guard dimension == nil || dimension == row.count else {
        throw .validation(["\(place): all vectors must have the same dimension, found vector with dimension \(row.count)"])
      }
      dimension = row.count
      values += row
    }
    guard values.count < 1 << 20 else { throw .validation(["\(place): multi vector has \(values.count) numbers, must be fewer than 1048576"]) }
    return DenseVectors(dimension: dimension ?? 0, values: values)
  }

  private static func sparse(_ fields: JSONFields) throws(PointError) -> SparsePointVector {
    var indices: [UInt32] = []
    for node in try fields.list("indices") ?? [] {
      guard case .integer(let value) = node, let index = UInt32(exactly: value) else { throw fields.wrongType("indices", "a list of natural numbers below 2^32") }
      indices.append(index)
    }
    guard let values = try fields.required("values").floats else { throw fields.wrongType("values", "a list of numbers") }
    guard indices.count == values.count else { throw .validation(["\(fields.place)values: Validation error: must be the same length as indices [{}]"]) }
    guard Set(indices).count == indices.count else { throw .validation(["\(fields.place)indices: Validation error: must be unique [{}]"]) }
    return SparsePointVector(indices: indices, values: values)
  }
}

extension QueryDocument {
  /// Reads `{"text": …, "model": …}`; nil for anything else.
  init?(_ node: JSONNode) {
    guard let members = node.members, let text = members["text"]?.string, let model = members["model"]?.string else { return nil }
    self.init(text: text, model: model, options: members["options"]?.payload ?? [:])
  }
}

extension QueryVector {
  static func decode(_ node: JSONNode, place: String) throws(PointError) -> QueryVector {
    switch node {
    case .integer, .unsigned, .string: return .point(try PointID.decode(node))
    default: break
    }
    if let document = QueryDocument(node) { return .document(document) }
    guard let value = try VectorValue.decode(node, place: place) else {
      throw .format("data did not match any variant of untagged enum VectorInput at `\(place)`")
    }
    return .value(value)
  }

  static func decode(list nodes: [JSONNode], place: String) throws(PointError) -> [QueryVector] {
    var vectors: [QueryVector] = []
    for (index, node) in nodes.enumerated() { vectors.append(try decode(node, place: "\(place)[\(index)]")) }
    return vectors
  }
}

/// A point as a request has it: vectors may be texts that are still to be embedded.
struct PointInput: Sendable {
  var write: PointWrite
  var documents: [String: QueryDocument] = [:]

  /// Reads the member `vector` of a point: one vector, or several by name.
  mutating func readVectors(_ node: JSONNode?, place: String) throws(PointError) {
    guard let node, !node.isNull else { return }
    if try read(node, name: "", place: place) { return }
    guard let members = node.members else { throw .format("data did not match any variant of untagged enum VectorStruct at `\(place)`") }
    for (name, node) in members where !node.isNull {
      guard try read(node, name: name, place: "\(place).?") else {
        throw .format("data did not match any variant of untagged enum Vector at `\(place).\(name)`")
      }
    }
  }

  /// Takes one vector; false if the node is none.
  mutating func read(_ node: JSONNode, name: String, place: String) throws(PointError) -> Bool {
    if let document = QueryDocument(node) {
      documents[name] = document
    } else if let value = try VectorValue.decode(node, place: place) {
      write.vectors[name] = value
    } else {
      return false
    }
    return true
  }
}
