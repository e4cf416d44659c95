public import NeedletailCore

/// Which points a request is about. All four clauses have to hold; empty ones do.
public struct PointFilter: Hashable, Sendable {
  public var must: [PointCondition]
  /// At least one of them, if there are any.
  public var should: [PointCondition]
  public var mustNot: [PointCondition]
  /// At least so many of them.
  public var minimumShould: MinimumShould?

  public struct MinimumShould: Hashable, Sendable {
    public var conditions: [PointCondition]
    public var count: Int

    public init(conditions: [PointCondition], count: Int) {
      self.conditions = conditions
      self.count = count
    }
  }

  public init(
    must: [PointCondition] = [], should: [PointCondition] = [], mustNot: [PointCondition] = [], minimumShould: MinimumShould? = nil
  ) {
    self.must = must
    self.should = should
    self.mustNot = mustNot
    self.minimumShould = minimumShould
  }

  /// All conditions of all clauses, in no particular order.
  var conditions: [PointCondition] { must + should + mustNot + (minimumShould?.conditions ?? []) }
}

/// One condition on a point.
public indirect enum PointCondition: Hashable, Sendable {
  /// Some value at the path passes the test.
  case field(PayloadPath, FieldTest)
  /// The point is one of these.
  case id(Set<PointID>)
  /// The point has a vector of this name.
  case vector(String)
  /// Some element of the list at the path satisfies the whole filter, whose paths begin in the element.
  case nested(PayloadPath, PointFilter)
  /// The hash of the id falls into one of `total` equal parts.
  case slice(total: UInt64, index: UInt64)
  case filter(PointFilter)
}

/// A test of the values at a path.
public enum FieldTest: Hashable, Sendable {
  /// Equals a string, an integer or a boolean, the type included.
  case equal(JSONValue)
  case any([JSONValue])
  /// Is something else than each of these.
  case except([JSONValue])
  /// All words of the text occur.
  case text(String)
  /// Some word of the text occurs.
  case anyWord(String)
  /// The words of the text occur one after the other.
  case phrase(String)
  /// A string that begins so, byte by byte.
  case prefix(String)
  /// A string that contains this, byte by byte.
  case substring(String)
  case range(Bounds<Double>)
  /// Microseconds since 1970 of strings that are dates.
  case dates(Bounds<Int64>)
  case geo(GeoRegion)
  /// How many values there are.
  case count(Bounds<Int>)
  case isEmpty
  case isNull
  /// One of several tests.
  case either([FieldTest])
  /// The test fails for what the path leads to.
  indirect case fails(FieldTest)
}

/// An interval, each end open, closed or missing.
public struct Bounds<Value: Comparable & Hashable & Sendable>: Hashable, Sendable {
  public var above: Value?
  public var atLeast: Value?
  public var below: Value?
  public var atMost: Value?

  public init(above: Value? = nil, atLeast: Value? = nil, below: Value? = nil, atMost: Value? = nil) {
    self.above = above
    self.atLeast = atLeast
    self.below = below
    self.atMost = atMost
  }

  func contains(_ value: Value) -> Bool {
    if let above, !(value > above) { return false }
    if let atLeast, !(value >= atLeast) { return false }
    if let below, !(value < below) { return false }
    if let atMost, !(value <= atMost) { return false }
    return true
  }
}
