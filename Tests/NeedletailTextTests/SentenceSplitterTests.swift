import NeedletailText
import Testing

@Suite struct SentenceSplitterTests {
  @Test func sentencesAndLinesAreParted() {
    let text = "  One needle, e.g. this one, lies here. Is it Dr. Hay's? Yes!\n\nnext line goes on . and on\n"
    #expect(
      SentenceSplitter.sentences(of: text) == [
        "One needle, e.g. this one, lies here.", "Is it Dr. Hay's?", "Yes!", "next line goes on . and on",
      ])
    #expect(SentenceSplitter.sentences(of: " \n \t").isEmpty)
    #expect(SentenceSplitter.sentences(of: "今日は。明日は。") == ["今日は。", "明日は。"])
  }

  @Test func nothingIsLostButBlanks() {
    var generator = SplitMix(state: 3)
    let pieces = ["a", "B.", " ", "\n", "?", "é", "漢。", "\"", "3.", "…", "\u{a0}", "🪡"]
    for _ in 0..<300 {
      let text = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
      func letters(_ text: String) -> [Unicode.Scalar] { text.unicodeScalars.filter { !$0.properties.isWhitespace } }
      #expect(letters(SentenceSplitter.sentences(of: text).joined()) == letters(text))
    }
  }
}
