internal import NeedletailNumerics

/// What is to be predicted for a word: rows of output weights, each with its answer.
///
/// With counter-examples, row w < V stands for word w; with hierarchical softmax, the rows after those stand for the inner nodes of the
/// Huffman tree.
struct PredictionTargets: Sendable {
  private(set) var rows: [Int32] = []
  private(set) var labels: [Float] = []

  private let layout: OutputLayout

  init(_ layout: OutputLayout) {
    self.layout = layout
    rows.reserveCapacity(layout.largestStep)
    labels.reserveCapacity(layout.largestStep)
  }

  /// Makes the targets of one word. Counter-examples drawn twice count once.
  mutating func set(_ word: Int32, _ generator: inout SeededGenerator) {
    rows.removeAll(keepingCapacity: true)
    labels.removeAll(keepingCapacity: true)
    if let noise = layout.noise {
      rows.append(word)
      labels.append(1)
      for _ in 0..<layout.negatives {
        let drawn = noise.draw(&generator)
        guard !rows.contains(drawn) else { continue }
        rows.append(drawn)
        labels.append(0)
      }
    }
    guard let code = layout.code else { return }
    for position in code.offsets[Int(word)]..<code.offsets[Int(word) + 1] {
      rows.append(layout.firstNode + code.nodes[position])
      labels.append(code.bits[position] == 0 ? 1 : 0)
    }
  }
}

/// Which output weights a model has.
struct OutputLayout: Sendable {
  let negatives: Int
  let noise: NoiseDistribution?
  let code: HuffmanCode?
  /// The row of the first inner node.
  let firstNode: Int32
  /// The number of output rows.
  let count: Int
  /// Most rows in one step.
  let largestStep: Int

  init(_ vocabulary: WordVocabulary, _ training: ShallowTraining) {
    negatives = training.negatives
    noise = negatives > 0 ? NoiseDistribution(counts: vocabulary.counts) : nil
    code = training.usesHierarchicalSoftmax ? HuffmanCode(counts: vocabulary.counts) : nil
    let words = negatives > 0 ? vocabulary.count : 0
    firstNode = Int32(words)
    count = words + (code == nil ? 0 : max(0, vocabulary.count - 1))
    largestStep = max(1, negatives + 1 + (code?.longest ?? 0))
  }
}
