internal import HTTPTypes

/// What a route takes and gives, for the document and the page that describe them.
struct RouteDescription: Sendable {
  /// A parameter of the query part of an address.
  struct Parameter: Sendable {
    var name: String
    /// JSON Schema, as text.
    var schema: String
    var summary: String
    var isRequired = false

    static let wait = Parameter(name: "wait", schema: #"{"type":"boolean"}"#, summary: "Accepted for compatibility; changes are durable when they are answered.")
    static let timeout = Parameter(name: "timeout", schema: #"{"type":"integer","minimum":1}"#, summary: "Seconds the request may take.")
    static let collection = Parameter(name: "collection", schema: #"{"type":"string"}"#, summary: "The collection; the standard one if it is left out.")
    static let limit = Parameter(name: "limit", schema: #"{"type":"integer","minimum":1,"maximum":100}"#, summary: "How many.")
    static let offset = Parameter(name: "offset", schema: #"{"type":"integer","minimum":0,"maximum":1000}"#, summary: "How many are skipped.")
    static let filter = Parameter(name: "filter", schema: #"{"type":"string"}"#, summary: "FIELD:VALUE; may be repeated.")
  }

  /// In what form an answer comes.
  enum Answer: Sendable {
    /// JSON: what the schema of the name says, in the envelope of the interface for points.
    case result(String)
    /// JSON without envelope.
    case json(String)
    case text(type: String)
    case file
  }

  var method: HTTPRequest.Method
  /// With names of parameters in braces.
  var path: String
  /// The heading it stands under.
  var group: String
  var summary: String
  var parameters: [Parameter] = []
  /// The schema of the body; nil for none.
  var body: String?
  var isBodyOptional = false
  var answer: Answer

  init(
    _ method: HTTPRequest.Method, _ path: String, _ group: String, _ summary: String, parameters: [Parameter] = [], body: String? = nil,
    isBodyOptional: Bool = false, _ answer: Answer
  ) {
    self.method = method
    self.path = path
    self.group = group
    self.summary = summary
    self.parameters = parameters
    self.body = body
    self.isBodyOptional = isBodyOptional
    self.answer = answer
  }

  /// The names of the parameters in the path.
  var pathParameters: [String] {
    path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
  }

  /// A name for programs that are made from the document.
  var operationID: String {
    let words = path.split { !$0.isLetter && !$0.isNumber }.map { $0.prefix(1).uppercased() + $0.dropFirst() }
    return method.rawValue.lowercased() + words.joined()
  }
}
