/// The words that a shallow model knows, the most frequent first.
public struct WordVocabulary: Hashable, Sendable {
  /// In order of falling count; equally frequent ones in alphabetical order.
  public let words: [String]
  /// How often each word occurred in the training text.
  public let counts: [Int]

  private let ids: [String: Int32]

  /// - Precondition: as many counts as words, and no word twice.
  init(words: [String], counts: [Int]) {
    precondition(words.count == counts.count, "\(words.count) words with \(counts.count) counts")
    self.words = words
    self.counts = counts
    ids = Dictionary(uniqueKeysWithValues: zip(words, words.indices.map { Int32($0) }))
  }

  public var count: Int { words.count }

  /// Occurrences of all words together.
  public var totalCount: Int { counts.reduce(0, +) }

  /// The number of a word, nil if the model does not know it.
  public func id(of word: String) -> Int32? { ids[word] }

  /// The numbers of the words that are known; the others are left out.
  public func ids(of words: [String]) -> [Int32] { words.compactMap { ids[$0] } }
}
