/// The binary code of each word that makes frequent words short (Huffman, Proceedings of the IRE 1952), as a tree whose inner
/// nodes are the binary decisions of a hierarchical softmax (Mikolov, Sutskever, Chen, Corrado and Dean, NeurIPS 2013, section 2.1).
package struct HuffmanCode: Sendable {
  /// Where the path of each word begins in `nodes` and `bits`, and at the end where the last ends.
  package let offsets: [Int]
  /// The inner nodes on the way from the root to each word; there are `words - 1` of them.
  package let nodes: [Int32]
  /// Which way the path leaves each of these nodes.
  package let bits: [UInt8]

  /// - Parameter counts: in falling order, none negative.
  package init(counts: [Int]) {
    let tree = Tree(counts: counts)
    var offsets = [0]
    var nodes: [Int32] = []
    var bits: [UInt8] = []
    for word in counts.indices {
      var path: [(node: Int32, bit: UInt8)] = []
      var node = word
      while let parent = tree.parent(of: node) {
        path.append((Int32(parent - counts.count), tree.bit[node]))
        node = parent
      }
      nodes += path.reversed().map(\.node)
      bits += path.reversed().map(\.bit)
      offsets.append(nodes.count)
    }
    self.offsets = offsets
    self.nodes = nodes
    self.bits = bits
  }

  /// The length of a word's code in bits.
  package func length(of word: Int) -> Int { offsets[word + 1] - offsets[word] }

  /// The length of the longest code.
  var longest: Int { (0..<offsets.count - 1).map(length(of:)).max() ?? 0 }

  /// Leaves first, in the order of words, then inner nodes in the order they are made: both are sorted by count, so the two
  /// smallest are always at the front of one of the two queues.
  private struct Tree {
    private(set) var bit: [UInt8]
    private var parents: [Int]

    init(counts: [Int]) {
      let leaves = counts.count
      let nodes = max(0, 2 * leaves - 1)
      var weights = counts + [Int](repeating: 0, count: max(0, leaves - 1))
      bit = [UInt8](repeating: 0, count: nodes)
      parents = [Int](repeating: -1, count: nodes)
      var leaf = leaves - 1
      var inner = leaves
      for made in stride(from: leaves, to: nodes, by: 1) {
        func smallest() -> Int {
          if leaf >= 0 && (inner == made || weights[leaf] < weights[inner]) {
            leaf -= 1
            return leaf + 1
          }
          inner += 1
          return inner - 1
        }
        let first = smallest()
        let second = smallest()
        weights[made] = weights[first] + weights[second]
        parents[first] = made
        parents[second] = made
        bit[second] = 1
      }
    }

    func parent(of node: Int) -> Int? { parents[node] < 0 ? nil : parents[node] }
  }
}
