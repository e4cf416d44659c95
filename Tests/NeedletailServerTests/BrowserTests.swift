import Foundation
import Hummingbird
import HummingbirdTesting
import NeedletailCore
import NeedletailServer
import Testing

/// What a person sees and can do, in a real browser against a bound port. Skipped where no Chromium is installed.
@Suite(.serialized, .enabled(if: Browser.executable != nil, "no Chromium is installed"))
struct BrowserTests {
  /// Runs a test with a browser and the address of a site over the sample library.
  private func browse(
    _ service: SearchService = SampleLibrary.birds.service(),
    _ body: @escaping @Sendable (Browser, String) async throws -> Void
  ) async throws {
    let executable = try #require(Browser.executable)
    let application = Application(router: try SiteTester(service).site.router(boundTo: "localhost"), logger: SiteTester.silent)
    try await application.test(.live) { client in
      let port = try #require(client.port)
      try await Browser.with(executable) { try await body($0, "http://localhost:\(port)") }
    }
  }

  @Test func searchesWithoutJavaScript() async throws {
    try await browse { browser, site in
      try await browser.switchScripts(off: true)
      try await browser.open(site + "/")
      try await browser.type("storm insects")
      try await browser.press("Enter")
      try await browser.waitUntil("document.querySelectorAll('.card').length > 2")
      #expect(try await browser.evaluate("location.search") == "?q=storm+insects&mode=hybrid")
      #expect(try await browser.evaluate("document.documentElement.className") == "")
      #expect(try await browser.evaluate("document.querySelector('.card mark').textContent") == "storm")
      #expect(try await browser.evaluate("getComputedStyle(document.querySelector('.keys')).display") == "none")

      try await browser.evaluate("document.querySelector('.facets a[href*=mail]').click()")
      try await browser.waitUntil("document.querySelectorAll('.card').length === 1")
      try await browser.evaluate("document.querySelector('.card .open').click()")
      try await browser.waitUntil("document.getElementById('passage')")
      #expect(try await browser.evaluate("document.querySelector('h1').textContent") == "Re: birds before the storm")
    }
  }

  @Test func searchesWhileTypingWithoutLeavingThePage() async throws {
    try await browse { browser, site in
      try await browser.open(site + "/")
      try await browser.evaluate("window.isSamePage = true")
      try await browser.type("radar")
      try await browser.waitUntil("document.querySelector('.card h2')?.textContent === 'Counting migration by radar'")
      #expect(try await browser.evaluate("window.isSamePage") == true)
      #expect(try await browser.evaluate("location.search") == "?q=radar&mode=hybrid")
      #expect(try await browser.evaluate("document.title") == "radar · Needletail")
      #expect(try await browser.evaluate("document.activeElement.id") == "q")
      #expect(try await browser.evaluate("document.getElementById('announcement').textContent") == "1 passage")
    }
  }

  @Test func narrowsDownAndGoesBackInHistory() async throws {
    try await browse { browser, site in
      try await browser.open(site + "/?q=birds")
      try await browser.evaluate("window.isSamePage = true")
      try await browser.evaluate("document.querySelector('.facets a[href*=pdf]').click()")
      try await browser.waitUntil("document.querySelectorAll('.card').length === 1")
      #expect(try await browser.evaluate("document.querySelector('.chips').textContent.trim()") == "Type pdf×")
      #expect(try await browser.evaluate("document.querySelector('#state input').value") == "type:pdf")
      try await browser.evaluate("history.back()")
      try await browser.waitUntil("document.querySelectorAll('.card').length > 3")
      #expect(try await browser.evaluate("location.search") == "?q=birds")
      #expect(try await browser.evaluate("window.isSamePage") == true)
    }
  }

  @Test func worksByKeyboard() async throws {
    try await browse { browser, site in
      try await browser.open(site + "/?q=insects")
      #expect(try await browser.evaluate("document.querySelector('.keys').checkVisibility()") == true)
      try await browser.press("j")
      try await browser.press("j")
      try await browser.press("k")
      try await browser.press("j")
      #expect(try await browser.evaluate("[...document.querySelectorAll('.open')].indexOf(document.activeElement)") == 1)
      try await browser.press("/")
      #expect(try await browser.evaluate("document.activeElement.id") == "q")
      #expect(try await browser.evaluate("document.getElementById('q').value") == "insects")
      try await browser.press("ArrowDown")
      let title = try await browser.evaluate("document.activeElement.textContent")
      try await browser.press("Enter")
      try await browser.waitUntil("location.pathname === '/document' && document.readyState === 'complete'")
      #expect(try await browser.evaluate("document.querySelector('h1').textContent") == title)
      try await browser.press("Escape")
      try await browser.waitUntil("location.search.startsWith('?q=insects') && document.querySelector('.card')")
      try await browser.press("j")
      try await browser.press("m")
      try await browser.waitUntil("document.querySelector('.like-of')")
    }
  }

  @Test func scrollsToThePassage() async throws {
    var library = SampleLibrary.birds
    let filler = String(repeating: "Nothing of note on this line.\n", count: 400)
    let text = filler + "Here is what was looked for.\n" + filler
    library.entries = [
      .init(
        document: Document(id: "long", title: "A long text", text: text),
        passages: [Passage(ordinal: 0, byteRange: filler.utf8.count..<filler.utf8.count + 28)])
    ]
    try await browse(library.service()) { browser, site in
      for isOff in [false, true] {
        try await browser.switchScripts(off: isOff)
        try await browser.open(site + "/?q=looked")
        try await browser.evaluate("document.querySelector('.card .open').click()")
        try await browser.waitUntil("location.pathname === '/document' && document.readyState === 'complete'")
        try await browser.waitUntil(
          "(() => { const box = document.getElementById('passage').getBoundingClientRect();"
            + " const head = document.querySelector('.top').getBoundingClientRect();"
            + " return box.top > head.bottom && box.bottom < innerHeight })()")
        #expect(try await browser.evaluate("document.getElementById('passage').textContent") == "Here is what was looked for.")
      }
    }
  }

