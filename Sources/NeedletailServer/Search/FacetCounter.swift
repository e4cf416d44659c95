internal import NeedletailCore
internal import NeedletailStore
internal import Synchronization

/// Counts how documents spread over folders, types, tags and dates, and remembers the counts until the collection
/// changes: a person who types asks for the same ones with every key.
final class FacetCounter: Sendable {
  /// Values shown of a field.
  static let mostValues = 12
  /// Moments that are looked at to count years and months.
  static let mostMoments = 100_000
  /// Sets of filters remembered.
  private static let mostRemembered = 64

  private struct Memory {
    var operation: Int64 = -1
    var facets: [[String]: [Facet]] = [:]
  }

  private let memory = Mutex(Memory())

  /// The facets under the filters. For the values of a field its own filters do not count, so that another value can be
  /// chosen in place of the one in force.
  func facets(of snapshot: Snapshot, filters: [String]) throws -> [Facet] {
    let operation = snapshot.operation
    if let known = memory.withLock({ $0.operation == operation ? $0.facets[filters] : nil }) { return known }
    let facets = try Self.count(in: snapshot, filters: filters)
    memory.withLock { memory in
      if memory.operation != operation || memory.facets.count >= Self.mostRemembered {
        memory = Memory(operation: operation)
      }
      memory.facets[filters] = facets
    }
    return facets
  }

  private static func count(in snapshot: Snapshot, filters: [String]) throws -> [Facet] {
    var facets: [Facet] = []
    for field in ["folder", "type", "tags"] {
      let counts = try snapshot.facets(
        field: field, matching: try Filter(expressions: others(than: field, in: filters)), limit: mostValues)
      facets.append(Facet(field: field, values: counts.compactMap { Facet.Value($0, of: field) }))
    }
    if let dates = try dates(in: snapshot, filters: filters) { facets.append(dates) }
    return facets.filter { !$0.values.isEmpty }
  }

  private static func others(than field: String, in filters: [String]) -> [String] {
    filters.filter { !$0.hasPrefix(field + ":") }
  }

  /// The dates by the first field that half of the documents have: what documents say of themselves comes before what
  /// the file system says.
  private static func dates(in snapshot: Snapshot, filters: [String]) throws -> Facet? {
    for field in ["date", "year", "modified"] {
      let filter = try Filter(expressions: others(than: field, in: filters))
      let counts = try snapshot.facets(field: field, matching: filter, limit: mostMoments)
      let dated = counts.reduce(0) { $0 + $1.count }
      guard dated > 0, dated * 2 >= (try snapshot.documentCount(matching: filter)) else { continue }
      return Facet(field: field, values: dates(counts, of: field))
    }
    return nil
  }

  /// Years, or months where all dates fall in one year; the latest first.
  private static func dates(_ counts: [FacetCount], of field: String) -> [Facet.Value] {
    let dates = counts.compactMap { count in
      let text = count.value.string ?? count.value.double.map { String(Int($0)) }
      return text.flatMap { isYear($0.prefix(4)) ? (date: $0, count: count.count) : nil }
    }
    let byYear = Dictionary(dates.map { ($0.date.prefix(4), $0.count) }, uniquingKeysWith: +)
    let byMonth = Dictionary(dates.map { ($0.date.prefix(7), $0.count) }, uniquingKeysWith: +)
    let chosen = byYear.count > 1 ? byYear : byMonth
    return chosen.sorted { $0.key > $1.key }.prefix(mostValues).map { period, count in
      // A number has no beginning to match, but is equal to itself.
      Facet.Value(label: String(period), count: count, filter: "\(field):\(period)\(field == "year" ? "" : "*")")
    }
  }

  private static func isYear(_ text: Substring) -> Bool {
    text.count == 4 && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}

extension Facet.Value {
  /// nil for values that are no text, number or truth.
  init?(_ counted: FacetCount, of field: String) {
    let text: String
    switch counted.value {
    case .string(let value): text = value
    case .integer(let value): text = String(value)
    case .number(let value): text = String(value)
    case .bool(let value): text = String(value)
    case .null, .array, .object: return nil
    }
    self.init(
      label: text.isEmpty ? "none" : text, count: counted.count,
      filter: "\(field):\(FilterExpression.quoted(text))")
  }
}

extension FilterExpression {
  /// A value as it has to be written in an expression: bare where it is a plain word, in quotes otherwise.
  static func quoted(_ value: String) -> String {
    let isPlain = value.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    if isPlain && !value.isEmpty { return value }
    // By characters, as the parser reads them.
    return "\"" + value.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
  }
}
