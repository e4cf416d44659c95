import Foundation
import NeedletailCore
import NeedletailText
import Testing

@Suite struct ChunkerTests {
  private let tokenizer: SubwordTokenizer

  init() throws { tokenizer = try Fixture.tokenizer("uncased") }

  private func texts(_ text: String, budget: Int, overlap: Int = 0, _ structure: TextStructure) -> [String] {
    let bytes = Array(text.utf8)
    return Chunker(tokenBudget: budget, overlap: overlap, counting: tokenizer).passages(of: text, structure: structure)
      .map { String(decoding: bytes[$0.byteRange], as: UTF8.self) }
  }

  // MARK: Examples

  @Test func endsPassagesBetweenSentences() {
    let text = "Dr. A. Fade had 3.5 cab. Did he dig? \"He did!\" he said. Cab 4 e.g. is bad."
    #expect(texts(text, budget: 1000, .plain) == [text])
    #expect(texts(text, budget: 20, .plain) == ["Dr. A. Fade had 3.5 cab. Did he dig?", "\"He did!\" he said.", "Cab 4 e.g. is bad."])
  }

  @Test func ideographicSentencesEndWithoutABlank() {
    #expect(texts("一丁七。万丈三！上下？", budget: 4, .plain) == ["一丁七。", "万丈三！", "上下？"])
  }

  @Test func prefersTheEndOfAParagraph() {
    #expect(texts("1 2 3. 4 5 6.\n\n1 2 3. 4 5 6. 7 8 9.", budget: 14, .plain) == ["1 2 3. 4 5 6.", "1 2 3. 4 5 6. 7 8 9."])
  }

