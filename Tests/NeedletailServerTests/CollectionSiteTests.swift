import Foundation
import NeedletailCore
import NeedletailRetrieval
import NeedletailServer
import NeedletailStore
import Testing

/// The site over real collections: files on a disk, indexed, stored and searched.
@Suite struct CollectionSiteTests {
  /// A data directory and a folder of documents that vanish with the test.
  private final class Place {
    let folder: URL
    let data: DataDirectory
    var documents: URL { folder.appendingPathComponent("documents") }

    init() throws {
      folder = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-site-\(UUID().uuidString)")
      data = DataDirectory(path: folder.appendingPathComponent("data").path)
      try write("secret.txt", "The storm of a secret outside of the documents.")
      try write(
        "documents/birds/swift.md",
        """
        ---
        tags: [birds, "air & sky"]
        year: 2019
        ---
        # Swift

        ## Flight

        It sleeps in flight.

        ## Food

        Flying ants before a storm.
        """)
      try write(
        "documents/birds/owl.md",
        """
        ---
        tags: [birds]
        year: 2021
        ---
        # Owl

        It hears the mouse under the snow.
        """)
      try write("documents/notes \"old\"/weather.txt", "A storm came over the lake.\n")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ path: String, _ text: String) throws {
      let file = folder.appendingPathComponent(path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }

    func index(as name: String = "default", embedder: (any TextEmbedder)? = WordBag()) async throws {
      let index = try TextIndex(named: name, in: data, embedder: embedder)
      try await index.add(contentsOf: [documents.path])
      await index.collection.close()
    }

    func site(embedder: @escaping @Sendable (EmbedderProfile) throws -> any TextEmbedder = { _ in WordBag() }) -> SiteTester {
      SiteTester(SearchSite(data: data, logger: SiteTester.silent) { try embedder($0) })
    }
  }

  private func answers(_ json: String) throws -> [Answer] {
    struct Reply: Decodable { let answers: [Answer] }
    return try JSONDecoder().decode(Reply.self, from: Data(json.utf8)).answers
  }

  @Test(arguments: [SearchMode.dense, .lexical, .hybrid]) func answersInEachMode(mode: SearchMode) async throws {
    let place = try Place()
    try await place.index()
    let found = try answers(try await place.site().text("/api/search?q=flying+ants&mode=\(mode.rawValue)"))
    #expect(found.first?.title == "Swift")
    #expect(found.first?.contributions.map(\.source) == (mode == .hybrid ? ["dense", "lexical"] : [mode.rawValue]))
  }

  @Test func showsResultsFacetsAndTheDocument() async throws {
    let place = try Place()
    try await place.index()
    let site = place.site()
    let page = try await site.text("/?q=storm")
    #expect(page.contains("<mark>storm</mark>"))
    #expect(page.contains("birds/swift.md</span>"))
    #expect(page.contains("filter=type%3Amarkdown\""))
    #expect(page.contains("filter=tags%3A%22air%20%26%20sky%22\""))
    #expect(page.contains("filter=folder%3A%22notes%20%5C%22old%5C%22%22\""))
    #expect(page.contains("filter=year%3A2021\""))

    let href = try #require(page.firstMatch(of: /href="(\/document\?id=[^"]*swift\.md[^"]*)"/)?.1)
    let document = try await site.text(String(href).replacing("&amp;", with: "&").replacing("#passage", with: ""))
    #expect(document.contains("id=\"passage\"") && document.contains("It sleeps in flight."))
  }

  @Test func followsItsOwnFacetLinks() async throws {
    let place = try Place()
    try await place.index()
    let site = place.site()
    let start = try await site.text("/")
    let links = start.matches(
      of: /<a href="(\/\?filter=[^"]*)" data-swap><span [^>]*>([^<]*)<\/span> <span class="count">(\d+)</)
    #expect(links.count == 8)
    for link in links {
      let page = try await site.text(String(link.1).replacing("&amp;", with: "&"))
      let cards = page.components(separatedBy: "<li class=\"card short\">").count - 1
      #expect(cards == Int(link.3), "\(link.2)")
    }
  }

  @Test func findsMoreLikeADocument() async throws {
    let place = try Place()
    try await place.index()
    let site = place.site(embedder: { _ in throw SampleError.modelMissing })
    let swift = try #require(try answers(try await site.text("/api/search?q=ants&mode=lexical")).first)
    let id = try #require(swift.document.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
    let similar = try answers(try await site.text("/api/similar?id=\(id)"))
    #expect(similar.count == 2 && !similar.contains { $0.document == swift.document })
    #expect(try await site.text("/?like=\(id)").contains("More like <a href="))
  }

