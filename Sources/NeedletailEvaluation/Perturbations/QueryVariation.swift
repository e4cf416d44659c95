internal import NeedletailNumerics

/// A way in which people type a question worse, or otherwise, than it stands in a collection.
///
/// The generators of Penha et al., "Evaluating the Robustness of Retrieval Pipelines with Query Variation Generators", ECIR 2022, that need no
/// model, synonyms from a table, and paraphrases by rules. Deviations: paraphrases of a translator or a language model reword more; they
/// can be handed over as another task.
public enum QueryVariation: String, Codable, CaseIterable, Sendable {
  /// Two neighbouring letters of a word change places.
  case neighbourSwap = "neighbour-swap"
  /// A letter becomes another.
  case substitution
  /// A letter becomes one beside it on the keyboard.
  case keyboardNeighbour = "keyboard-neighbour"
  /// A letter is missing.
  case deletion
  /// A letter too many.
  case insertion
  /// Two words that are neither the first nor the last change places.
  case wordSwap = "word-swap"
  /// A fifth of the words is missing.
  case droppedWords = "dropped-words"
  /// Only words that carry meaning are left.
  case keywords
  /// Of those, up to two thirds are missing.
  case fewKeywords = "few-keywords"
  /// A word becomes one of the same meaning.
  case synonym
  /// The same is asked in other words; see `QuestionRewording`.
  case rewording

  /// What kinds of variations have in common.
  public enum Family: String, Codable, CaseIterable, Sendable {
    case misspelling, ordering, naturality, synonym, paraphrase
  }

  public var family: Family {
    switch self {
    case .neighbourSwap, .substitution, .keyboardNeighbour, .deletion, .insertion: .misspelling
    case .wordSwap: .ordering
    case .droppedWords, .keywords, .fewKeywords: .naturality
    case .synonym: .synonym
    case .rewording: .paraphrase
    }
  }

  /// The variations of a family.
  public static func variations(of family: Family) -> [QueryVariation] { allCases.filter { $0.family == family } }

  /// A varied question; the question itself where the variation finds nothing to change.
  ///
  /// - Parameters:
  ///   - text: the question.
  ///   - seed: of the choices; the same seed gives the same text.
  ///   - stopWords: words that are never misspelt, and that go first where words are dropped.
  ///   - synonyms: for `synonym`: words of the same meaning, in lower case.
  public func vary(_ text: String, seed: UInt64, stopWords: Set<String>, synonyms: [String: [String]] = [:]) -> String {
    var generator = SeededGenerator(seed: seed)
    let slices = text.split(whereSeparator: \.isWhitespace)
    var words = slices.map(String.init)
    let meaningful = words.indices.filter { !stopWords.contains(Self.bare(words[$0])) }
    switch self {
    case .neighbourSwap, .substitution, .keyboardNeighbour, .deletion, .insertion:
      guard let place = meaningful.filter({ letters(of: words[$0]).count >= 3 }).randomElement(using: &generator) else { return text }
      return misspelt(text, word: slices[place], &generator)
    case .wordSwap:
      let inner = Array(words.indices.dropFirst().dropLast())
      guard inner.count >= 2, let first = inner.randomElement(using: &generator),
        let second = inner.filter({ words[$0] != words[first] }).randomElement(using: &generator)
      else { return text }
      words.swapAt(first, second)
    case .droppedWords:
      guard words.count > 1 else { return text }
      let count = Int((Double(words.count) * 0.2).rounded())
      let dropped = Set(words.indices.shuffled(using: &generator).prefix(min(max(1, count), words.count - 1)))
      words = words.indices.filter { !dropped.contains($0) }.map { words[$0] }
    case .keywords:
      if !meaningful.isEmpty { words = meaningful.map { words[$0] } }
    case .fewKeywords:
      guard !meaningful.isEmpty else { return text }
      var kept = meaningful
      if kept.count > 3 {
        let dropped = Int(Double(kept.count) * Double.random(in: 0...0.65, using: &generator))
        let lost = Set(kept.shuffled(using: &generator).prefix(dropped))
        kept.removeAll(where: lost.contains)
      }
      words = kept.map { words[$0] }
    case .synonym:
      let known = meaningful.filter { !(synonyms[Self.bare(words[$0])] ?? []).isEmpty }
      guard let place = known.randomElement(using: &generator),
        let synonym = synonyms[Self.bare(words[place])]?.randomElement(using: &generator)
      else { return text }
      words[place] = synonym
    case .rewording: return QuestionRewording.reworded(text, using: &generator) ?? text
    }
    return words.joined(separator: " ")
  }

