import NeedletailCore
import NeedletailNumerics
import NeedletailStore
import Testing

@Suite struct FilterExpressionTests {
  private func parse(_ text: String) throws -> Filter { try FilterExpression.parse(text) }

  @Test func readsTheExampleOfTheDocumentation() throws {
    #expect(
      try parse("type:pdf path:docs/* year>=2020 -tag:draft") == .all([
        .match(field: "type", values: ["pdf"]),
        .prefix(field: "path", "docs/"),
        .any([.range(field: "year", FilterRange(atLeast: 2020)), .range(field: "year", FilterRange(atLeast: "2020"))]),
        .not(.match(field: "tag", values: ["draft"])),
      ]))
    #expect(
      try parse(#"(type:pdf OR type:html) author:"Ada Lovelace" modified<2024-05"#) == .all([
        .any([.match(field: "type", values: ["pdf"]), .match(field: "type", values: ["html"])]),
        .match(field: "author", values: ["Ada Lovelace"]),
        .range(field: "modified", FilterRange(lessThan: "2024-05")),
      ]))
  }

  @Test func nothingIsEverything() throws {
    #expect(try parse("") == .all([]))
    #expect(try parse("  \n") == .all([]))
  }

  @Test func andBindsStrongerThanOr() throws {
    let a = Filter.match(field: "a", values: ["x"])
    let b = Filter.match(field: "b", values: ["x"])
    let c = Filter.match(field: "c", values: ["x"])
    #expect(try parse("a:x OR b:x c:x") == .any([a, .all([b, c])]))
    #expect(try parse("a:x AND b:x OR c:x") == .any([.all([a, b]), c]))
    #expect(try parse("(a:x OR b:x) AND NOT c:x") == .all([.any([a, b]), .not(c)]))
    #expect(try parse("--a:x") == a)
    #expect(try parse("-(a:x b:x)") == .not(.all([a, b])))
  }

  @Test func valuesMeanWhatTheyLookLike() throws {
    #expect(try parse("n:12") == .match(field: "n", values: [12, "12"]))
    #expect(try parse("n:-1.5") == .match(field: "n", values: [.number(-1.5), "-1.5"]))
    #expect(try parse("b:true") == .match(field: "b", values: [true, "true"]))
    #expect(try parse("b:null") == .match(field: "b", values: [nil, "null"]))
    #expect(try parse(#"n:"12""#) == .match(field: "n", values: ["12"]))
    #expect(try parse(#"q:"a \"b\" \\ c""#) == .match(field: "q", values: [#"a "b" \ c"#]))
    #expect(try parse("t:a,b,3") == .match(field: "t", values: ["a", "b", 3, "3"]))
    #expect(try parse("t:nan") == .match(field: "t", values: ["nan"]))
    #expect(try parse("url:http://x/(a),b") == .match(field: "url", values: ["http://x/(a)", "b"]))
    #expect(try parse("when:2024-05-01T10:00:00Z") == .match(field: "when", values: ["2024-05-01T10:00:00Z"]))
    #expect(try parse("x:*") == .exists(field: "x"))
    #expect(try parse("x:a,b*") == .any([.match(field: "x", values: ["a"]), .prefix(field: "x", "b")]))
    #expect(try parse(#"x:"a*""#) == .match(field: "x", values: ["a*"]))
    #expect(try parse(#""my field":1"#) == .match(field: "my field", values: [1, "1"]))
    #expect(try parse("(a:x)") == .match(field: "a", values: ["x"]))
  }

  @Test func aDateStandsForAllOfIt() throws {
    #expect(try parse("d<=2024-05") == .range(field: "d", FilterRange(lessThan: "2024-05~")))
    #expect(try parse("d>2024-05-01") == .range(field: "d", FilterRange(atLeast: "2024-05-01~")))
    #expect(try parse("n<=12") == .range(field: "n", FilterRange(atMost: 12)))
    #expect(try parse("d<=2024-05-01T10") == .range(field: "d", FilterRange(atMost: "2024-05-01T10")))
  }

  @Test(arguments: [
    ("type:", 5), ("type:pdf )", 9), ("(a:b", 4), ("a:b OR", 6), ("word", 0), ("a:b \"quoted\"", 4), ("a:\"open", 2), ("a>", 2), ("-", 1),
    ("OR a:b", 0), ("a:b,", 4), (":x", 0), ("\"\":x", 0), ("a:b , c:d", 4), ("a:b, c:d", 5),
  ])
  func errorsShowThePosition(text: String, position: Int) {
    do {
      let filter = try FilterExpression.parse(text)
      Issue.record("\(text) was read as \(filter)")
    } catch {
      guard case .filterSyntax(_, let found, _) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(found == position, "\(error)")
      #expect(error.description.contains("⟨here⟩"))
      #expect(error.category == .invalidRequest)
    }
  }

  @Test func deepNestingIsAnErrorNotACrash() {
    let text = String(repeating: "(", count: 100_000) + "a:b" + String(repeating: ")", count: 100_000)
    #expect(throws: StoreError.self) { try FilterExpression.parse(text) }
    #expect(throws: Never.self) { try FilterExpression.parse(String(repeating: "-", count: 100_001) + "a:b") }
  }

  @Test(arguments: 0..<20) func anythingIsReadOrRefused(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let pieces = ["a", "b:", ":", ">=", "<", "\"", "\\", "(", ")", ",", "-", " ", " OR ", " AND ", "NOT ", "*", "12", "2024-05", "é", "\0", "🦡", "\u{301}", "\r\n"]
    for _ in 0..<2_000 {
      let text = (0..<Int.random(in: 0...12, using: &generator)).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &generator)] }.joined()
      do {
        _ = try FilterExpression.parse(text)
      } catch {
        guard case .filterSyntax(_, let position, _) = error else {
          Issue.record("\(error)")
          return
        }
        #expect((0...text.count).contains(position))
      }
    }
  }
}
