internal import NeedletailCore
internal import NeedletailRetrieval

/// What a request asks for, read from its parameters within the limits of the server.
struct SearchParameters: Hashable, Sendable {
  /// Longest text, in characters, of a query or an id.
  static let longestQuery = 2000
  /// Longest filter expression, in characters.
  static let longestFilter = 1000
  static let mostFilters = 16
  static let mostAnswers = 100
  /// Deepest page: how many answers may be left out at the top.
  static let deepestOffset = 1000

  /// nil: the default collection.
  var collection: String?
  var query = ""
  /// nil: what the collection recommends.
  var mode: SearchMode?
  /// The document to find others like.
  var like: String?
  var filters: [String] = []
  var offset = 0
  var limit = 10

  init() {}

  init(_ parameters: QueryParameters) throws(ServerError) {
    collection = parameters["collection"]
    query = Self.withoutControls(try Self.text("q", in: parameters) ?? "")
    like = try Self.text("like", in: parameters)
    mode = try Self.mode(in: parameters)
    filters = try Self.filters(in: parameters)
    offset = try Self.number("offset", in: parameters, allowed: 0...Self.deepestOffset) ?? 0
    limit = try Self.number("limit", in: parameters, allowed: 1...Self.mostAnswers) ?? 10
  }

  static func text(_ name: String, in parameters: QueryParameters) throws(ServerError) -> String? {
    guard let text = parameters[name] else { return nil }
    guard text.count <= longestQuery else { throw .tooLong(parameter: name, limit: longestQuery) }
    return text
  }

  /// No question has a use for control characters; they become spaces.
  private static func withoutControls(_ text: String) -> String {
    let controls: (Unicode.Scalar) -> Bool = { $0.value < 0x20 || $0.value == 0x7f }
    guard text.unicodeScalars.contains(where: controls) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { controls($0) ? " " : $0 }))
  }

  private static func mode(in parameters: QueryParameters) throws(ServerError) -> SearchMode? {
    guard let name = parameters["mode"] else { return nil }
    guard let mode = SearchMode(rawValue: name) else {
      let names = SearchMode.allCases.map(\.rawValue).joined(separator: ", ")
      throw .badParameter(name: "mode", value: name, expected: "one of \(names)")
    }
    return mode
  }

  private static func filters(in parameters: QueryParameters) throws(ServerError) -> [String] {
    var filters: [String] = []
    for filter in parameters.all("filter").map(withoutControls) where !filters.contains(filter) {
      guard filter.count <= longestFilter else { throw .tooLong(parameter: "filter", limit: longestFilter) }
      filters.append(filter)
    }
    guard filters.count <= mostFilters else { throw .tooMany(parameter: "filter", limit: mostFilters) }
    return filters
  }

  private static func number(
    _ name: String, in parameters: QueryParameters, allowed: ClosedRange<Int>
  ) throws(ServerError) -> Int? {
    guard let text = parameters[name] else { return nil }
    guard let number = Int(text), allowed.contains(number) else {
      throw .badParameter(
        name: name, value: text, expected: "a whole number from \(allowed.lowerBound) to \(allowed.upperBound)")
    }
    return number
  }
}
