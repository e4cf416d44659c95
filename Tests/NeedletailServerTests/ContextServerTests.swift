import Foundation
import HTTPTypes
import NeedletailPoints
import NeedletailServer
import Testing

@Suite struct ContextServerTests {
  private func reply(_ message: String, keeper: ContextServer.Keeper? = nil) async -> JSONNode? {
    let site = SearchSite(service: SampleLibrary.birds.service(), options: SiteOptions(keeper: keeper), logger: SiteTester.silent)
    return await site.contextServer.answer(Array(message.utf8)).flatMap { try? JSONReader.read($0) }
  }

  @Test func agreesOnARevision() async throws {
    let known = try #require(await reply(#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26"}}"#))
    #expect(known["id"] == .integer(1))
    #expect(known["result"]["protocolVersion"] == .string("2025-03-26"))
    let unknown = try #require(await reply(#"{"jsonrpc":"2.0","id":"a","method":"initialize","params":{"protocolVersion":"1999-01-01"}}"#))
    #expect(unknown["id"] == .string("a"))
    #expect(unknown["result"]["protocolVersion"] == .string("2025-06-18"))
  }

  @Test func offersStoringOnlyWhereItIsPossible() async throws {
    func names(_ keeper: ContextServer.Keeper?) async -> [JSONNode]? {
      await reply(#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, keeper: keeper)?["result"]["tools"].elements?.map { $0["name"] }
    }
    #expect(await names(nil) == [.string("search"), .string("similar")])
    #expect(await names { _ in "x" } == [.string("search"), .string("similar"), .string("store")])
  }

  @Test func searchesAndStores() async throws {
    let found = try #require(await reply(#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":"swift","limit":2}}}"#))
    #expect(found["result"]["isError"] == .bool(false))
    #expect(found["result"]["content"][0]["text"].string?.isEmpty == false)
    let kept = try #require(await reply(#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"store","arguments":{"text":"a note","title":"t"}}}"#) { "\($0.title)-\($0.text)" })
    #expect(kept["result"]["content"][0]["text"] == .string("kept as t-a note"))
  }

  @Test func saysWhatIsWrong() async throws {
    #expect(await reply("{")?["error"]["code"] == .integer(-32_700))
    #expect(await reply(#"{"jsonrpc":"2.0","id":1,"method":"none"}"#)?["error"]["code"] == .integer(-32_601))
    #expect(await reply(#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"none"}}"#)?["error"]["code"] == .integer(-32_602))
    #expect(await reply(#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{}}}"#)?["result"]["isError"] == .bool(true))
    #expect(await reply(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#) == nil)
  }

  @Test func answersOverHTTP() async throws {
    let site = try PointTester()
    #expect(try await site.call(.post, "/mcp", #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#).json["result"] == .object([:]))
    #expect(try await site.call(.post, "/mcp", #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).status == 202)
    #expect(try await site.call(.get, "/mcp").status == 405)
  }
}
