import Foundation
import HTTPTypes
import NeedletailPoints
import NeedletailServer
import Testing

/// Requests are spans within those of the programs that send them.
@Suite struct TraceTests {
  private struct Line {
    let span: JSONNode
    init(_ text: Substring) throws { span = try JSONReader.read(String(text))["resourceSpans"][0]["scopeSpans"][0]["spans"][0] }
    subscript(name: String) -> String { span[name].string ?? "" }
    func attribute(_ name: String) -> JSONNode { (span["attributes"].elements ?? []).first { $0["key"].string == name }?["value"] ?? .null }
  }

  private func traced(_ body: (PointTester) async throws -> Void) async throws -> [Line] {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-spans-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var options = SiteOptions()
    options.tracer = try SpanFile(path: path)
    let site = try PointTester(options: options)
    try await body(site)
    return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(Line.init)
  }

  private let parent = HTTPField.Name("traceparent")!
  private let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

  @Test func aRequestAndItsStepsAreWithinTheTraceOfTheCaller() async throws {
    var answer: String?
    let lines = try await traced { site in
      try await site.fill()
      let headers: HTTPFields = [parent: "00-\(trace)-00f067aa0ba902b7-01"]
      let reply = try await site.call(.post, "/collections/c/points/query", #"{"query":[1,0],"limit":2}"#, headers: headers)
      #expect(reply.status == 200)
      answer = reply.headers[HTTPField.Name("traceresponse")!]
      _ = try await site.call(.get, "/collections/none", headers: headers)
    }
    let own = lines.filter { $0["traceId"] == trace }
    let request = try #require(own.first { $0["name"] == "POST /collections/{collection_name}/points/query" })
    #expect(request["parentSpanId"] == "00f067aa0ba902b7" && request.span["kind"] == .integer(2))
    #expect(request.attribute("http.response.status_code")["intValue"] == .string("200") && request.attribute("http.route")["stringValue"].string != nil)
    #expect(answer == "00-\(trace)-\(request["spanId"])-01")
    let steps = own.filter { $0["parentSpanId"] == request["spanId"] }
    #expect(steps.map { $0["name"] } == ["decode", "plan", "search", "encode"])
    for line in lines { #expect(UInt64(line["startTimeUnixNano"])! <= UInt64(line["endTimeUnixNano"])!) }
    #expect(own.contains { $0.attribute("http.response.status_code")["intValue"] == .string("404") })
    // Those of other requests are in traces of their own.
    let write = try #require(lines.first { $0["name"] == "PUT /collections/{collection_name}/points" })
    #expect(write["traceId"] != trace && write["parentSpanId"].isEmpty)
    #expect(lines.contains { $0["name"] == "write" && $0["parentSpanId"] == write["spanId"] })
  }

  @Test func whatTheCallerDoesNotRecordIsNotRecorded() async throws {
    let lines = try await traced { site in
      _ = try await site.call(.get, "/collections", headers: [parent: "00-\(trace)-00f067aa0ba902b7-00"])
    }
    #expect(lines.isEmpty)
  }

  @Test(arguments: [
    "", "00", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01", "00-é-1-01",
  ]) func hostileHeadersBeginATraceOfTheirOwn(header: String) async throws {
    let lines = try await traced { site in _ = try await site.call(.get, "/collections", headers: [parent: header]) }
    #expect(lines.count == 1 && lines[0]["parentSpanId"].isEmpty && lines[0]["traceId"].count == 32)
  }

  @Test func doesNotServeUntracedWhereItShouldTrace() {
    #expect(throws: ServerError.self) { try SpanFile(path: "/nowhere/at/all") }
  }
}
