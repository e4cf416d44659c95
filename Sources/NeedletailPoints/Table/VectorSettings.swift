public import NeedletailCore
internal import NeedletailNumerics

/// How the nearness of two vectors is measured, by the names of the interface.
public enum Distance: String, Codable, Hashable, Sendable, CaseIterable {
  case cosine = "Cosine"
  case euclid = "Euclid"
  case dot = "Dot"
  case manhattan = "Manhattan"

  /// Whether a higher reported score is nearer.
  public var isLargerBetter: Bool { self == .cosine || self == .dot }

  /// The score that is reported for an inner one, which is always higher for nearer: the distance itself for distances.
  func reported(_ inner: Float) -> Float {
    switch self {
    case .cosine, .dot: inner
    case .euclid: abs(inner).squareRoot()
    case .manhattan: abs(inner)
    }
  }
}

/// What a vector of a collection is.
public struct VectorSettings: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case dense, multi, sparse
  }

  /// How components are kept; a value that a type cannot hold is rounded to one that it can.
  public enum Component: String, Hashable, Sendable {
    case float32, float16, uint8, turbo4
  }

  public var kind: Kind
  /// Components of each row; 0 for a sparse vector.
  public var size: Int
  public var distance: Distance
  public var component: Component
  /// Whether dimensions of a sparse query weigh by how rare they are.
  public var usesInverseFrequency: Bool
  /// The settings as they were given, for echoing.
  public var original: Payload

  public init(
    kind: Kind, size: Int, distance: Distance, component: Component = .float32, usesInverseFrequency: Bool = false, original: Payload = [:]
  ) {
    self.kind = kind
    self.size = size
    self.distance = distance
    self.component = component
    self.usesInverseFrequency = usesInverseFrequency
    self.original = original
  }

  /// Reads the settings of a dense vector, or of a multivector, as they were given; nil without size or distance.
  public init?(dense original: Payload) {
    guard let size = original["size"]?.double, (1...65_536).contains(size), let distance = original["distance"]?.string.flatMap(Distance.init) else { return nil }
    var isMulti = false
    if case .object = original["multivector_config"] { isMulti = true }
    self.init(
      kind: isMulti ? .multi : .dense, size: Int(size), distance: distance,
      component: original["datatype"]?.string.flatMap(Component.init) ?? .float32, original: original)
  }

  /// Reads the settings of a sparse vector as they were given.
  public init(sparse original: Payload) {
    self.init(kind: .sparse, size: 0, distance: .dot, usesInverseFrequency: original["modifier"]?.string == "idf", original: original)
  }

  /// Whether a graph can find the nearest ones.
  var allowsGraph: Bool { kind == .dense && distance != .manhattan && component != .uint8 && size > 0 }

  /// Whether rows that are in no graph yet are worth codes: short ones are compared in full about as fast, and lengths tell
  /// apart what Euclidean distances order.
  var keepsCodes: Bool { allowsGraph && distance != .euclid && size >= 32 }

  /// The form in which a value is kept.
  func stored(_ value: VectorValue) -> VectorValue {
    switch value {
    case .dense(let values): .dense(stored(values))
    case .multi(let rows): .multi(DenseVectors(dimension: rows.dimension, values: (0..<rows.count).flatMap { stored(Array(rows[$0])) }))
    case .sparse: value
    }
  }

  private func stored(_ values: [Float]) -> [Float] {
    switch component {
    case .uint8: return values.map { min(max($0, 0), 255).rounded(.towardZero) }
    case .float16: return (distance == .cosine ? Self.normalized(values) : values).map { HalfFloat.rounded($0) }
    case .float32, .turbo4: return distance == .cosine ? Self.normalized(values) : values
    }
  }

  /// The query in the form in which stored vectors are.
  func prepared(_ value: VectorValue) -> VectorValue {
    guard distance == .cosine, component != .uint8 else { return value }
    switch value {
    case .dense(let values): return .dense(Self.normalized(values))
    case .multi(let rows):
      return .multi(DenseVectors(dimension: rows.dimension, values: (0..<rows.count).flatMap { Self.normalized(Array(rows[$0])) }))
    case .sparse: return value
    }
  }

  /// The sum of the squared components.
  static func squaredLength(_ values: [Float]) -> Float {
    guard !values.isEmpty else { return 0 }
    var square: Float = 0
    unsafe values.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return }
      let row = unsafe RowPointer(base: base, stride: values.count, dimension: values.count)
      unsafe DistanceKernels.current.dot(base, row, indices: nil, count: 1, into: &square)
    }
    return square
  }

  /// Whether no component is infinite or none.
  static func areFinite(_ values: [Float]) -> Bool {
    // A square of the length that is finite says so of all components; one that overflows says nothing.
    squaredLength(values).isFinite || values.allSatisfy(\.isFinite)
  }

  /// Unit length, unless it has it already or has none at all.
  static func normalized(_ values: [Float]) -> [Float] {
    let square = squaredLength(values)
    guard square > .ulpOfOne, abs(square - 1) > 1e-6 else { return values }
    let length = square.squareRoot()
    return values.map { $0 / length }
  }
}

/// The vectors of a collection: each has a name and a column, whose number is never used again.
public struct VectorSchema: Hashable, Sendable {
  /// The name of each column; nil once it was deleted.
  private(set) var names: [String?] = []
  private(set) var settings: [VectorSettings] = []
  private(set) var columns: [String: Int] = [:]

  public init() {}

  /// The settings by name.
  public var byName: [String: VectorSettings] { columns.mapValues { settings[$0] } }

  public subscript(name: String) -> VectorSettings? { columns[name].map { settings[$0] } }

  mutating func add(_ name: String?, _ settings: VectorSettings) {
    if let name { columns[name] = names.count }
    names.append(name)
    self.settings.append(settings)
  }

  mutating func update(_ name: String, _ settings: VectorSettings) {
    if let column = columns[name] { self.settings[column] = settings }
  }

  mutating func remove(_ name: String) {
    guard let column = columns.removeValue(forKey: name) else { return }
    names[column] = nil
  }
}