  @Test func headingsBeginPassagesAndAreRemembered() {
    let text = "intro\n\n# A\n\n## B ##\ntext b\n\nC\n=\n\nD\n==\ntext d\n```\n# no heading\n```\n"
    let passages = Chunker(tokenBudget: 100, overlap: 0, counting: tokenizer).passages(of: text, structure: .markdown)
    let bytes = Array(text.utf8)
    #expect(passages.map(\.headings) == [[], ["A", "B"], ["D"]])
    #expect(passages.map { String(decoding: bytes[$0.byteRange], as: UTF8.self) }
      == ["intro", "# A\n\n## B ##\ntext b\n\nC\n=", "D\n==\ntext d\n```\n# no heading\n```"])
    #expect(passages.map(\.ordinal) == [0, 1, 2])
  }

  @Test func outlinesGiveHeadingsToPlainText() {
    let text = "One\nabc\nTwo\nabd"
    let headings = [Heading(level: 1, title: "One", byteOffset: 0), Heading(level: 2, title: "Two", byteOffset: 8)]
    let passages = Chunker(tokenBudget: 50, overlap: 0, counting: tokenizer).passages(of: text, structure: .outline(headings))
    #expect(passages.map(\.headings) == [["One"], ["One", "Two"]])
    #expect(passages.map(\.byteRange) == [0..<7, 8..<15])
  }

  @Test func listsAndFencesStayTogetherWhereTheyFit() {
    let fence = "```\na b\n\nc d\n```"
    #expect(texts("a b c d e f g h i j.\n\n\(fence)\n", budget: 16, .markdown) == ["a b c d e f g h i j.", fence])
    #expect(texts("- a b c\n- d e f\n- g h i\n", budget: 8, .markdown) == ["- a b c\n- d e f", "- g h i"])
  }

  @Test func codeIsCutBetweenBlocks() {
    let text = "a {\n  b\n\n  c\n}\n\nd {\n  e\n}\n"
    #expect(texts(text, budget: 6, .code) == ["a {\n  b\n\n  c\n}", "d {\n  e\n}"])
  }

  @Test func repeatsWholeSentencesUpToTheOverlap() {
    #expect(texts("1 2 3. 4 5 6. 7 8 9. 1 2 3.", budget: 8, overlap: 3, .plain) == ["1 2 3. 4 5 6.", "7 8 9. 1 2 3."])
    #expect(texts("1 2 3. 4 5 6. 7 8 9. 1 2 3.", budget: 12, overlap: 4, .plain) == ["1 2 3. 4 5 6. 7 8 9.", "7 8 9. 1 2 3."])
  }

  @Test func cutsWhatHasNoPlaceToEnd() {
    let word = String(repeating: "ab", count: 5000)
    let pieces = texts(word, budget: 8, .plain)
    #expect(pieces.joined() == word)
    #expect(pieces.allSatisfy { tokenizer.countTokens(in: Array($0.utf8).span) <= 8 })
  }

  @Test func nothingComesOfNothing() {
    for structure in [TextStructure.plain, .markdown, .code, .outline([Heading(level: 1, title: "x", byteOffset: 0)])] {
      for text in ["", " \n\t\u{3000}\r\n"] { #expect(texts(text, budget: 8, structure).isEmpty) }
    }
  }

  // MARK: Properties

  @Test(arguments: [UInt64](0..<16))
  func keepsItsPromisesOnAnyText(seed: UInt64) {
    var random = SplitMix(state: seed)
    let text = Self.text(&random)
    let bytes = Array(text.utf8)
    for budget in [4, 9, 33, 120] {
      let overlap = random.below(budget)
      let headings = (0..<4).map { Heading(level: 1 + $0 % 3, title: "h\($0)", byteOffset: $0 * bytes.count / 5 - random.below(3)) }
      for structure in [TextStructure.plain, .markdown, .code, .outline(headings)] {
        let chunker = Chunker(tokenBudget: budget, overlap: overlap, counting: tokenizer)
        check(chunker.passages(of: text, structure: structure), of: bytes, budget: budget, overlap: chunker.overlap)
      }
    }
  }

  /// Lines of mixed scripts with the marks of all structures.
  private static func text(_ random: inout SplitMix) -> String {
    var lines = GeneratedLines(seed: random.next())
    let starts = ["", "", "# ", "## ", "- ", "  ", "\t", "1. ", "```", "|", "> ", "---\n", "===\n", "}"]
    let ends = ["\n", "\n", "\n\n", " ", ". ", "。", "\r\n", ""]
    var text = ""
    for _ in 0..<30 { text += starts[random.below(starts.count)] + lines.next() + ends[random.below(ends.count)] }
    return text
  }

  private func check(_ passages: [Passage], of bytes: [UInt8], budget: Int, overlap: Int) {
    var isCovered = [Bool](repeating: false, count: bytes.count)
    var last = 0..<0
    for (number, passage) in passages.enumerated() {
      let range = passage.byteRange
      #expect(passage.ordinal == number)
      #expect(range.lowerBound >= 0 && range.upperBound <= bytes.count && !range.isEmpty)
      #expect(String(validating: bytes[range], as: UTF8.self) != nil, "a scalar is cut in two")
      let piece = Array(bytes[range])
      let scalars = String(decoding: piece, as: UTF8.self).unicodeScalars.count
      #expect(tokenizer.countTokens(in: piece.span) <= budget || scalars == 1)
      if number > 0 {
        #expect(range.lowerBound > last.lowerBound && range.upperBound > last.upperBound)
        if range.lowerBound < last.upperBound {
          #expect(tokenizer.countTokens(in: Array(bytes[range.lowerBound..<last.upperBound]).span) <= overlap)
        }
      }
      last = range
      for position in range { isCovered[position] = true }
    }
    let text = String(decoding: bytes, as: UTF8.self)
    var position = 0
    var missing = 0
    for scalar in text.unicodeScalars {
      if !scalar.properties.isWhitespace, !isCovered[position] { missing += 1 }
      position += scalar.utf8.count
    }
    #expect(missing == 0, "characters without a passage")
  }

  @Test func timeIsLinearInTheLength() {
    // Each of these would take minutes if any step were quadratic.
    let shapes = ["ab", "ab ", "a.", "a. ", "\n", "# a\n", "```\n", "- a\n", "}", "。", "\u{301}", "(((", "x\n\n", "|a|\n", "A.B.", "1.", "\u{E000}"]
    let chunker = Chunker(tokenBudget: 64, overlap: 16, counting: tokenizer)
    let clock = ContinuousClock()
    for shape in shapes {
      let text = String(repeating: shape, count: 150_000 / shape.utf8.count)
      for structure in [TextStructure.plain, .markdown, .code] {
        let time = clock.measure { _ = chunker.passages(of: text, structure: structure) }
        #expect(time < .seconds(4), "\(shape.debugDescription), \(structure)")
      }
    }
  }
}
