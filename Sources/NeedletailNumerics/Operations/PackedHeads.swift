internal import CNeedletailKernels

/// The heads of attention over packed sequences, each with what it reads.
struct PackedHeads {
  let attention: AttentionShape
  let sequences: [Range<Int>]
  let dropout: needletail_dropout
  /// For each sequence, a byte for each pair of rows that is not 0 where the first does not see the second; empty hides nothing.
  private var hidden: [UInt8] = []
  private var hiddenStarts: [Int] = []

  /// Where the heads find their numbers. Values lie behind the keys of all heads.
  @unsafe struct Reading {
    var queries: UnsafeMutablePointer<Float>
    var queryStride: Int
    var keys: UnsafeMutablePointer<Float>
    var keyStride: Int
  }

  /// - Throws: when the sequences are not all rows one after the other, or do not fit what is hidden.
  init(
    _ attention: AttentionShape, sequences: [Range<Int>], rows: Int, dropout: needletail_dropout, hidden: [UInt8] = [], operation: String
  ) throws(TensorError) {
    var reached = 0
    for part in sequences {
      guard part.lowerBound == reached else { throw .index(operation: operation, index: part.lowerBound, bound: reached + 1) }
      reached = part.upperBound
    }
    guard reached == rows else { throw .shapes(operation: operation, left: [rows], right: [reached]) }
    self.attention = attention
    self.sequences = sequences
    self.dropout = dropout
    guard !hidden.isEmpty else { return }
    var start = 0
    for part in sequences {
      hiddenStarts.append(start)
      start += part.count * part.count
    }
    guard start == hidden.count else { throw .shapes(operation: operation, left: [hidden.count], right: [start]) }
    self.hidden = hidden
  }

  /// Calls `body` for each head, on all threads, with what it reads and where its columns begin among queries and among keys.
  @unsafe func forEach(
    on tape: Tape, _ reading: Reading, _ body: @escaping (needletail_head, _ row: Int, _ query: Int, _ key: Int) -> Void
  ) {
    let size = attention.headSize
    let longest = sequences.map(\.count).max() ?? 0
    let bytes = needletail_head_bytes(longest, size)
    let shared = attention.heads / attention.keyHeads
    let scratch = tape.memory.take(tape.pool.threadCount * bytes / 4)
    unsafe hidden.withUnsafeBufferPointer { hidden in
      let hiddenStart = hidden.baseAddress
      tape.forEachShare(of: sequences.count * attention.keyHeads) { share, worker in
        let (sequence, keyHead) = share.quotientAndRemainder(dividingBy: attention.keyHeads)
        let rows = sequences[sequence]
        if rows.isEmpty { return }
        let key = keyHead * size
        for index in keyHead * shared..<(keyHead + 1) * shared {
          var head = unsafe needletail_head()
          unsafe (head.length, head.head_size, head.scale) = (rows.count, size, 1 / Float(size).squareRoot())
          unsafe head.query = UnsafePointer(reading.queries + rows.lowerBound * reading.queryStride + index * size)
          unsafe head.key = UnsafePointer(reading.keys + rows.lowerBound * reading.keyStride + key)
          unsafe head.value = head.key + attention.keyHeads * size
          unsafe (head.query_stride, head.key_stride) = (reading.queryStride, reading.keyStride)
          unsafe head.causal = attention.isCausal
          if !hiddenStarts.isEmpty, let hiddenStart = unsafe hiddenStart { unsafe head.hidden = hiddenStart + hiddenStarts[sequence] }
          unsafe head.dropout = dropout
          // every head of every sequence has its own numbers
          unsafe head.dropout.seed = dropout.seed &+ UInt32(truncatingIfNeeded: sequence * attention.heads + index) &* 0x85eb_ca77
          unsafe head.scratch = scratch.bytes(at: worker * (bytes / 4 * 4))
          unsafe body(head, rows.lowerBound, index * size, key)
        }
      }
    }
    tape.memory.giveBack(scratch)
  }
}
