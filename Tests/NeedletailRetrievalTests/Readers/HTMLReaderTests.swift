import NeedletailCore
import NeedletailRetrieval
import NeedletailText
import Testing

@Suite struct HTMLReaderTests {
  @Test func readsWhatAPersonWouldSee() async throws {
    let document = try #require(try await Fixture.read("page.html").first)
    #expect(document.title == "Bread & yeast")
    #expect(
      document.text == """
        Bread

        Yeast makes dough rise—slowly é 🍞.

        Shown again.

        Rye

        - Flour
        - Water

          keep
            spaces

        one two
        """)
    #expect(document.payload == ["author": "Cleo Test", "language": "en"])
  }

  @Test func keepsHeadingsAsStructure() async throws {
    let document = try #require(try await Fixture.read("page.html").first)
    guard case .outline(let headings) = document.structure else {
      Issue.record("no outline")
      return
    }
    #expect(headings.map(\.title) == ["Bread", "Rye"])
    #expect(headings.map(\.level) == [1, 2])
    let bytes = Array(document.text.utf8)
    for heading in headings { #expect(bytes[heading.byteOffset...].starts(with: heading.title.utf8)) }
  }

  @Test func readsDeclaredCharacterSets() async throws {
    let latin = try #require(try await Fixture.read("latin.html").first)
    #expect(latin.title == "Café")
    #expect(latin.text == "Crème brûlée “quoted”")
    let cyrillic = try #require(try await Fixture.read("cyrillic.html").first)
    #expect(cyrillic.title == "Птицы")
    #expect(cyrillic.text.contains("Стриж летает быстро."))
  }

  @Test func refusesAnUnknownCharacterSetRatherThanGuess() async throws {
    let file = SourceFile(path: "a.html", contents: Array("<meta charset=klingon><p>".utf8) + [0xE9, 0x20])
    await #expect(throws: ReadingProblem.unsupportedEncoding("klingon")) { try await Fixture.read(file) }
  }

  @Test(arguments: [
    ("a<b", "a"), ("a<1", "a<1"), ("a < b > c", "a < b > c"), ("x<!-- c --!>-->y", "xy"), ("<p>a<p>b", "a\n\nb"), ("a<br>b", "a\nb"),
    ("<div>a</div>b", "a\nb"), ("&lt;b&gt; &amp;amp;", "<b> &amp;"), ("&copy 2020 &copy=1 &unknown; &#0;&#xD800;", "© 2020 &copy=1 &unknown; \u{FFFD}\u{FFFD}"),
    ("&#128; &#x80;", "€ €"), ("<nav><nav>x</nav>y</nav>z", "z"), ("<svg/>after", "after"), ("<script>a</b></script >b", "b"),
    ("<SCRIPT>x</Script>y", "y"), ("<p hidden>x<p>y", "y"), ("<a title='>'>link</a>", "link"), ("<a title=\"unclosed>x", ""),
    ("</ >x", "x"), ("<?php echo 1 ?>y", "y"), ("<textarea><b></textarea>z", "<b>z"), ("<img alt=\"a bird\">.", "a bird."),
    ("<div aria-hidden=true>x</div>y", "y"), ("<![CDATA[x]]>y", "y"), ("<", "<"), ("<b", ""), ("", ""),
  ])
  func toleratesWhatBrowsersTolerate(source: String, text: String) async throws {
    #expect(try await Fixture.read(source, as: "a.html").first?.text == text)
  }
}
