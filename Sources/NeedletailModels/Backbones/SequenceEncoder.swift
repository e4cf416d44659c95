internal import NeedletailNumerics
internal import Synchronization

/// Turns sequences of tokens into one vector each: plans blocks, spreads them over threads, keeps memory for re-use.
///
/// Any number of threads may call at the same time; each running block has a workspace of its own, and as many stay for later as
/// the pool has threads.
final class SequenceEncoder: Sendable {
  let backbone: TransformerBackbone
  private let reading: StateReading
  let pool: WorkerPool
  private let maximumLength: Int
  /// Idle workspaces of blocks that one thread works on.
  private let idle = Mutex<[LayerWorkspace]>([])

  init(backbone: TransformerBackbone, reading: StateReading, maximumLength: Int, pool: WorkerPool) {
    self.backbone = backbone
    self.reading = reading
    self.maximumLength = maximumLength
    self.pool = pool
  }

  var dimension: Int { backbone.shape.hiddenSize }

  /// What is read of all sequences, one after the other. Empty sequences give zeros.
  ///
  /// - Parameters:
  ///   - sequences: the tokens.
  ///   - types: the type of each token; empty where all are of the first.
  ///   - isCancelled: asked before each block; when it says so, the result is nil.
  func encode(
    _ sequences: [ArraySlice<Int32>], types: [ArraySlice<Int32>] = [], isCancelled: @Sendable () -> Bool
  ) -> [Float]? {
    let plan = BlockPlan(lengths: sequences.map(\.count), threadCount: pool.threadCount)
    let width = reading.width
    let results = Mutex([Float](repeating: 0, count: sequences.count * width))
    let sharesBlocks = plan.blocks.count >= pool.threadCount
    let run: @Sendable (Int) -> Void = { [self] index in
      if isCancelled() { return }
      let texts = plan.blocks[index]
      var block = TokenBlock(sequences[texts])
      if !types.isEmpty { block.types = types[texts].flatMap { $0 } }
      let vectors = encode(block, alone: !sharesBlocks)
      let start = texts.lowerBound * width
      results.withLock { $0.replaceSubrange(start..<start + vectors.count, with: vectors) }
    }
    if sharesBlocks {
      pool.forEach(plan.blocks.count, run)
    } else {
      plan.blocks.indices.forEach(run)
    }
    return isCancelled() ? nil : results.withLock { $0 }
  }

  /// The vectors of all tokens, each scaled to unit length: a row for each token of each sequence, one after the other.
  ///
  /// - Parameters:
  ///   - sequences: the tokens.
  ///   - seenCounts: how many tokens of each sequence, from its first on, the others see; empty where all are seen.
  ///   - projection: what states pass before they are scaled; nil leaves them.
  ///   - isCancelled: asked before each block; when it says so, the result is nil.
  func encodeTokens(
    _ sequences: [ArraySlice<Int32>], seenCounts: [Int] = [], projection: PackedMatrix? = nil, isCancelled: @Sendable () -> Bool
  ) -> [Float]? {
    let dimension = projection?.outputs ?? dimension
    let plan = BlockPlan(lengths: sequences.map(\.count), threadCount: pool.threadCount)
    let starts = sequences.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    let results = Mutex([Float](repeating: 0, count: starts[sequences.count] * dimension))
    pool.forEach(plan.blocks.count) { [self] index in
      if isCancelled() { return }
      let texts = plan.blocks[index]
      var block = TokenBlock(sequences[texts])
      if !seenCounts.isEmpty { block.seenCounts = Array(seenCounts[texts]) }
      let space = takeWorkspace(tokens: block.ids.count, .single)
      defer { putBack(space) }
      backbone.forward(block, space, division: .single)
      var states = space.state
      if let projection {
        states = Activations(.float32, rows: block.ids.count, columns: dimension)
        projection.multiply(space.state, rows: 0..<block.ids.count, into: states, firstRow: 0)
      }
      var vectors = [Float](repeating: 0, count: block.ids.count * dimension)
      for row in block.ids.indices { states.reduce(rows: row..<row + 1, .first, scaled: true, into: &vectors, at: row * dimension) }
      let start = starts[texts.lowerBound] * dimension
      results.withLock { $0.replaceSubrange(start..<start + vectors.count, with: vectors) }
    }
    return isCancelled() ? nil : results.withLock { $0 }
  }

  /// - Parameter alone: whether the block has the pool for itself.
  private func encode(_ block: TokenBlock, alone: Bool) -> [Float] {
    let division = alone ? WorkDivision(tokenCount: block.ids.count, pool: pool) : .single
    let space = takeWorkspace(tokens: block.ids.count, division)
    defer { putBack(space) }
    backbone.forward(block, space, division: division)
    var vectors = [Float](repeating: 0, count: block.sequences.count * reading.width)
    for (index, rows) in block.sequences.enumerated() where !rows.isEmpty {
      reading.read(space.state, rows, &vectors, index * reading.width)
    }
    return vectors
  }
}

extension SequenceEncoder {
  private func takeWorkspace(tokens: Int, _ division: WorkDivision) -> LayerWorkspace {
    let idleOne = idle.withLock { spaces in
      spaces.firstIndex { $0.isRoomFor(tokens, division) }.map { spaces.remove(at: $0) }
    }
    if let idleOne { return idleOne }
    // room to spare, so that the next block of about this size fits as well
    let usual = if case .single = division { BlockPlan.maximumTokens } else { (tokens + 63) / 64 * 64 }
    return backbone.workspace(tokens: max(tokens, usual), division: division, maximumLength: maximumLength)
  }

  /// Keeps the largest ones.
  private func putBack(_ space: LayerWorkspace) {
    idle.withLock { spaces in
      spaces.append(space)
      guard spaces.count > pool.threadCount else { return }
      let smallest = spaces.indices.min { spaces[$0].tokenCapacity < spaces[$1].tokenCapacity }
      if let smallest { spaces.remove(at: smallest) }
    }
  }
}

/// What becomes of the states of a sequence's tokens.
struct StateReading: Sendable {
  /// Numbers for each sequence.
  let width: Int
  /// Reads the states at the rows, at least one, and writes so many numbers at a place of the output.
  let read: @Sendable (_ states: Activations, _ rows: Range<Int>, _ output: inout [Float], _ place: Int) -> Void

  init(width: Int, _ read: @escaping @Sendable (Activations, Range<Int>, inout [Float], Int) -> Void) {
    self.width = width
    self.read = read
  }

  /// One vector, pooled.
  init(_ reduction: Activations.Reduction, scaled: Bool, width: Int) {
    self.init(width: width) { states, rows, output, place in
      states.reduce(rows: rows, reduction, scaled: scaled, into: &output, at: place)
    }
  }
}
