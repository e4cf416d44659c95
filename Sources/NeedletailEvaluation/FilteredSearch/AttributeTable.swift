internal import Foundation
internal import NeedletailCore
public import NeedletailIndex

/// Named attributes of the rows of an index, as a filtered search is measured with.
public struct AttributeTable: Sendable {
  /// The values of one attribute.
  public enum Column: Sendable {
    /// A number for each row, for ranges.
    case numbers([Double])
    /// A set of values for each row, by their numbers in `names`.
    case sets([[Label]], names: [String])
  }

  /// The number of rows.
  public let count: Int
  /// The attributes by name.
  public private(set) var columns: [String: Column] = [:]

  /// A table without columns.
  public init(count: Int) {
    self.count = count
  }

  /// Adds an attribute, or replaces it.
  ///
  /// - Precondition: the column has a value for each row.
  public mutating func add(_ name: String, _ column: Column) {
    switch column {
    case .numbers(let values): precondition(values.count == count, "\(name) has \(values.count) values for \(count) rows")
    case .sets(let sets, _): precondition(sets.count == count, "\(name) has \(sets.count) values for \(count) rows")
    }
    columns[name] = column
  }

  /// One attribute in the form that filtered indexes are built over.
  ///
  /// - Throws: `EvaluationError.incomparable` if there is none of that name.
  public func attributes(_ name: String) throws -> RowAttributes {
    switch columns[name] {
    case .numbers(let values): return try RowAttributes(count: count, values: ValueColumn(values))
    case .sets(let sets, _): return try RowAttributes(count: count, labels: LabelColumn(sets))
    case nil:
      let known = columns.keys.sorted().joined(separator: ", ")
      throw EvaluationError.incomparable(reason: "there is no attribute \(name), only \(known)")
    }
  }
}

// MARK: - Reading

extension AttributeTable {
  /// Reads attributes from a file with a JSON object a line, one for each row; it may be compressed by gzip.
  ///
  /// Numbers and dates (`2017-09-05`, in days since 1970) become numbers; texts, truth values and lists of them become
  /// sets. The fields of an object `metadata` count as fields of the line. A field that is a number in some lines and
  /// not in others is taken as text, and a missing number as zero.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - limit: how many lines are read at most.
  /// - Throws: `EvaluationError.file`, `malformedLine`.
  public init(path: String, limit: Int = .max) throws(EvaluationError) {
    var records: [[String: JSONValue]] = []
    var lines = try TextLines(of: path)
    let decoder = JSONDecoder()
    while records.count < limit, let line = try lines.next() {
      if line.isEmpty { continue }
      guard case .object(var fields)? = try? decoder.decode(JSONValue.self, from: Data(line.utf8)) else {
        throw lines.malformed("it is not a JSON object")
      }
      if case .object(let metadata)? = fields.removeValue(forKey: "metadata") {
        fields.merge(metadata) { first, _ in first }
      }
      records.append(fields)
    }
    self.init(count: records.count)
    for name in Set(records.flatMap(\.keys)) { add(name, Self.column(records.map { $0[name] ?? .null })) }
  }

  private static func column(_ values: [JSONValue]) -> Column {
    let numbers = values.map { value -> Double? in
      switch value {
      case .null: 0
      case .integer, .number: value.double
      case .string(let text): days(text)
      case .bool, .array, .object: nil
      }
    }
    let isNumeric = values.contains { $0 != .null } && numbers.allSatisfy { $0?.isFinite ?? false }
    if isNumeric { return .numbers(numbers.map { $0 ?? 0 }) }
    return column(values.map(texts))
  }

  /// A column of sets; frequent values get low numbers.
  static func column(_ texts: [[String]]) -> Column {
    var counts: [String: Int] = [:]
    for text in texts.joined() { counts[text, default: 0] += 1 }
    let names = counts.keys.sorted { (counts[$1] ?? 0, $0) < (counts[$0] ?? 0, $1) }
    let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Label($0)) })
    return .sets(texts.map { $0.compactMap { numbers[$0] } }, names: names)
  }

  private static func texts(_ value: JSONValue) -> [String] {
    switch value {
    case .null, .object: []
    case .bool(let value): [String(value)]
    case .integer(let value): [String(value)]
    case .number(let value): [String(value)]
    case .string(let value): [value]
    case .array(let values): values.flatMap(texts)
    }
  }

  /// Days since 1970 of a date like 2017-09-05, in the proleptic Gregorian calendar.
  static func days(_ text: String) -> Double? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts.map(\.utf8.count) == [4, 2, 2],
      let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]),
      (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    // Years that begin in March have their leap day at the end.
    let (y, m) = month > 2 ? (year, month - 3) : (year - 1, month + 9)
    let leapDays = y / 4 - y / 100 + y / 400
    return Double(365 * y + leapDays + (153 * m + 2) / 5 + day - 719_469)
  }
}
