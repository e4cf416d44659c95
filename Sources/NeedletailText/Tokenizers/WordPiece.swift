/// The WordPiece model: a word becomes the longest pieces of the vocabulary, from left to right.
///
/// M. Schuster and K. Nakajima, "Japanese and Korean voice search", ICASSP 2012; the greedy left-to-right cut is BERT's.
struct WordPiece: Sendable {
  private let trie: ByteTrie
  /// The node of the prefix that marks a piece inside a word; nil if no piece has it.
  private let continuation: ByteTrie.Node?
  /// What stands for a word that cannot be made of pieces.
  let unknownID: Int32
  let continuationPrefix: String
  /// A word of more scalars than this is unknown without a look.
  private let maximumWordLength: Int

  /// - Parameter vocabulary: distinct tokens with their ids, which include `unknownID`.
  init(vocabulary: [(token: [UInt8], id: Int32)], unknownID: Int32, continuationPrefix: String, maximumWordLength: Int) {
    trie = ByteTrie(keys: vocabulary.map(\.token), values: vocabulary.map(\.id))
    continuation = trie.node(for: continuationPrefix.utf8)
    self.unknownID = unknownID
    self.continuationPrefix = continuationPrefix
    self.maximumWordLength = maximumWordLength
  }

  /// Appends the pieces of one word, `text[word]`, as id and end.
  func append(_ word: Range<Int>, of text: Span<UInt8>, to pieces: inout [TokenPiece]) {
    guard !isTooLong(word, text) else { return pieces.append(TokenPiece(id: unknownID, end: word.upperBound)) }
    let count = pieces.count
    var start = word.lowerBound
    var origin: ByteTrie.Node? = ByteTrie.root
    while start < word.upperBound {
      guard let from = origin, let piece = longestPiece(from: from, start..<word.upperBound, text) else {
        pieces.removeLast(pieces.count - count)
        return pieces.append(TokenPiece(id: unknownID, end: word.upperBound))
      }
      pieces.append(piece)
      start = piece.end
      origin = continuation
    }
  }

  @inline(__always)
  private func longestPiece(from origin: ByteTrie.Node, _ range: Range<Int>, _ text: Span<UInt8>) -> TokenPiece? {
    var node = origin
    var best: TokenPiece?
    var position = range.lowerBound
    while position < range.upperBound, let next = trie.child(of: node, text[position]) {
      position += 1
      node = next
      let value = trie.value(at: node)
      if value >= 0 { best = TokenPiece(id: value, end: position) }
    }
    return best
  }

  private func isTooLong(_ word: Range<Int>, _ text: Span<UInt8>) -> Bool {
    guard word.count > maximumWordLength else { return false }
    var scalars = 0
    for position in word where !Scalars.isContinuation(text[position]) { scalars += 1 }
    return scalars > maximumWordLength
  }
}
