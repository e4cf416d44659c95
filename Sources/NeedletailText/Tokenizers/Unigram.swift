/// The unigram model: of all ways to cut a word into pieces of the vocabulary the most probable one.
///
/// T. Kudo, "Subword regularization: improving neural network translation models with multiple subword candidates", ACL 2018,
/// section 3.2; the best path is found with Viterbi's algorithm. As in `tokenizers`, a character without a piece costs ten more than
/// the least probable piece, and neighbours of that kind become one.
struct Unigram: Sendable {
  private let trie: ByteTrie
  /// The logarithm of each piece's probability, by id.
  private let scores: [Double]
  private let unknownScore: Double
  /// What stands for characters without a piece.
  private let unknownID: Int32?
  /// For each byte the piece that stands for it, if falling back to bytes; or -1.
  private let byteIDs: [Int32]

  /// - Parameter pieces: distinct, not empty, each with the id under which `scores` has its score.
  init(pieces: [(token: [UInt8], id: Int32)], scores: [Double], unknownID: Int32?, byteIDs: [Int32]?) {
    trie = ByteTrie(keys: pieces.map(\.token), values: pieces.map(\.id))
    self.scores = scores
    self.unknownID = unknownID
    self.byteIDs = byteIDs ?? []
    unknownScore = (scores.min() ?? 0) - 10
  }

  /// Appends the pieces of one word.
  func append(_ word: Range<Int>, of text: Span<UInt8>, to pieces: inout [TokenPiece], _ room: inout ViterbiRoom) {
    findBestPath(word, of: text, &room)
    room.path.removeAll(keepingCapacity: true)
    var end = word.count
    while end > 0 {
      let node = room.nodes[end]
      if node.id < 0, let last = room.path.last, last.id < 0 {
        // joins the unknown one after it
      } else {
        room.path.append(TokenPiece(id: node.id, end: word.lowerBound + end))
      }
      end = Int(node.start)
    }
    var start = word.lowerBound
    for piece in room.path.reversed() {
      if piece.id >= 0 { pieces.append(piece) } else { append(unknown: start..<piece.end, of: text, to: &pieces) }
      start = piece.end
    }
  }

  private func append(unknown range: Range<Int>, of text: Span<UInt8>, to pieces: inout [TokenPiece]) {
    if !byteIDs.isEmpty, range.allSatisfy({ byteIDs[Int(text[$0])] >= 0 }) {
      for position in range { pieces.append(TokenPiece(id: byteIDs[Int(text[position])], end: position + 1)) }
    } else if let unknownID {
      pieces.append(TokenPiece(id: unknownID, end: range.upperBound))
    }
  }

  /// Sets for each end of a piece the best piece that ends there; `id` is -1 for a character without one.
  private func findBestPath(_ word: Range<Int>, of text: Span<UInt8>, _ room: inout ViterbiRoom) {
    room.clear(word.count)
    var start = word.lowerBound
    while start < word.upperBound {
      let place = start - word.lowerBound
      let reached = room.nodes[place].score
      let length = min(Scalars.decode(text, at: start).length, word.upperBound - start)
      var node = ByteTrie.root
      var position = start
      var isKnown = false
      while position < word.upperBound, let next = trie.child(of: node, text[position]) {
        node = next
        position += 1
        let id = trie.value(at: node)
        guard id >= 0 else { continue }
        room.offer(position - word.lowerBound, score: reached + scores[Int(id)], id: id == unknownID ? -1 : id, start: place)
        if position - start == length { isKnown = true }
      }
      if !isKnown { room.offer(place + length, score: reached + unknownScore, id: -1, start: place) }
      start += length
    }
  }
}

/// The best way to each place of a word.
struct ViterbiRoom {
  struct Node {
    var score = 0.0
    var id: Int32 = -1
    /// Where the piece that ends here begins; -1 if none does.
    var start: Int32 = -1
  }

  fileprivate(set) var nodes: [Node] = []
  fileprivate var path: [TokenPiece] = []

  fileprivate mutating func clear(_ length: Int) {
    nodes.removeAll(keepingCapacity: true)
    nodes.append(contentsOf: repeatElement(Node(), count: length + 1))
  }

  @inline(__always)
  fileprivate mutating func offer(_ place: Int, score: Double, id: Int32, start: Int) {
    guard nodes[place].start < 0 || score > nodes[place].score else { return }
    nodes[place] = Node(score: score, id: id, start: Int32(start))
  }
}
