import NeedletailCore
import NeedletailRetrieval
import NeedletailText
import Testing

@Suite struct MarkdownReaderTests {
  @Test func takesFrontMatterForMetadata() async throws {
    let document = try #require(try await Fixture.read("birds.md").first)
    #expect(document.title == "Swifts and needletails")
    #expect(document.structure == .markdown)
    #expect(document.text.hasPrefix("# Swifts\n"))
    let expected: Payload = [
      "title": "Swifts and needletails", "tags": ["birds", "flight"], "year": 2021, "draft": false,
      "authors": ["Ada Example", "Ben Sample"], "source": .object(["shelf": "B12", "pages": 3]), "summary": "Fast birds of the air.",
    ]
    #expect(document.payload == expected)
  }

  @Test(arguments: [
    ("# First\n\n## Second", "First"), ("text\n\n## The *second* `level`", "The second level"), ("Underlined\n=====\n", "Underlined"),
    ("```\n# no\n```\n# yes #", "yes"), ("[Link](http://x) text\n---", "Link text"), ("no heading", "note"), ("#hashtag\n", "note"),
    ("    # code\n", "note"), ("", "note"),
  ])
  func takesTheFirstHeadingForTitle(source: String, title: String) async throws {
    #expect(try await Fixture.read(source, as: "note.md").first?.title == title)
  }

  static let frontMatters: [(String, Payload)] = [
    ("a: 1\nb: -2.5\nc: 0x10\nd: 007\ne: 1.0.0", ["a": 1, "b": -2.5, "c": "0x10", "d": "007", "e": "1.0.0"]),
    ("a: true\nb: ~\nc:\nd: 'it''s'\ne: \"x\\ny\"", ["a": true, "b": nil, "c": nil, "d": "it's", "e": "x\ny"]),
    ("url: http://x.org/#a # comment\n# whole line\nempty: []", ["url": "http://x.org/#a", "empty": []]),
    ("list:\n- a\n- b, c\nnext: [1, \"x, y\"]", ["list": ["a", "b, c"], "next": [1, "x, y"]]),
    ("text: |\n  one\n  two\nend: 1", ["text": "one\ntwo", "end": 1]),
    ("date: 2021-03-04\ntime: 12:30", ["date": "2021-03-04", "time": "12:30"]),
    ("nonsense\n: x\n  - stray\nok: 1", ["ok": 1]),
  ]

  @Test(arguments: frontMatters)
  func readsTheFrontMatterPeopleWrite(yaml: String, payload: Payload) {
    let (found, body) = FrontMatter.split("---\n\(yaml)\n---\nbody")
    #expect(found == payload)
    #expect(body == "body")
  }

  @Test(arguments: ["---\nnever closed\n", "text first\n---\na: 1\n---\n", "----\na: 1\n----\n", ""])
  func leavesOtherTextAlone(source: String) {
    let (payload, body) = FrontMatter.split(source)
    #expect(payload.isEmpty)
    #expect(body == source)
  }

  @Test func survivesDeepNesting() {
    let yaml = (0..<2000).map { String(repeating: " ", count: $0) + "k:" }.joined(separator: "\n")
    let (payload, _) = FrontMatter.split("---\n\(yaml)\n---\n")
    #expect(payload["k"] != nil)
  }
}