  @Test func runsNothingThatDocumentsContain() async throws {
    var library = SampleLibrary.birds
    for (number, attack) in HostileTextTests.attacks.enumerated() {
      library.entries.append(SampleLibrary.plain(attack + "\(number)", attack, tags: [attack], modified: attack, text: "storm " + attack))
    }
    try await browse(library.service()) { browser, site in
      try await browser.command(
        "Page.addScriptToEvaluateOnNewDocument", ["source": "window.alarms = 0; window.alert = () => { alarms += 1 }"])
      for address in ["/?q=storm", "/?q=storm&offset=10", "/?filter=folder%3A"] {
        try await browser.open(site + address)
        #expect(try await browser.evaluate("window.alarms") == 0)
        #expect(try await browser.evaluate("document.scripts.length") == 1)
        #expect(
          try await browser.evaluate(
            "[...document.querySelectorAll('*')].some(e => [...e.attributes].some(a => a.name.startsWith('on')))") == false)
        #expect(try await browser.evaluate("document.querySelectorAll('main img, main script, main b + b').length") == 0)
      }
    }
  }

  /// The Web Content Accessibility Guidelines' AA for text, computed from what the browser really paints.
  @Test(arguments: ["light", "dark"]) func hasEnoughContrast(scheme: String) async throws {
    try await browse { browser, site in
      try await browser.prefer(colorScheme: scheme)
      let document = "/document?id=field%2Fneedletail.md&passage=2#passage"
      for address in ["/", "/?q=swifts+insects", "/?q=birds&filter=type%3Apdf", document, "/nowhere"] {
        try await browser.open(site + address)
        #expect(try await browser.evaluate(BrowserTests.lowContrast) == .array([]), "\(scheme) \(address)")
      }
    }
  }

  @Test func fitsAPhone() async throws {
    try await browse { browser, site in
      try await browser.resize(width: 360, height: 740)
      for address in ["/", "/?q=swifts+insects&filter=type%3Amarkdown", "/document?id=field%2Fneedletail.md&passage=2"] {
        try await browser.open(site + address)
        #expect(try await browser.evaluate("document.documentElement.scrollWidth <= innerWidth") == true, "\(address)")
      }
    }
  }

  @Test func namesEverythingThatCanBeOperated() async throws {
    try await browse(SampleLibrary.birds.service(alongside: [.long])) { browser, site in
      try await browser.open(site + "/?q=swifts")
      let nameless = """
        [...document.querySelectorAll('a, button, input:not([type=hidden]), select')]
          .filter(e => !(e.textContent.trim() || e.labels?.length || e.getAttribute('aria-label'))).map(e => e.outerHTML)
        """
      #expect(try await browser.evaluate(nameless) == .array([]))
      #expect(try await browser.evaluate("document.documentElement.lang") == "en")
    }
  }

  /// Pictures to look at, made where the environment names a folder for them.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["NEEDLETAIL_SCREENSHOTS"] != nil))
  func takesPictures() async throws {
    let folder = URL(fileURLWithPath: ProcessInfo.processInfo.environment["NEEDLETAIL_SCREENSHOTS"] ?? ".")
    let pages = [
      ("start", "/"), ("results", "/?q=what+do+swifts+eat+before+a+storm"),
      ("filtered", "/?q=birds&filter=type%3Amarkdown"),
      ("document", "/document?id=field%2Fneedletail.md&passage=2&q=storm#passage"),
      ("code", "/document?id=code%2Fwingbeat.py&passage=601&q=storm"), ("like", "/?like=field/common-swift.md"),
      ("none", "/?q=zzzz&filter=type%3Apdf"), ("problem", "/?q=birds&filter=nonsense"), ("missing", "/nowhere"),
    ]
    try await browse { browser, site in
      for (width, scheme) in [(Int64(1280), "light"), (1280, "dark"), (390, "light")] {
        try await browser.resize(width: width, height: 860)
        try await browser.prefer(colorScheme: scheme)
        for (name, address) in pages {
          try await browser.open(site + address)
          try await browser.screenshot().write(to: folder.appendingPathComponent("\(name)-\(scheme)-\(width).png"))
        }
      }
    }
  }
}

extension BrowserTests {
  /// JavaScript that lists the texts whose contrast with what is behind them is below 4.5 : 1 (3 : 1 where large).
  fileprivate static let lowContrast = """
    (() => {
      const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
      const rgba = (color) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        return canvas.getImageData(0, 0, 1, 1).data;
      };
      const luminance = (color) => {
        const [r, g, b] = [...color].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const behind = (element) => {
        for (let e = element; e; e = e.parentElement) {
          const color = rgba(getComputedStyle(e).backgroundColor);
          if (color[3] === 255) return color;
        }
        return [255, 255, 255];
      };
      const low = [];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node; (node = walker.nextNode()); ) {
        const element = node.parentElement;
        if (!node.textContent.trim() || !element.checkVisibility() || element.closest(".unseen, .skip, script")) continue;
        const style = getComputedStyle(element);
        const [a, b] = [luminance(rgba(style.color)), luminance(behind(element))].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        const opacity = Number(style.opacity);
        if (ratio * opacity < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) low.push(`${node.textContent.trim()} ${ratio.toFixed(2)}`);
      }
      return low;
    })()
    """
}
