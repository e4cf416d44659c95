import Foundation
import NeedletailText
import Testing

@Suite struct WordPieceTokenizerTests {
  struct Golden: Decodable {
    struct Example: Decodable {
      var text: String
      var ids: [Int32]
      var ranges: [[Int]]
    }
    var blockSize: Int
    var blocks: [String]
    var examples: [Example]
  }

  @Test(arguments: ["uncased", "cased", "accents", "bare", "added"])
  func givesTheIdsOfTheReferenceOnTwelveThousandLines(name: String) throws {
    let tokenizer = try Fixture.tokenizer(name)
    let golden = try JSONDecoder().decode(Golden.self, from: Fixture.contents("wordpiece/\(name)/golden.json"))
    var lines = GeneratedLines(seed: 42)
    for (number, expected) in golden.blocks.enumerated() {
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      for _ in 0..<golden.blockSize { hash = digest(hash, tokenizer.encode(lines.next(), maximumTokens: nil).ids) }
      let found = String(hash, radix: 16)
      #expect(String(repeating: "0", count: 16 - found.count) + found == expected, "lines from \(number * golden.blockSize) on")
    }
  }

  @Test(arguments: ["uncased", "cased", "accents", "bare", "added"])
  func givesTheIdsAndRangesOfTheReference(name: String) throws {
    let tokenizer = try Fixture.tokenizer(name)
    let golden = try JSONDecoder().decode(Golden.self, from: Fixture.contents("wordpiece/\(name)/golden.json"))
    for example in golden.examples {
      let sequence = tokenizer.encode(example.text, maximumTokens: nil)
      #expect(sequence.ids == example.ids, "\(example.text.debugDescription)")
      let ranges = sequence.byteRanges.dropFirst().dropLast().map { [$0.lowerBound, $0.upperBound] }
      #expect(ranges == Array(example.ranges.dropFirst().dropLast()), "\(example.text.debugDescription)")
    }
  }

  private func digest(_ start: UInt64, _ ids: [Int32]) -> UInt64 {
    var hash = start
    for value in ids + [-1] {
      let bits = UInt32(bitPattern: value)
      for shift in stride(from: UInt32(0), to: 32, by: 8) { hash = (hash ^ UInt64(bits >> shift & 0xFF)) &* 0x100_0000_01B3 }
    }
    return hash
  }

  @Test func readsTheOlderFilesAlike() throws {
    let (current, older) = (try Fixture.tokenizer("uncased"), try Fixture.tokenizer("vocabulary"))
    var lines = GeneratedLines(seed: 5)
    for _ in 0..<300 {
      let line = lines.next()
      #expect(older.encode(line, maximumTokens: nil) == current.encode(line, maximumTokens: nil))
    }
    #expect(older.declaredMaximumTokens == 512)
    #expect(older.vocabularySize == current.vocabularySize)
  }

  @Test func everyWayOfAskingGivesTheSameTokens() throws {
    let tokenizer = try Fixture.tokenizer("added")
    var lines = GeneratedLines(seed: 6)
    for _ in 0..<300 {
      let line = lines.next()
      let sequence = tokenizer.encode(line, maximumTokens: nil)
      var ids: [Int32] = [7]
      #expect(tokenizer.appendTokens(of: line, maximumTokens: nil, to: &ids) == sequence.ids.count)
      #expect(Array(ids.dropFirst()) == sequence.ids)
      let bytes = Array(line.utf8)
      #expect(tokenizer.countTokens(in: bytes.span) == sequence.ids.count - 2)
      #expect(tokenizer.tokenRanges(in: bytes.span) == Array(sequence.byteRanges.dropFirst().dropLast()))
    }
  }

  @Test(arguments: [0, 1, 2, 3, 7, 40])
  func cutsToTheLimitAndKeepsTheFrame(limit: Int) throws {
    let tokenizer = try Fixture.tokenizer("uncased")
    var lines = GeneratedLines(seed: 8)
    for _ in 0..<200 {
      let line = lines.next()
      let whole = tokenizer.encode(line, maximumTokens: nil)
      let cut = tokenizer.encode(line, maximumTokens: limit)
      var ids: [Int32] = []
      #expect(tokenizer.appendTokens(of: line, maximumTokens: limit, to: &ids) == cut.ids.count)
      #expect(ids == cut.ids)
      #expect(cut.ids.count == min(limit, whole.ids.count))
      #expect(cut.byteRanges.count == cut.ids.count)
      if limit >= 2 {
        #expect(cut.ids.dropLast() == whole.ids.prefix(cut.ids.count - 1))
        #expect(cut.ids.last == whole.ids.last)
      }
    }
  }

  @Test func aLongTextEqualsItsParts() throws {
    let tokenizer = try Fixture.tokenizer("uncased")
    var lines = GeneratedLines(seed: 9)
    let parts = (0..<400).map { _ in lines.next() + " " }
    let whole = tokenizer.encode(parts.joined(), maximumTokens: nil).ids
    #expect(whole.count > 4096)
    #expect(whole.dropFirst().dropLast() == parts.flatMap { tokenizer.encode($0, maximumTokens: nil).ids.dropFirst().dropLast() }[...])
  }

  @Test func aTextWithoutWordsHasOnlyTheFrame() throws {
    let tokenizer = try Fixture.tokenizer("uncased")
    for text in ["", " ", "\n\t\u{0}\u{AD}", "\u{3000}"] { #expect(tokenizer.encode(text, maximumTokens: nil).ids == [2, 3]) }
  }

  @Test func acceptsBytesThatAreNotUTF8() throws {
    let tokenizer = try Fixture.tokenizer("uncased")
    var random = SplitMix(state: 4)
    for _ in 0..<2000 {
      let bytes = (0..<random.below(40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let ranges = tokenizer.tokenRanges(in: bytes.span)
      #expect(ranges.count == tokenizer.countTokens(in: bytes.span))
      for range in ranges { #expect(range.lowerBound >= 0 && range.upperBound <= bytes.count) }
    }
  }
}
