public import NeedletailText

/// Texts as numbers of words, ready for training.
public struct WordCorpus: Sendable {
  public let vocabulary: WordVocabulary
  /// How the texts were cut into words.
  public let splitter: AlphabeticWords

  /// The words of all texts in one array; those outside the vocabulary are left out.
  let ids: [Int32]
  /// Where each text begins in `ids`, and at the end where the last ends.
  let offsets: [Int]

  /// The number of texts.
  public var count: Int { offsets.count - 1 }

  /// Occurrences of known words.
  public var wordCount: Int { ids.count }

  /// Cuts texts into words and numbers those that are frequent enough.
  ///
  /// - Parameters:
  ///   - texts: one document each.
  ///   - minimumCount: rarer words are left out, as if they were not there.
  ///   - maximumVocabulary: at most so many words, the most frequent ones.
  ///   - excluded: words that are left out whatever their count.
  ///   - splitter: what a word is.
  public init(
    _ texts: [String], minimumCount: Int = 1, maximumVocabulary: Int = 1_000_000, excluding excluded: Set<String> = [],
    splitter: AlphabeticWords = AlphabeticWords()
  ) {
    var raw = RawWords(excluded: excluded)
    for text in texts { raw.append(text, splitter) }
    self.init(raw, minimumCount: max(1, minimumCount), maximumVocabulary: maximumVocabulary, splitter)
  }

  private init(_ raw: RawWords, minimumCount: Int, maximumVocabulary: Int, _ splitter: AlphabeticWords) {
    self.splitter = splitter
    let kept = raw.words.indices.filter { raw.counts[$0] >= minimumCount }
      .sorted { (raw.counts[$1], raw.words[$0]) < (raw.counts[$0], raw.words[$1]) }
      .prefix(maximumVocabulary)
    vocabulary = WordVocabulary(words: kept.map { raw.words[$0] }, counts: kept.map { raw.counts[$0] })
    var renumbered = [Int32](repeating: -1, count: raw.words.count)
    for (id, old) in kept.enumerated() { renumbered[old] = Int32(id) }
    var ids: [Int32] = []
    ids.reserveCapacity(raw.ids.count)
    var offsets = [0]
    for text in 0..<raw.offsets.count - 1 {
      for old in raw.ids[raw.offsets[text]..<raw.offsets[text + 1]] where renumbered[Int(old)] >= 0 { ids.append(renumbered[Int(old)]) }
      offsets.append(ids.count)
    }
    self.ids = ids
    self.offsets = offsets
  }

  /// The words of one text.
  package func words(of text: Int) -> ArraySlice<Int32> { ids[offsets[text]..<offsets[text + 1]] }
}

/// Words numbered in the order they appear, before anybody knows which are frequent.
private struct RawWords {
  let excluded: Set<String>
  var words: [String] = []
  var counts: [Int] = []
  var ids: [Int32] = []
  var offsets = [0]
  private var known: [ArraySlice<UInt8>: Int32] = [:]

  init(excluded: Set<String>) { self.excluded = excluded }

  mutating func append(_ text: String, _ splitter: AlphabeticWords) {
    splitter.forEachWord(of: text) { bytes in
      if let id = known[bytes] {
        if id >= 0 { count(id) }
      } else {
        add(bytes)
      }
    }
    offsets.append(ids.count)
  }

  private mutating func count(_ id: Int32) {
    ids.append(id)
    counts[Int(id)] += 1
  }

  private mutating func add(_ bytes: ArraySlice<UInt8>) {
    let word = String(decoding: bytes, as: UTF8.self)
    // A copy of its own: the slice would keep the whole text alive.
    let key = Array(bytes)[...]
    guard !excluded.contains(word) else { return known[key] = -1 }
    known[key] = Int32(words.count)
    words.append(word)
    counts.append(0)
    count(Int32(words.count - 1))
  }
}