  /// The question with one edit in a word of it.
  private func misspelt(_ text: String, word: Substring, _ generator: inout SeededGenerator) -> String {
    var characters = Array(word)
    let letters = letters(of: String(word))
    switch self {
    case .neighbourSwap:
      let places = letters.filter { letters.contains($0 + 1) && characters[$0] != characters[$0 + 1] }
      guard let place = places.randomElement(using: &generator) else { return text }
      characters.swapAt(place, place + 1)
    case .deletion:
      guard let place = letters.randomElement(using: &generator) else { return text }
      characters.remove(at: place)
    case .insertion:
      guard let place = letters.randomElement(using: &generator), let letter = Self.alphabet.randomElement(using: &generator) else { return text }
      characters.insert(letter, at: place)
    default:
      guard let place = letters.filter({ !choices(for: characters[$0]).isEmpty }).randomElement(using: &generator),
        let letter = choices(for: characters[place]).randomElement(using: &generator)
      else { return text }
      characters[place] = letter
    }
    return String(text[..<word.startIndex]) + String(characters) + String(text[word.endIndex...])
  }

  private func choices(for letter: Character) -> [Character] {
    let lower = Character(letter.lowercased())
    return self == .keyboardNeighbour ? Array(Self.neighbours[lower] ?? "") : Self.alphabet.filter { $0 != lower }
  }

  /// The places of the letters of a word.
  private func letters(of word: String) -> [Int] { word.enumerated().filter { $0.element.isLetter }.map(\.offset) }

  /// A word without punctuation around it, in lower case.
  private static func bare(_ word: String) -> String {
    let start = word.firstIndex { $0.isLetter || $0.isNumber } ?? word.startIndex
    let end = word.lastIndex { $0.isLetter || $0.isNumber }.map { word.index(after: $0) } ?? word.startIndex
    return start < end ? word[start..<end].lowercased() : ""
  }

  private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz")

  /// What stands beside each letter on an English keyboard.
  private static let neighbours: [Character: String] = [
    "q": "wa", "w": "qeas", "e": "wrsd", "r": "etdf", "t": "ryfg", "y": "tugh", "u": "yihj", "i": "uojk", "o": "ipkl", "p": "ol",
    "a": "qwsz", "s": "awedzx", "d": "serfxc", "f": "drtgcv", "g": "ftyhvb", "h": "gyujbn", "j": "huiknm", "k": "jiolm", "l": "kop",
    "z": "asx", "x": "zsdc", "c": "xdfv", "v": "cfgb", "b": "vghn", "n": "bhjm", "m": "njk",
  ]
}

/// The questions of a task, varied.
public struct VariedQueries: Sendable {
  /// The varied text of each question, by its identifier.
  public private(set) var texts: [String: String] = [:]
  /// How many stayed as they were: they say nothing of a retriever's robustness and dilute what the others say.
  public private(set) var unchangedCount = 0

  /// Varies each question by one variation of a family, drawn at random.
  public init(
    _ queries: [RetrievalTask.Question], family: QueryVariation.Family, seed: UInt64, stopWords: Set<String>, synonyms: [String: [String]] = [:]
  ) {
    var generator = SeededGenerator(seed: seed)
    let variations = QueryVariation.variations(of: family)
    for query in queries {
      let variation = variations[Int(generator.next() % UInt64(variations.count))]
      let text = variation.vary(query.text, seed: generator.next(), stopWords: stopWords, synonyms: synonyms)
      if text == query.text { unchangedCount += 1 }
      texts[query.id] = text
    }
  }
}
