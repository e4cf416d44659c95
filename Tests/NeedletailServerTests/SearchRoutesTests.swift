import Foundation
import HTTPTypes
import NeedletailCore
import NeedletailServer
import Testing

@Suite struct SearchRoutesTests {
  private func json(_ uri: String, status: Int = 200) async throws -> [String: JSONValue] {
    let response = try await SiteTester().get(uri)
    #expect(response.status == status)
    #expect(response.headers[.contentType] == "application/json; charset=utf-8")
    return try JSONDecoder().decode([String: JSONValue].self, from: Data(response.text.utf8))
  }

  @Test func answersWithPassagesRangesAndReasons() async throws {
    let answer = try await json("/api/search?q=storm&limit=1")
    #expect(answer["mode"] == "hybrid" && answer["collection"] == "default" && answer["hasMore"] == true)
    guard case .array(let answers)? = answer["answers"], case .object(let first)? = answers.first else {
      Issue.record("no answers in \(answer)")
      return
    }
    #expect(answers.count == 1)
    #expect(first["document"] == "field/needletail.md")
    #expect(first["contributions"] == [
      .object(["source": "dense", "rank": 1, "score": 0.7623]),
      .object(["source": "lexical", "rank": 2, "score": 10.42]),
    ])
    guard case .object(let snippet)? = first["snippet"] else {
      Issue.record("no snippet in \(first)")
      return
    }
    #expect(snippet["highlights"] == [[89, 94]])
  }

  @Test func findsSimilarDocuments() async throws {
    let answer = try await json("/api/similar?id=field/common-swift.md")
    #expect(answer["mode"] == nil && answer["answers"] != [])
  }

  @Test(arguments: ["/api/documents/field/needletail.md", "/api/documents/field%2Fneedletail.md"])
  func givesADocumentByAnIdThatIsAPath(uri: String) async throws {
    let document = try await json(uri)
    #expect(document["title"] == "White-throated needletail")
    #expect(document["text"]?.string?.contains("rotten wood") == true)
  }

  @Test func listsDocumentsAndFacets() async throws {
    let list = try await json("/api/documents?filter=type:markdown&limit=2")
    #expect(list["hasMore"] == true)
    let facets = try await json("/api/facets")
    #expect("\(facets)".contains("type:markdown"))
  }

  @Test func listsCollections() async throws {
    let answer = try await json("/api/collections")
    #expect(answer["collections"] == [
      .object([
        "name": "default", "documents": 8, "passages": 12, "model": "sample-model",
        "modes": ["hybrid", "dense", "lexical"],
      ])
    ])
  }

  @Test(arguments: [
    ("/api/search", 400, "invalidRequest"), ("/api/search?q=a&limit=0", 400, "invalidRequest"),
    ("/api/search?q=a&limit=101", 400, "invalidRequest"), ("/api/search?q=a&offset=2000", 400, "invalidRequest"),
    ("/api/search?q=a&mode=x", 400, "invalidRequest"), ("/api/search?q=a&filter=x", 400, "invalidRequest"),
    ("/api/search?q=a&collection=x", 404, "notFound"), ("/api/similar", 400, "invalidRequest"),
    ("/api/documents/none", 404, "notFound"), ("/api/nothing", 404, "notFound"), ("/api", 404, "notFound"),
  ])
  func reportsProblemsWithCategoryAndMessage(uri: String, status: Int, category: String) async throws {
    let answer = try await json(uri, status: status)
    guard case .object(let error)? = answer["error"] else {
      Issue.record("no error in \(answer)")
      return
    }
    #expect(error["category"] == .string(category))
    #expect(error["message"]?.string?.isEmpty == false)
  }

  @Test func tellsWhetherItLivesAndIsReady() async throws {
    #expect(try await SiteTester().get("/livez").status == 200)
    #expect(try await SiteTester().get("/readyz").status == 200)
    var service = SampleLibrary.birds.service()
    service.collections = { throw SampleError.modelMissing }
    #expect(try await SiteTester(service).get("/livez").status == 200)
    #expect(try await SiteTester(service).get("/readyz").status == 503)
  }
}
