public import NeedletailNumerics
public import NeedletailText

/// Hides whole words of a text at random.
///
/// Of the tokens chosen 80% become the mask, 10% another token, 10% stay as they are (Devlin et al., NAACL 2019, section 3.1); all pieces
/// of a word are chosen together. The first and the last token of a sequence frame it and are never chosen. What is chosen follows from the
/// generator alone, so that a masking seeded by the step is a pure function of the step.
public struct TokenMasking: Sendable {
  public let maskToken: Int32
  /// Whether a token goes on with the word of the one before it.
  private let isContinuation: [Bool]

  /// - Parameter tokenizer: of the texts; nil comes back if it has no mask.
  public init?(_ tokenizer: SubwordTokenizer) {
    guard let mask = ["[MASK]", "<mask>"].lazy.compactMap({ tokenizer.id(of: $0) }).first else { return nil }
    let spellings = (0..<tokenizer.vocabularySize).map { tokenizer.token(Int32($0)) ?? "" }
    let marksContinuation = spellings.contains { $0.hasPrefix("##") }
    self.init(
      maskToken: mask,
      isContinuation: spellings.map { marksContinuation ? $0.hasPrefix("##") : !($0.hasPrefix("Ġ") || $0.hasPrefix("▁")) })
  }

  /// - Parameters:
  ///   - maskToken: what stands for a hidden token.
  ///   - isContinuation: for each token of the vocabulary, whether it goes on with the word of the one before it.
  public init(maskToken: Int32, isContinuation: [Bool]) {
    self.maskToken = maskToken
    self.isContinuation = isContinuation
  }

  /// Which positions are chosen: words in random order, as many as the rate has room for, one at least.
  public func chosen(in tokens: [Int32], rate: Double, using generator: inout SeededGenerator) -> [Bool] {
    var chosen = [Bool](repeating: false, count: tokens.count)
    guard tokens.count > 2 else { return chosen }
    var words: [Range<Int>] = []
    for place in 1..<tokens.count - 1 {
      if let last = words.last, isContinuation[Int(tokens[place])] {
        words[words.count - 1] = last.lowerBound..<place + 1
      } else {
        words.append(place..<place + 1)
      }
    }
    let room = max(1, Int((rate * Double(tokens.count - 2)).rounded()))
    var taken = 0
    for word in words.shuffled(using: &generator) where taken == 0 || taken + word.count <= room {
      for place in word { chosen[place] = true }
      taken += word.count
      if taken >= room { break }
    }
    return chosen
  }

  /// The text with some tokens hidden, and for each position the token that is to be told; -1 where none is.
  public func masked(_ tokens: [Int32], rate: Double, using generator: inout SeededGenerator) -> (tokens: [Int32], targets: [Int]) {
    let chosen = chosen(in: tokens, rate: rate, using: &generator)
    var (input, targets) = (tokens, [Int](repeating: -1, count: tokens.count))
    for place in tokens.indices where chosen[place] {
      targets[place] = Int(tokens[place])
      let draw = generator.unitFloat()
      if draw < 0.8 { input[place] = maskToken } else if draw < 0.9 { input[place] = Int32(generator.index(below: isContinuation.count)) }
    }
    return (input, targets)
  }

  /// The text without some of its words; one token between the frame stays at least.
  public func shortened(_ tokens: [Int32], rate: Double, using generator: inout SeededGenerator) -> [Int32] {
    var chosen = chosen(in: tokens, rate: rate, using: &generator)
    if tokens.count > 2, chosen[1..<tokens.count - 1].allSatisfy(\.self) { chosen[1 + generator.index(below: tokens.count - 2)] = false }
    return tokens.indices.filter { !chosen[$0] }.map { tokens[$0] }
  }
}
