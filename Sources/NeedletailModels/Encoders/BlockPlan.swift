/// Which texts go through the network together.
///
/// Blocks of neighbouring texts, since without padding their lengths need not agree. A block is small enough that its activations
/// stay near the processor and memory stays bounded, and there are enough of them to keep all threads busy to the end.
struct BlockPlan: Sendable {
  /// Tokens of a block, unless a single text has more.
  static let maximumTokens = 1024
  /// Below this, products get too few rows to be worth a block of their own.
  static let minimumTokens = 128
  /// Blocks per thread that a batch is divided into when there are few texts.
  static let blocksPerThread = 4

  /// The texts of each block, as positions in the batch.
  let blocks: [Range<Int>]

  /// - Parameter lengths: tokens of each text.
  init(lengths: [Int], threadCount: Int) {
    let total = lengths.reduce(0, +)
    let share = threadCount == 1 ? Self.maximumTokens : total / (threadCount * Self.blocksPerThread)
    let budget = min(Self.maximumTokens, max(Self.minimumTokens, share))
    var blocks: [Range<Int>] = []
    var first = 0
    var tokens = 0
    for (text, length) in lengths.enumerated() {
      if tokens > 0, tokens + length > budget {
        blocks.append(first..<text)
        first = text
        tokens = 0
      }
      tokens += length
    }
    if first < lengths.count { blocks.append(first..<lengths.count) }
    self.blocks = blocks
  }
}
