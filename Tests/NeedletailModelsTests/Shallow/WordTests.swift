import Foundation
import NeedletailModels
import NeedletailNumerics
import NeedletailText
import Testing

@Suite struct ShallowWordTests {
  @Test func huffmanCodeIsAsShortAsAnIndependentConstruction() {
    var generator = SeededGenerator(seed: 4)
    for size in [1, 2, 3, 7, 100, 1000] {
      let counts = (0..<size).map { _ in Int.random(in: 1...10_000, using: &generator) }.sorted(by: >)
      let code = HuffmanCode(counts: counts)
      let lengths = counts.indices.map(code.length(of:))
      if size > 1 { #expect(lengths.reduce(0.0) { $0 + exp2(-Double($1)) } == 1, "Kraft sum") }
      // Merging the two smallest of a sorted list, the way of the textbook.
      var weights = counts
      var total = 0
      while weights.count > 1 {
        weights.sort(by: >)
        let merged = weights.removeLast() + weights.removeLast()
        total += merged
        weights.append(merged)
      }
      #expect(zip(counts, lengths).reduce(0) { $0 + $1.0 * $1.1 } == total)
      let sum = Double(counts.reduce(0, +))
      let entropy = counts.reduce(0.0) { $0 - Double($1) / sum * log2(Double($1) / sum) }
      if size > 1 { #expect(Double(total) / sum < entropy + 1) }
      #expect(code.nodes.allSatisfy { $0 >= 0 && $0 < max(1, size - 1) })
    }
  }

  @Test func huffmanPathsTellAllWordsApart() {
    let code = HuffmanCode(counts: [9, 7, 7, 5, 2, 1, 1])
    let paths = (0..<7).map { word in
      let path = code.offsets[word]..<code.offsets[word + 1]
      return zip(code.nodes[path], code.bits[path]).map { "\($0)\($1)" }.joined(separator: " ")
    }
    #expect(Set(paths).count == 7)
    #expect(paths.allSatisfy { $0.hasPrefix("5") }, "all begin at the root, the node made last")
  }

  @Test func counterExamplesFollowTheirDistribution() {
    let counts = (1...50).map { 100_000 / $0 }
    let noise = NoiseDistribution(counts: counts)
    var generator = SeededGenerator(seed: 5)
    var drawn = [Int](repeating: 0, count: counts.count)
    for _ in 0..<1_000_000 { drawn[Int(noise.draw(&generator))] += 1 }
    let weights = counts.map { pow(Double($0), 0.75) }
    for word in 0..<20 {
      let expected = weights[word] / weights.reduce(0, +)
      #expect(abs(Double(drawn[word]) / 1e6 / expected - 1) < 0.05)
      #expect(abs(Double(noise.logProbabilities[word]) - log(expected)) < 1e-5)
    }
  }

  @Test func frequentWordsAreThinnedOutByTheFormula() {
    let counts = (1...30).map { 50_000 / $0 }
    let sample = 1e-3
    let subsampling = Subsampling(counts: counts, sample: sample)
    let total = Double(counts.reduce(0, +))
    var generator = SeededGenerator(seed: 6)
    var kept: [Int32] = []
    for word in 0..<20 {
      let share = Double(counts[word]) / total
      let expected = min(1, ((share / sample).squareRoot() + 1) * sample / share)
      subsampling.select([Int32](repeating: Int32(word), count: 50_000)[...], into: &kept, &generator)
      #expect(abs(Double(kept.count) / 50_000 / expected - 1) < 0.05)
    }
    Subsampling(counts: counts, sample: 0).select([0, 0, 0], into: &kept, &generator)
    #expect(kept == [0, 0, 0])
  }

  @Test func wordsAreLettersInLowerCaseWithoutAccents() {
    let words = AlphabeticWords()
    #expect(words.words(of: "The U.S. Café's 42 naïve-ish x Ünïcode") == ["the", "cafe", "naive", "ish", "unicode"])
    #expect(words.words(of: "plain ASCII text, 3.5 kg") == ["plain", "ascii", "text", "kg"])
    #expect(words.words(of: "Москва и йод") == ["москва", "иод"])
    #expect(words.words(of: "") == [])
    #expect(words.words(of: String(repeating: "a", count: 16)) == [])
  }

  @Test func vocabularyIsSortedAndCutByCount() {
    let corpus = WordCorpus(["bb aa aa cc", "aa bb dd"], minimumCount: 1, maximumVocabulary: 3)
    #expect(corpus.vocabulary.words == ["aa", "bb", "cc"])
    #expect(corpus.vocabulary.counts == [3, 2, 1])
    #expect(Array(corpus.words(of: 1)) == [0, 1])
    #expect(WordCorpus(["bb aa aa cc"], minimumCount: 2).vocabulary.words == ["aa"])
    #expect(WordCorpus(["bb aa aa cc"], excluding: ["aa"]).vocabulary.words == ["bb", "cc"])
  }
}
