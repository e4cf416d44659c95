/// What is known of the rows of an index beside their vectors: labels, one ordered value, or both.
///
/// Both are kept inverted as well, so that the number of rows that satisfy a predicate is known without looking at
/// rows, in logarithmic time for ranges and single labels.
public struct RowAttributes: Sendable {
  /// The number of rows.
  public let count: Int
  public let labels: LabelColumn?
  public let values: ValueColumn?

  /// Attributes of `count` rows.
  ///
  /// - Throws: `IndexError.invalidParameter` unless each column has an entry for each row.
  public init(count: Int, labels: LabelColumn? = nil, values: ValueColumn? = nil) throws(IndexError) {
    for found in [labels?.count, values?.count] {
      if let found, found != count {
        throw .invalidParameter("there are \(count) rows, and attributes of \(found)")
      }
    }
    self.count = count
    self.labels = labels
    self.values = values
  }

  /// A predicate together with what is known of it; the rows themselves are only collected when somebody asks.
  func resolve(_ predicate: RowPredicate) throws(IndexError) -> ResolvedPredicate {
    switch predicate {
    case .rows(let rows):
      let inside = rows.words.count * 64 > count ? rows.intersection(RowSet(0..<Row(count))) : rows
      return ResolvedPredicate(.rows(inside), count: inside.count)
    case .range(let bounds):
      guard let values else { throw .invalidParameter("the rows have no values to lie within a range") }
      let ranks = values.ranks(in: bounds)
      return ResolvedPredicate(.ranks(ranks, values), count: ranks.count)
    case .labels(let condition):
      guard let labels else { throw .invalidParameter("the rows have no labels") }
      if condition.labels.count == 1, let label = condition.labels.first {
        if case .exactly = condition {} else {
          return ResolvedPredicate(.label(label, labels), count: labels.rows(of: label).count)
        }
      }
      let rows = labels.rows(satisfying: condition)
      return ResolvedPredicate(.rows(rows), count: rows.count)
    }
  }

  /// The rows that satisfy a predicate.
  ///
  /// - Throws: `IndexError.invalidParameter` if the rows lack the attribute that it asks for.
  public func rows(satisfying predicate: RowPredicate) throws(IndexError) -> RowSet {
    try resolve(predicate).rows
  }

  /// How many rows satisfy a predicate, exactly.
  public func count(satisfying predicate: RowPredicate) throws(IndexError) -> Int {
    try resolve(predicate).count
  }
}

/// A predicate with the exact number of rows that satisfy it.
struct ResolvedPredicate: Sendable {
  enum Form: Sendable {
    case rows(RowSet)
    /// Places in the order of values.
    case ranks(Range<Int>, ValueColumn)
    case label(Label, LabelColumn)
  }

  let form: Form
  let count: Int

  init(_ form: Form, count: Int) {
    self.form = form
    self.count = count
  }

  /// The rows as a set of bits; made at every call for a range.
  var rows: RowSet {
    switch form {
    case .rows(let rows): rows
    case .ranks(let ranks, let values): RowSet(values.order[ranks])
    case .label(let label, let labels): labels.rowSet(of: label)
    }
  }

  /// Up to `wanted` of the rows, from evenly spaced places.
  func spread(_ wanted: Int) -> [Row] {
    func some(_ rows: ArraySlice<Row>) -> [Row] {
      (0..<min(wanted, rows.count)).map { rows[rows.startIndex + $0 * rows.count / min(wanted, rows.count)] }
    }
    switch form {
    case .rows(let rows): return rows.spread(wanted)
    case .ranks(let ranks, let values): return some(values.order[ranks])
    case .label(let label, let labels): return some(labels.rows(of: label))
    }
  }

  @inline(__always)
  func holds(_ row: Row) -> Bool {
    switch form {
    case .rows(let rows): rows.contains(row)
    case .ranks(let ranks, let values): ranks.contains(Int(values.ranks[Int(row)]))
    case .label(let label, let labels): labels.carries(row, label)
    }
  }
}
