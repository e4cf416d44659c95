import Foundation
import NeedletailText
import Testing

@Suite struct AnalyzerTests {
  private func terms(_ text: String, _ specification: AnalyzerSpecification = .plain) throws -> [String] {
    try Analyzer(specification).terms(in: text).map(\.term)
  }

  @Test func wordsFollowTheUnicodeRules() throws {
    #expect(try terms("The quick (\"brown\") fox can't jump 32.3 feet, right?")
      == ["the", "quick", "brown", "fox", "can't", "jump", "32.3", "feet", "right"])
    #expect(try terms("1,234.5 a.b a:b a_b a-b U.S.A. 3a") == ["1,234.5", "a.b", "a:b", "a_b", "a", "b", "u.s.a", "3a"])
    #expect(try terms("ab;cd 1;2 a.1 1.a ;9") == ["ab", "cd", "1;2", "a", "1", "1", "a", "9"])
    #expect(try terms("can\u{2019}t") == ["can't"])
    #expect(try terms("צה\"ל ג'ירפה") == ["צה\"ל", "ג'ירפה"])
    #expect(try terms("Привет, МИР! Ἀρχή") == ["привет", "мир", "αρχη"])
    #expect(try terms("🇩🇪🇫🇷 👍🏽!") == ["🇩🇪", "🇫🇷", "👍🏽"])
  }

  @Test func scriptsWithoutSpacesBecomePairs() throws {
    #expect(try terms("日本語。字") == ["日本", "本語", "字"])
    #expect(try terms("カタカナとひら") == ["カタ", "タカ", "カナ", "ナと", "とひ", "ひら"])
    #expect(try terms("한국어 글 abc한글") == ["한국", "국어", "글", "abc", "한글"])
    #expect(try terms("Swift語で") == ["swift", "語で"])
    #expect(try terms("ไทย") == ["ไท", "ทย"])
  }

  @Test func englishDropsStopWordsAndStems() throws {
    #expect(try terms("The needles were in the haystack's running cats", .english) == ["needl", "were", "haystack", "run", "cat"])
  }

  @Test func accentsFoldAfterStemmingAndOnlyIfAsked() throws {
    #expect(try terms("Café CAFÉ cafe\u{301}") == ["cafe", "cafe", "cafe"])
    var specification = AnalyzerSpecification.plain
    specification.foldsAccents = false
    #expect(try terms("Café cafe\u{301}", specification) == ["café", "café"])
    #expect(try terms("Häuser", .language(.german)) == ["haus"])
  }

  @Test func identifiersSplitIntoWords() throws {
    var specification = AnalyzerSpecification.plain
    specification.splitsIdentifiers = true
    #expect(try terms("parseHTTPHeader parse_http_header foo.bar XMLParser utf8Decoder __init__ ÄpfelÖl", specification)
      == ["parse", "http", "header", "parse", "http", "header", "foo", "bar", "xml", "parser", "utf8", "decoder", "init", "apfel", "ol"])
  }

  @Test func rangesPointAtTheWords() throws {
    let text = "Ünder the Ｗide haystacks, 日本語 parseXML"
    for specification in [AnalyzerSpecification.english, .plain, .code] {
      let bytes = Array(text.utf8)
      for term in try Analyzer(specification).terms(in: text) {
        let source = String(decoding: bytes[term.byteRange], as: UTF8.self)
        #expect(!source.contains(" ") && !source.contains(","))
      }
    }
    let words = try Analyzer(.english).terms(in: text)
    #expect(String(decoding: Array(text.utf8)[words[0].byteRange], as: UTF8.self) == "Ünder")
    #expect(words[1].term == "wide")
  }

  @Test func rangesAreInOrderAndCutNoScalar() throws {
    let analyzers = try [AnalyzerSpecification.english, .plain, .code, .language(.german)].map { try Analyzer($0) }
    var lines = GeneratedLines(seed: 21)
    for number in 0..<2000 {
      let line = lines.next()
      let bytes = Array(line.utf8)
      var last = 0
      for term in analyzers[number % analyzers.count].terms(in: line) {
        #expect(!term.term.isEmpty && term.term.utf8.count <= 255)
        #expect(term.byteRange.lowerBound >= last && term.byteRange.upperBound <= bytes.count && !term.byteRange.isEmpty)
        last = term.byteRange.lowerBound
        #expect(String(validating: bytes[term.byteRange], as: UTF8.self) != nil)
      }
    }
  }

  @Test func everyLanguageStemsOrSaysThatItCannot() throws {
    for language in AnalyzerSpecification.Language.allCases {
      do throws(TextError) {
        _ = try Analyzer(.language(language)).terms(in: "word слово λέξη")
      } catch {
        guard case .unknownLanguage(language.rawValue, let known) = error else { throw error }
        #expect(known.contains("english"))
      }
    }
  }

  @Test func specificationsSurviveStorage() throws {
    var fingerprints: Set<String> = []
    for language in AnalyzerSpecification.Language.allCases {
      for bits in 0..<16 {
        let specification = AnalyzerSpecification(
          language: language, removesStopWords: bits & 1 != 0, stems: bits & 2 != 0, foldsAccents: bits & 4 != 0,
          splitsIdentifiers: bits & 8 != 0)
        let stored = try JSONEncoder().encode(specification)
        #expect(try JSONDecoder().decode(AnalyzerSpecification.self, from: stored) == specification)
        fingerprints.insert(specification.fingerprint)
      }
    }
    #expect(fingerprints.count == AnalyzerSpecification.Language.allCases.count * 16)
    #expect(AnalyzerSpecification.english.fingerprint == "terms-1:english:stop+stem+fold")
  }

  @Test func severalThreadsShareAnAnalyzer() async throws {
    let analyzer = try Analyzer(.english)
    let text = String(repeating: "running needles in generous haystacks ", count: 200)
    let expected = analyzer.terms(in: text)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<16 { group.addTask { analyzer.terms(in: text) == expected } }
      for await isEqual in group { #expect(isEqual) }
    }
  }
}
