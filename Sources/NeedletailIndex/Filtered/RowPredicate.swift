/// The number of a value that rows can carry: a category, an author, a language.
public typealias Label = UInt32

/// Which rows a filtered search may find.
public enum RowPredicate: Hashable, Sendable {
  /// Any set of rows.
  case rows(RowSet)
  /// Rows whose value lies within bounds, both included ("R" in the literature on filtered search).
  case range(ClosedRange<Double>)
  /// Rows by their labels.
  case labels(LabelCondition)
}

/// A condition on the labels of a row.
public enum LabelCondition: Hashable, Sendable {
  /// The row carries all of these ("exact match in set", EMIS; with one label and rows of one label each, "exact
  /// match", EM).
  case all([Label])
  /// The row carries at least one of these.
  case any([Label])
  /// The row carries exactly these.
  case exactly([Label])

  var labels: [Label] {
    switch self {
    case .all(let labels), .any(let labels), .exactly(let labels): labels
    }
  }
}

/// What a kind of predicate is called: indexes are made for some of them.
public enum PredicateKind: String, Codable, CaseIterable, Sendable {
  /// Any set of rows.
  case rows
  /// Every range of values.
  case range
  /// Ranges without a lower bound.
  case prefix
  /// One label.
  case label
  /// Several labels, all of them, any of them or exactly they.
  case labels
}

extension RowPredicate {
  /// The narrowest kind that the predicate is of.
  public var kind: PredicateKind {
    switch self {
    case .rows: .rows
    case .range(let bounds): bounds.lowerBound == -.infinity ? .prefix : .range
    case .labels(.all(let labels)) where labels.count == 1: .label
    case .labels(.any(let labels)) where labels.count == 1: .label
    case .labels: .labels
    }
  }
}
