import Foundation
import Hummingbird
import HummingbirdTesting
import NeedletailCore
import NeedletailServer
import NeedletailStore
import Testing

/// The board of collections in a real browser. Skipped where no Chromium is installed.
@Suite(.serialized, .enabled(if: Browser.executable != nil, "no Chromium is installed"))
struct DashboardTests {
  /// Two directions for all texts: those that speak of birds, and others.
  private struct TwoWayEmbedder: TextEmbedder {
    let profile = EmbedderProfile(name: "two-way", digest: "1", dimension: 2, maximumTokens: 64, similarity: .cosine)

    func encode(_ texts: [String], as _: Role) async throws -> DenseVectors {
      DenseVectors(dimension: 2, values: texts.flatMap { $0.contains("bird") ? [Float(1), 0] : [0, 1] })
    }
  }

  private func browse(_ body: @escaping @Sendable (Browser, String) async throws -> Void) async throws {
    let executable = try #require(Browser.executable)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-board-\(UUID().uuidString)")
    let models = ModelService(names: { ["two-way"] }, source: { _ in TwoWayEmbedder() })
    let service = PointService(DataDirectory(path: folder.path), models: models)
    defer {
      service.close()
      try? FileManager.default.removeItem(at: folder)
    }
    let site = SearchSite(service: SampleLibrary.birds.service(), points: service, options: SiteOptions(models: models), logger: SiteTester.silent)
    let application = Application(router: try site.router(boundTo: "localhost"), logger: SiteTester.silent)
    try await application.test(.live) { client in
      let port = try #require(client.port)
      for name in ["nests", "&lt;b&gt;hostile"] {
        let path = "/collections/\(name.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!)"
        let made = try await client.execute(uri: path, method: .put, body: ByteBuffer(string: #"{"vectors":{"size":2,"distance":"Cosine"}}"#))
        #expect(made.status == .ok)
        let points = (0..<25).map { #"{"id":\#($0),"vector":[\#($0 % 2),\#(1 - $0 % 2)],"payload":{"text":"<img src=x onerror=alert()> \#($0)"}}"# }
        let written = try await client.execute(uri: path + "/points", method: .put, body: ByteBuffer(string: #"{"points":[\#(points.joined(separator: ","))]}"#))
        #expect(written.status == .ok)
      }
      try await Browser.with(executable) { try await body($0, "http://localhost:\(port)") }
    }
  }

  @Test func showsCollectionsPointsAndMemoryAndSearchesByText() async throws {
    try await browse { browser, site in
      try await browser.command("Page.addScriptToEvaluateOnNewDocument", ["source": "window.alarms = 0; window.alert = () => { alarms += 1 }"])
      try await browser.open(site + "/dashboard")
      try await browser.waitUntil("document.querySelectorAll('#collections tbody tr').length === 2")
      #expect(try await browser.evaluate("document.getElementById('totals').textContent.startsWith('2 collections · 50 points')") == true)
      let row = try await browser.evaluate("document.querySelectorAll('#collections tbody tr')[1].innerText")
      #expect(row.string?.contains("nests") == true && row.string?.contains("25") == true && row.string?.contains("idle") == true, "\(row)")

      try await browser.evaluate("document.querySelectorAll('#collections a')[1].click()")
      try await browser.waitUntil("document.querySelectorAll('#answers li').length === 20")
      #expect(try await browser.evaluate("document.getElementById('memory').innerText.includes('vectors')") == true)
      try await browser.evaluate("document.getElementById('more').click()")
      try await browser.waitUntil("document.querySelectorAll('#answers li').length === 25")

      try await browser.evaluate("document.getElementById('text').focus()")
      try await browser.type("a bird")
      try await browser.press("Enter")
      try await browser.waitUntil("document.querySelectorAll('#answers li').length === 10 && document.querySelector('#answers .id span')")
      #expect(try await browser.evaluate("document.querySelector('#answers .id b').textContent") == "1")
      #expect(try await browser.evaluate("document.querySelector('#answers .id span').textContent") == "score 1.0000")
      #expect(try await browser.evaluate("document.querySelectorAll('main img, main td b').length + window.alarms") == 0)
      if let folder = ProcessInfo.processInfo.environment["NEEDLETAIL_SCREENSHOTS"] {
        try await browser.screenshot().write(to: URL(fileURLWithPath: folder).appendingPathComponent("dashboard.png"))
        try await browser.open(site + "/docs")
        try await browser.screenshot().write(to: URL(fileURLWithPath: folder).appendingPathComponent("docs.png"))
      }
    }
  }
}
