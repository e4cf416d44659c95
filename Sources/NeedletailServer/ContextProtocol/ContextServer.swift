internal import Foundation
internal import NeedletailCore
internal import NeedletailPoints
internal import NeedletailRetrieval

/// Offers the collections to language models as tools, by the Model Context Protocol (revision 2025-06-18): JSON-RPC 2.0,
/// one message in, at most one out. How messages travel is up to the caller: lines of standard input, or HTTP.
public struct ContextServer: Sendable {
  /// A text that a model wants to keep.
  public struct Note: Sendable {
    public var text: String
    public var title: String
    /// Nil for one that follows from the text.
    public var id: String?
    /// Nil for the standard one.
    public var collection: String?
  }

  /// Keeps a note and returns its id.
  public typealias Keeper = @Sendable (Note) async throws -> String

  private static let revisions = ["2025-06-18", "2025-03-26", "2024-11-05"]

  let service: SearchService
  let keeper: Keeper?

  init(service: SearchService, keeper: Keeper?) {
    self.service = service
    self.keeper = keeper
  }

  /// Answers a message; nil if it asks for no answer.
  public func answer(_ message: [UInt8]) async -> [UInt8]? {
    let node: JSONNode
    do throws(JSONFlaw) {
      node = try JSONReader.read(message)
    } catch {
      return Self.failure(id: .null, code: -32_700, "the message is no JSON: \(error)")
    }
    guard let members = node.members, let method = members["method"]?.string else {
      // Answers to requests that were never sent need none.
      return node.members?["result"] == nil ? Self.failure(id: .null, code: -32_600, "the message is no request") : nil
    }
    guard let id = members["id"], !id.isNull else { return nil }
    let parameters = members["params"]?.members ?? [:]
    switch method {
    case "initialize": return Self.success(id) { initialization(parameters, &$0) }
    case "ping": return Self.success(id) { $0.object { _ in } }
    case "tools/list": return Self.success(id) { $0.object { $0.member("tools") { writer in writer.array { writer in for tool in tools { tool.write(&writer) } } } } }
    case "tools/call": return await call(id, parameters)
    default: return Self.failure(id: id, code: -32_601, "there is no method \(method)")
    }
  }

  private func initialization(_ parameters: [String: JSONNode], _ writer: inout JSONWriter) {
    let asked = parameters["protocolVersion"]?.string ?? ""
    writer.object { writer in
      writer.member("protocolVersion") { $0.string(Self.revisions.contains(asked) ? asked : Self.revisions[0]) }
      writer.member("capabilities") { $0.object { $0.member("tools") { $0.object { $0.member("listChanged") { $0.bool(false) } } } } }
      writer.member("serverInfo") { writer in
        writer.object { writer in
          writer.member("name") { $0.string("needletail") }
          writer.member("version") { $0.string("0.1.0") }
        }
      }
      writer.member("instructions") { $0.string("Search what was indexed on this machine by meaning and by words; answers name their documents.") }
    }
  }

  private var tools: [ContextTool] { ContextTool.allCases.filter { $0 != .store || keeper != nil } }

  private func call(_ id: JSONNode, _ parameters: [String: JSONNode]) async -> [UInt8] {
    guard let tool = parameters["name"]?.string.flatMap(ContextTool.init), tools.contains(tool) else {
      return Self.failure(id: id, code: -32_602, "there is no tool \(parameters["name"]?.string ?? "")")
    }
    var text: String
    var isError = false
    do {
      text = try await run(tool, try JSONFields(parameters["arguments"] ?? .object([:]), place: "arguments."))
    } catch {
      // What went wrong is for the model to read.
      text = (error as? any Problem)?.description ?? ReportedProblem(error, path: "").message
      isError = true
    }
    return Self.success(id) { writer in
      writer.object { writer in
        writer.member("content") { writer in
          writer.array { writer in
            writer.object { writer in
              writer.member("type") { $0.string("text") }
              writer.member("text") { $0.string(text) }
            }
          }
        }
        writer.member("isError") { $0.bool(isError) }
      }
    }
  }

  private func run(_ tool: ContextTool, _ arguments: JSONFields) async throws -> String {
    if tool == .store, let keeper {
      let note = Note(
        text: try arguments.requiredString("text"), title: try arguments.string("title") ?? "", id: try arguments.string("id"),
        collection: try arguments.string("collection"))
      return "kept as \(try await keeper(note))"
    }
    let collection = try await service.collections().named(try arguments.string("collection"))
    let subject: SearchQuestion.Subject =
      tool == .search
      ? .text(try arguments.requiredString("query"), mode: try collection.mode(nil)) : .document(try arguments.requiredString("id"))
    let outcome = try await service.search(
      SearchQuestion(
        collection: collection.name, subject: subject, filters: try arguments.string("filter").map { [$0] } ?? [],
        limit: try arguments.count("limit", atLeast: 1, atMost: 50) ?? 5))
    guard !outcome.answers.isEmpty else { return "nothing was found" }
    return outcome.answers.map { "[\($0.document)] \($0.title)\n\($0.text)" }.joined(separator: "\n\n---\n\n")
  }

  // MARK: messages

  private static func success(_ id: JSONNode, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
    JSONText { writer in
      writer.object { writer in
        writer.member("jsonrpc") { $0.string("2.0") }
        writer.member("id") { $0.value(id.value) }
        writer.member("result", body)
      }
    }.bytes
  }

  private static func failure(id: JSONNode, code: Int, _ message: String) -> [UInt8] {
    JSONText { writer in
      writer.object { writer in
        writer.member("jsonrpc") { $0.string("2.0") }
        writer.member("id") { $0.value(id.value) }
        writer.member("error") { writer in
          writer.object { writer in
            writer.member("code") { $0.integer(code) }
            writer.member("message") { $0.string(message) }
          }
        }
      }
    }.bytes
  }
}
