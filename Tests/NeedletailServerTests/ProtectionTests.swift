import HTTPTypes
import NeedletailServer
import Testing

@Suite struct ProtectionTests {
  @Test(arguments: ["/", "/?q=storm", "/document?id=field%2Fneedletail.md", "/nowhere", "/api/search?q=a", "/assets/page.js"])
  func confinesThePageInEveryResponse(uri: String) async throws {
    let headers = try await SiteTester().get(uri).headers
    let policy = try #require(headers[.contentSecurityPolicy])
    #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"))
    #expect(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"))
    #expect(headers[.xContentTypeOptions] == "nosniff")
    #expect(headers[HTTPField.Name("Referrer-Policy")!] == "no-referrer")
    #expect(headers[.accessControlAllowOrigin] == nil)
  }

  @Test(arguments: ["/", "/?q=storm", "/document?id=field%2Fneedletail.md&passage=1"])
  func hasNoScriptOrStyleInThePage(uri: String) async throws {
    let page = try await SiteTester().text(uri)
    #expect(!page.contains("<style") && !page.contains("style=") && !page.contains("<script>"))
    #expect(!page.contains("http://") && !page.contains("https://"))
  }

  @Test(arguments: [
    ("localhost:7700", 200), ("127.0.0.1:7700", 200), ("127.0.0.1", 200), ("[::1]:7700", 200), ("LOCALHOST", 200),
    ("evil.example:7700", 421), ("127.0.0.1.evil.example", 421), ("localhost.evil.example", 421), ("", 421),
    ("[::1].evil.example", 421), ("localhost@evil.example", 421),
  ])
  func answersOnTheLoopbackForTheLocalMachineOnly(host: String, status: Int) async throws {
    #expect(try await SiteTester().get("/livez", host: host).status == status)
  }

  @Test func answersUnderAnyNameWhereItWasToldToListenToTheNetwork() async throws {
    #expect(try await SiteTester().get("/livez", host: "library.example", boundTo: "0.0.0.0").status == 200)
  }

  @Test func letsBrowsersKeepAssetsByVersion() async throws {
    let site = SiteTester()
    let page = try await site.text("/")
    let href = try #require(page.firstMatch(of: /href="(\/assets\/page\.css\?v=[0-9a-f]+)"/)?.1)
    let pinned = try await site.get(String(href))
    #expect(pinned.status == 200 && pinned.headers[.cacheControl]?.contains("immutable") == true)
    #expect(pinned.headers[.contentType] == "text/css; charset=utf-8")
    let tag = try #require(pinned.headers[.eTag])
    #expect(try await site.get("/assets/page.css", headers: [.ifNoneMatch: tag]).status == 304)
    #expect(try await site.get("/assets/page.css").headers[.cacheControl] == "no-cache")
  }
}