  @Test func seesWhatOthersIndexWhileItRuns() async throws {
    let place = try Place()
    let site = place.site()
    #expect(try await site.text("/").contains("Nothing is indexed yet"))
    // Collections of points can be made at once, so there is nothing to wait for.
    #expect(try await site.get("/readyz").status == 200)
    try await place.index()
    #expect(try await site.text("/").contains("3 documents"))
    #expect(try await site.get("/readyz").status == 200)
    try place.write("documents/birds/crane.txt", "Cranes call above the fog.")
    try await place.index()
    #expect(try await site.text("/?q=cranes").contains("<mark>Cranes</mark>"))
    try await place.index(as: "second", embedder: nil)
    #expect(try await site.text("/").contains("<option>second</option>"))
    #expect(try await site.text("/?q=cranes&collection=second").contains("<mark>Cranes</mark>"))
    try place.data.removeCollection("second")
    #expect(try await site.get("/?collection=second").status == 404)
  }

  @Test func offersWordSearchOnlyWithoutVectors() async throws {
    let place = try Place()
    try await place.index(embedder: nil)
    let site = place.site()
    let page = try await site.text("/?q=storm")
    #expect(page.contains("id=\"mode-lexical\" value=\"lexical\" checked") && !page.contains("mode-dense"))
    #expect(page.contains("<mark>storm</mark>"))
    #expect(try await site.get("/api/search?q=storm&mode=dense").status == 400)
  }

  @Test func saysThatTheModelIsMissingAndFindsItLater() async throws {
    let place = try Place()
    try await place.index()
    let marker = place.folder.appendingPathComponent("model")
    let site = place.site(embedder: { _ in
      guard FileManager.default.fileExists(atPath: marker.path) else { throw SampleError.modelMissing }
      return WordBag()
    })
    let reply = try await site.get("/?q=storm")
    #expect(reply.status == 503 && reply.text.contains("needletail model fetch"))
    #expect(try await site.get("/?q=storm&mode=lexical").status == 200)
    try Data().write(to: marker)
    #expect(try await site.get("/?q=storm").status == 200)
  }

  @Test func showsNothingOutsideTheIndexedFolder() async throws {
    let place = try Place()
    try await place.index()
    let site = place.site()
    let secret = place.folder.appendingPathComponent("secret.txt").path
    for id in [secret, "../secret.txt", "documents/../../secret.txt", "birds/../../secret.txt", "file://\(secret)"] {
      let encoded = try #require(id.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
      for address in ["/document?id=\(encoded)", "/api/documents/\(encoded)", "/api/documents/\(id)", "/?like=\(encoded)"] {
        let reply = try await site.get(address)
        #expect(reply.status == 404 && !reply.text.contains("storm of a secret"), "\(address)")
      }
    }
  }

  @Test(arguments: ["type:", "(", "type:pdf OR", "\"", "year>=", String(repeating: "(", count: 100)])
  func refusesFiltersThatDoNotParse(filter: String) async throws {
    let place = try Place()
    try await place.index()
    let encoded = try #require(filter.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
    for page in ["/?q=storm&", "/?", "/api/search?q=storm&", "/api/facets?"] {
      #expect(try await place.site().get(page + "filter=\(encoded)").status == 400, "\(page)")
    }
  }
}

/// An embedder that needs no model: texts that share words are near.
struct WordBag: Embedder {
  typealias Input = String

  let profile = EmbedderProfile(
    name: "word-bag", digest: "word-bag-1", dimension: 64, maximumTokens: 128, similarity: .cosine)

  func encode(_ inputs: [String], as role: Role) async throws -> DenseVectors {
    DenseVectors(dimension: profile.dimension, values: inputs.flatMap(vector(of:)))
  }

  private func vector(of text: String) -> [Float] {
    var vector = [Float](repeating: 0, count: profile.dimension)
    vector[0] = 0.01
    for word in text.lowercased().split(whereSeparator: { !$0.isLetter }) where word.count > 2 {
      vector[word.utf8.reduce(7) { ($0 &* 31 &+ Int($1)) & 0xffff } % profile.dimension] += 1
    }
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return vector.map { $0 / length }
  }
}
