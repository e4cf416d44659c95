import Foundation
import NeedletailNumerics
import NeedletailText
import NeedletailTraining
import Testing

@Suite struct MaskingTests {
  /// Odd tokens go on with the word before them; 0 frames, 1 is the mask.
  private let masking = TokenMasking(maskToken: 1, isContinuation: (0..<40).map { $0 > 1 && !$0.isMultiple(of: 2) })

  private func text(_ length: Int, seed: UInt64) -> [Int32] {
    var generator = SeededGenerator(seed: seed)
    return [0] + (2..<length).map { _ in Int32.random(in: 2..<40, using: &generator) } + [0]
  }

  @Test func wordsAreHiddenWholeAndAtTheRate() {
    var generator = SeededGenerator(seed: 5)
    var (hidden, all) = (0, 0)
    for seed in 0..<200 {
      let tokens = text(64, seed: UInt64(seed))
      let chosen = masking.chosen(in: tokens, rate: 0.3, using: &generator)
      #expect(!chosen[0] && !chosen[63])
      for place in 2..<63 where !tokens[place].isMultiple(of: 2) { #expect(chosen[place] == chosen[place - 1]) }
      hidden += chosen.count { $0 }
      all += 62
    }
    #expect(abs(Double(hidden) / Double(all) - 0.3) < 0.02)
  }

  @Test func mostAreMaskedSomeReplacedSomeKept() {
    var generator = SeededGenerator(seed: 6)
    var (masks, kept, replaced) = (0.0, 0.0, 0.0)
    for seed in 0..<400 {
      let tokens = text(40, seed: UInt64(seed))
      let (input, targets) = masking.masked(tokens, rate: 0.5, using: &generator)
      for place in tokens.indices {
        if targets[place] < 0 {
          #expect(input[place] == tokens[place])
          continue
        }
        #expect(targets[place] == Int(tokens[place]))
        if input[place] == 1 { masks += 1 } else if input[place] == tokens[place] { kept += 1 } else { replaced += 1 }
      }
    }
    let all = masks + kept + replaced
    #expect(abs(masks / all - 0.8) < 0.02 && abs(kept / all - 0.1) < 0.02 && abs(replaced / all - 0.1) < 0.02)
  }

  @Test func theSameSeedHidesTheSame() {
    let tokens = text(50, seed: 1)
    func masked(_ seed: UInt64) -> [Int32] {
      var generator = SeededGenerator(seed: seed)
      return masking.masked(tokens, rate: 0.3, using: &generator).tokens
    }
    #expect(masked(3) == masked(3))
    #expect(masked(3) != masked(4))
  }

  @Test func everyRowSeesAnotherHalfAndNeverItself() {
    var generator = SeededGenerator(seed: 7)
    var (seen, all) = (0, 0)
    for seed in 0..<20 {
      let count = 48
      let hidden = VisibilityMask.hidden(text(count, seed: UInt64(seed)), masking, rate: 0.5, using: &generator)
      #expect(hidden.count == count * count)
      for row in 0..<count {
        #expect(hidden[row * count + row] == 1)
        if row > 0 { #expect(hidden[row * count] == 0, "the summary is seen by all") }
        for column in 1..<count - 1 where column != row {
          seen += hidden[row * count + column] == 0 ? 1 : 0
          all += 1
        }
      }
      #expect(Set((1..<count).map { row in Array(hidden[row * count..<(row + 1) * count]) }).count > count / 2)
    }
    #expect(abs(Double(seen) / Double(all) - 0.5) < 0.03)
  }

  @Test func aRepeatedWordCountsOnceInTheBag() throws {
    // "a a b": a and b weigh a third each
    let scores = [0.3, 1.1, -0.4, 0.9]
    let total = log(scores.map { exp($0) }.reduce(0, +))
    let (value, gradient) = BagOfWords.value(scores: scores, words: [1, 1, 3])
    #expect(abs(value - (2 * total - 1.1 - 0.9) / 3) < 1e-12)
    for place in scores.indices {
      var (above, below) = (scores, scores)
      above[place] += 1e-6
      below[place] -= 1e-6
      let slope = (BagOfWords.value(scores: above, words: [1, 1, 3]).value - BagOfWords.value(scores: below, words: [1, 1, 3]).value) / 2e-6
      #expect(abs(slope - gradient[place]) < 1e-7)
    }
  }

  @Test func theSummaryTakesNoPartInTheBag() throws {
    let tape = Tape()
    // the first row would win every column
    let scores = try tape.variable([9, 9, 9, 0.1, 0.5, -0.2, 0.4, 0.2, 0.3], shape: [3, 3])
    let loss = try BagOfWords.loss(scores: scores, sequences: [0..<3], texts: [[0, 2, 0]])
    let largest = [0.4, 0.5, 0.3]
    #expect(abs(Double(loss.value) - (log(largest.map { exp($0) }.reduce(0, +)) - 0.3)) < 1e-5)
    try tape.differentiate(loss)
    #expect(scores.gradient[0..<3].allSatisfy { $0 == 0 })
  }

  @Test func deletedWordsLeaveTheRestInOrder() {
    var generator = SeededGenerator(seed: 8)
    var share = 0.0
    for length in [3, 4, 12, 40, 90] {
      for _ in 0..<50 {
        let text = text(length, seed: generator.next())
        let rest = masking.shortened(text, rate: 0.6, using: &generator)
        #expect(rest.first == text.first && rest.last == text.last && rest.count >= 3)
        // what is left stands in the text in the same order
        var place = 0
        for token in rest {
          while place < text.count, text[place] != token { place += 1 }
          #expect(place < text.count)
          place += 1
        }
        if length == 90 { share += Double(text.count - rest.count) / Double(text.count - 2) / 50 }
      }
    }
    #expect((0.52...0.62).contains(share))
  }
}
