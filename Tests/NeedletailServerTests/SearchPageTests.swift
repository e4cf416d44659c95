import Foundation
import HTTPTypes
import NeedletailServer
import Testing

@Suite struct SearchPageTests {
  @Test func startsWithABoxAndWhatThereIsToSearch() async throws {
    let page = try await SiteTester().text("/")
    #expect(page.contains("<html lang=\"en\">"))
    #expect(page.contains("8 documents") && page.contains("12 passages") && page.contains("sample-model"))
    #expect(page.contains(" autofocus"))
    #expect(page.contains("href=\"/?filter=type%3Amarkdown\""))
  }

  @Test func showsTitlePathHeadingsPassageScoreAndReasons() async throws {
    let page = try await SiteTester().text("/?q=storm+insects")
    #expect(page.contains("Re: birds before the storm</a>"))
    #expect(page.contains("<span class=\"path\">mail/2024-storm.eml</span>"))
    #expect(page.contains("<span class=\"crumb\">Feeding</span>"))
    #expect(page.contains("before a <mark>storm</mark>"))
    #expect(page.contains("dense <b>#1</b> <small>0.7623</small>"))
    #expect(page.contains("lexical <b>#2</b>"))
    #expect(page.contains("<tr><th scope=\"row\">encode</th><td>1.8 ms</td>"))
    #expect(page.contains("value=\"storm insects\""))
  }

  @Test func offersFacetsAsLinksThatKeepTheQuestion() async throws {
    let page = try await SiteTester().text("/?q=birds&mode=lexical")
    #expect(page.contains("href=\"/?q=birds&amp;mode=lexical&amp;filter=type%3Acode\""))
  }

  @Test func replacesTheValueOfAFacetAndRemovesTheActiveOne() async throws {
    let page = try await SiteTester().text("/?q=birds&filter=type%3Amarkdown&filter=tags%3Amigration")
    #expect(page.contains("href=\"/?q=birds&amp;filter=tags%3Amigration&amp;filter=type%3Apdf\""))
    #expect(page.contains("href=\"/?q=birds&amp;filter=tags%3Amigration\" data-swap aria-current=\"true\""))
    #expect(page.contains("<span class=\"field\">Type</span> markdown"))
    #expect(page.contains("<input type=\"hidden\" name=\"filter\" value=\"type:markdown\">"))
  }

  @Test func listsDocumentsWhereThereAreFiltersOnly() async throws {
    let page = try await SiteTester().text("/?filter=type%3Amail")
    #expect(page.contains("Re: birds before the storm</a>"))
    #expect(!page.contains("Common swift</a>"))
  }

  @Test func findsMoreLikeADocument() async throws {
    let page = try await SiteTester().text("/?like=field/common-swift.md")
    #expect(page.contains("More like <a href=\"/document?id=field%2Fcommon-swift.md"))
    #expect(page.contains("Count of 2021</a>"))
    #expect(!page.contains("class=\"open\" href=\"/document?id=field%2Fcommon-swift.md"))
  }

  @Test func pagesThroughTheAnswers() async throws {
    let site = SiteTester(SampleLibrary.long.service())
    let first = try await site.text("/?q=page")
    #expect(first.contains("Best 10 passages") && first.contains("rel=\"next\" href=\"/?q=page&amp;offset=10\""))
    #expect(!first.contains("rel=\"prev\""))
    let last = try await site.text("/?q=page&offset=20")
    #expect(last.contains("Passages 21–25") && last.contains("rel=\"prev\" href=\"/?q=page&amp;offset=10\""))
    #expect(!last.contains("rel=\"next\""))
  }

  @Test func saysWhatToTypeWhereNothingIsIndexed() async throws {
    let page = try await SiteTester(SampleLibrary.empty.service()).text("/")
    #expect(page.contains("Nothing is indexed yet") && page.contains("needletail index"))
  }

  @Test func saysThatNothingWasFoundAndOffersToDropFilters() async throws {
    let site = SiteTester()
    #expect(try await site.text("/?q=zzzz").contains("No results"))
    let filtered = try await site.text("/?q=storm&filter=type%3Apdf")
    #expect(filtered.contains("href=\"/?q=storm\" data-swap>Search without them"))
  }

  @Test func choosesAmongCollections() async throws {
    let site = SiteTester(SampleLibrary.birds.service(alongside: [SampleLibrary.long]))
    let page = try await site.text("/?q=page&collection=long")
    #expect(page.contains("<option>default</option>") && page.contains("<option selected>long</option>"))
    #expect(page.contains("Note 1</a>"))
    #expect(page.contains("/document?id=n%2F1.txt&amp;passage=1&amp;q=page&amp;collection=long#passage"))
  }

  @Test(arguments: [
    ("/?q=birds&mode=telepathic", 400, "mode is one of"),
    ("/?q=birds&offset=-1", 400, "offset is a whole number"),
    ("/?q=birds&filter=nonsense", 400, "has no colon"),
    ("/?q=birds&collection=none", 404, "There is no collection named none"),
    ("/?like=nothing.md", 404, "has no document nothing.md"),
    ("/nowhere", 404, "There is nothing at /nowhere"),
    ("/document", 400, "id is missing"),
    ("/document?id=nothing.md", 404, "has no document nothing.md"),
  ])
  func saysPolitelyWhatIsWrong(uri: String, status: Int, text: String) async throws {
    let response = try await SiteTester().get(uri)
    #expect(response.status == status)
    #expect(response.headers[.contentType] == "text/html; charset=utf-8")
    #expect(response.text.contains(text))
  }

  @Test func keepsTheQuestionInTheBoxWhenItFails() async throws {
    var service = SampleLibrary.birds.service()
    service.search = { _ in throw SampleError.modelMissing }
    let response = try await SiteTester(service).get("/?q=swift%20birds")
    let page = response.text
    #expect(response.status == 503)
    #expect(page.contains("value=\"swift birds\"") && page.contains("needletail model fetch"))
  }

  @Test func hidesTheTextOfErrorsThatAreNotMadeForPeople() async throws {
    struct Secret: Error, CustomStringConvertible { let description = "secret detail" }
    var service = SampleLibrary.birds.service()
    service.search = { _ in throw Secret() }
    let response = try await SiteTester(service).get("/?q=swift")
    #expect(response.status == 500)
    #expect(!response.text.contains("secret detail"))
  }

  @Test func refusesQueriesWithoutEnd() async throws {
    let response = try await SiteTester().get("/?q=" + String(repeating: "a", count: 2001))
    #expect(response.status == 400)
    #expect(response.text.contains("longer than 2000"))
  }
}
