import NeedletailCore
import NeedletailServer
import Testing

@Suite struct DocumentPageTests {
  @Test func marksThePassageAndLeadsBackToTheResults() async throws {
    let page = try await SiteTester().text("/document?id=field%2Fneedletail.md&passage=2&q=storm&mode=hybrid")
    #expect(page.contains("<a id=\"p2\"></a><mark class=\"passage\" id=\"passage\" tabindex=\"-1\">It feeds on the wing"))
    #expect(page.contains("several hundred insects.</mark>"))
    #expect(page.contains("id=\"back\" href=\"/?q=storm&amp;mode=hybrid\">← Results"))
    #expect(page.contains("href=\"/?like=field%2Fneedletail.md\""))
  }

  @Test func setsHeadingsOffAndListsThem() async throws {
    let page = try await SiteTester().text("/document?id=field%2Fneedletail.md")
    #expect(page.contains("<strong class=\"heading level1\">White-throated needletail</strong>"))
    #expect(page.contains("<strong class=\"heading level2\">Feeding</strong>"))
    #expect(page.contains("<li class=\"level2\"><a href=\"#p2\">Feeding</a></li>"))
    #expect(!page.contains("id=\"passage\""))
  }

  @Test func showsTheMetadata() async throws {
    let page = try await SiteTester().text("/document?id=field%2Fneedletail.md")
    #expect(page.contains("<dt>Modified</dt><dd>2025-03-02</dd>"))
    #expect(page.contains("<dt>Size</dt><dd>4.3 kB</dd>"))
    #expect(page.contains("<dt>Tag</dt><dd>swifts, flight</dd>"))
  }

  @Test func showsLongTextsInPartsBeginningWithThePassage() async throws {
    let text = String(repeating: "Zeile über Zeile\n", count: 40_000)
    var library = SampleLibrary.birds
    library.entries = [
      .init(
        document: Document(id: "book", title: "A book", text: text),
        passages: [Passage(ordinal: 0, byteRange: 0..<17), Passage(ordinal: 1, byteRange: 500_001..<500_400)])
    ]
    let page = try await SiteTester(library.service()).text("/document?id=book&passage=2")
    #expect(page.contains("Part 3 of 4") && page.contains("id=\"passage\""))
    #expect(page.contains("/document?id=book&amp;part=1\">← Earlier") && page.contains("part=3\">Later →"))
    #expect(page.utf8.count < 250_000)
    #expect(!page.contains("\u{fffd}"))
  }

  @Test(arguments: ["0", "999", "-4", "x", "9999999999999999999999"])
  func toleratesUnknownPassagesAndParts(value: String) async throws {
    let response = try await SiteTester().get("/document?id=field%2Fneedletail.md&passage=\(value)&part=\(value)")
    #expect(response.status == 200)
  }
}
