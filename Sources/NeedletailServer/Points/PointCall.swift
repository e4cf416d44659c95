internal import Foundation
internal import HTTPTypes
internal import NeedletailPoints

/// A request to the interface for points, taken apart.
struct PointCall: Sendable {
  let method: HTTPRequest.Method
  /// The decoded parts of the path.
  let segments: [String]
  let query: QueryParameters
  let body: [UInt8]

  /// The parts of a path: doubled slashes count once, one at the end not at all, escapes are resolved after splitting.
  static func segments(of path: String) -> [String] {
    path.split(separator: "/").map { QueryParameters.decode($0, plusIsSpace: false) }
  }

  /// The body as an object.
  func fields() throws(PointError) -> JSONFields { try JSONFields(try node()) }

  /// The body as an object, an empty one as `{}`.
  func optionalFields() throws(PointError) -> JSONFields { body.isEmpty ? try JSONFields(.object([:])) : try fields() }

  private func node() throws(PointError) -> JSONNode {
    let result = RequestTracing.step("decode") { () -> Result<JSONNode, JSONFlaw> in
      do throws(JSONFlaw) {
        return .success(try JSONReader.read(body))
      } catch {
        return .failure(error)
      }
    }
    switch result {
    case .success(let node): return node
    case .failure(let flaw): throw .format("\(flaw)")
    }
  }

  // MARK: parameters

  /// Whether the answer waits for the change; it is durable in any case.
  func waits(default standard: Bool = false) throws(PointError) -> Bool { try flag("wait") ?? standard }

  func flag(_ name: String) throws(PointError) -> Bool? {
    switch query[name] {
    case nil: return nil
    case "true": return true
    case "false": return false
    default: throw .badRequest("Deserialize error in query parameters: `\(name)` has to be true or false")
    }
  }

  /// The seconds the request may take.
  func timeout() throws(PointError) -> Int? {
    guard let text = query["timeout"] else { return nil }
    guard let seconds = Int(text), seconds >= 0 else { throw .badRequest("Deserialize error in query parameters: `timeout` has to be a natural number") }
    guard seconds >= 1 else { throw .validation(["timeout: value 0 invalid, must be 1 or larger"]) }
    return seconds
  }
}

/// What the interface for points answers.
enum PointAnswer: Sendable {
  /// JSON in the envelope of a success.
  case result(JSONText)
  /// The work goes on.
  case accepted
  /// JSON without an envelope.
  case bare(JSONText)
  case text(String)
  case file(path: String, name: String)

  static func result(_ body: (inout JSONWriter) -> Void) -> PointAnswer { .result(JSONText(body)) }
  static func bare(_ body: (inout JSONWriter) -> Void) -> PointAnswer { .bare(JSONText(body)) }
  static var done: PointAnswer { result { $0.bool(true) } }
}

/// JSON that was written already.
struct JSONText: Sendable {
  let bytes: [UInt8]

  init(_ body: (inout JSONWriter) -> Void) {
    var writer = JSONWriter()
    body(&writer)
    bytes = writer.bytes
  }
}
