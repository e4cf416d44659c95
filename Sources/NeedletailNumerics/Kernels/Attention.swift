internal import CNeedletailKernels

/// Memory for the scores of one head at a time; one per thread that attends.
public final class AttentionScratch: Sendable {
  fileprivate let memory: AlignedMemory
  fileprivate let maximumLength: Int
  fileprivate let headSize: Int

  /// - Parameters:
  ///   - maximumLength: the most keys of a sequence.
  ///   - headSize: components of a head.
  public init(maximumLength: Int, headSize: Int) {
    self.maximumLength = maximumLength
    self.headSize = headSize
    memory = AlignedMemory(byteCount: needletail_attention_bytes(maximumLength, headSize))
  }
}

/// Which keys a query sees.
public struct AttentionMask: Hashable, Sendable {
  /// Places before the query's own that it sees; all if nil.
  public var before: Int?
  /// Places behind it; all if nil.
  public var after: Int?

  public init(before: Int? = nil, after: Int? = nil) {
    self.before = before
    self.after = after
  }

  /// Every query sees every key.
  public static let all = AttentionMask()
  /// No query sees what comes after it.
  public static let causal = AttentionMask(after: 0)
}

/// The columns at which one head finds its queries, keys and values, and puts what it gathers.
public struct AttentionHead: Hashable, Sendable {
  public var query: Int
  public var key: Int
  public var value: Int
  public var output: Int

  public init(query: Int, key: Int, value: Int, output: Int) {
    self.query = query
    self.key = key
    self.value = value
    self.output = output
  }
}

/// What is added to scores depending on how far a key stands from the query, for each head (Shaw, Uszkoreit and Vaswani, 2018).
public struct RelativeBias: Sendable {
  fileprivate let table: AlignedMemory
  fileprivate let reach: Int
  let heads: Int

  /// - Parameters:
  ///   - heads: the number of heads.
  ///   - reach: the largest distance.
  ///   - headSize: components of a head, of which scores are divided by the square root.
  ///   - value: the bias of a head for `key - query`, which is added after that division.
  public init(heads: Int, reach: Int, headSize: Int, value: (_ head: Int, _ distance: Int) -> Float) {
    self.heads = heads
    self.reach = reach
    let root = Float(headSize).squareRoot()
    let values = (0..<heads).flatMap { head in (-reach...reach).map { value(head, $0) * root } }
    table = AlignedMemory(values.span)
  }

  @unsafe fileprivate func centre(of head: Int) -> UnsafePointer<Float> {
    unsafe UnsafePointer(table.pointer(to: Float.self, at: head * (2 * reach + 1) + reach))
  }
}

extension Activations {
  /// Scaled dot-product attention of one head within one sequence (Vaswani et al., 2017, equation 1).
  ///
  /// - Parameters:
  ///   - projections: for each token its queries of all heads, then its keys, then its values; float32 or bfloat16, which
  ///     is also the precision of the products.
  ///   - rows: the tokens of the sequence, in `projections` and in this object.
  ///   - head: the number of the head.
  ///   - scratch: memory to work in.
  public func attend(_ projections: Activations, rows: Range<Int>, head: Int, scratch: AttentionScratch) {
    let start = head * scratch.headSize
    precondition(projections.columns == 3 * columns, "projections of \(projections.columns) for \(columns)")
    attend(
      projections, rows: rows, keys: projections, keyRows: rows,
      head: AttentionHead(query: start, key: columns + start, value: 2 * columns + start, output: start), scratch: scratch)
  }

  /// The same with queries, keys and values at any columns, of keys that may lie elsewhere and be more than the queries.
  ///
  /// - Parameters:
  ///   - queries: float32 or bfloat16, which is also the precision of the products.
  ///   - rows: the tokens that ask, in `queries` and in this object.
  ///   - keys: where keys and values are, in the same precision.
  ///   - keyRows: the tokens that are asked.
  ///   - firstPlace: the place among them at which the first token that asks stands; nil if the last of them are those that ask. Those
  ///     that ask may go on behind the last that is asked, as tokens do that see others and are not seen.
  ///   - head: where in the rows things are.
  ///   - mask: which keys a query sees.
  ///   - bias: what is added to scores, and for which head.
  ///   - scratch: memory to work in.
  public func attend(
    _ queries: Activations, rows: Range<Int>, keys: Activations, keyRows: Range<Int>, head: AttentionHead,
    mask: AttentionMask = .all, bias: (table: RelativeBias, head: Int)? = nil, firstPlace: Int? = nil, scratch: AttentionScratch
  ) {
    let size = scratch.headSize
    precondition(head.output + size <= columns && head.query + size <= queries.columns, "a head beyond the columns")
    precondition(max(head.key, head.value) + size <= keys.columns, "a head beyond the columns")
    precondition(queries.precision == keys.precision && queries.precision != .int8 && precision != .int8, "attention works on floats")
    precondition(!rows.isEmpty && !keyRows.isEmpty && (firstPlace ?? 0) >= 0, "\(rows.count) queries of \(keyRows.count) keys")
    precondition(firstPlace != nil || rows.count <= keyRows.count, "\(rows.count) queries are not among \(keyRows.count) keys")
    let firstPlace = firstPlace ?? keyRows.count - rows.count
    precondition(keyRows.count <= scratch.maximumLength, "\(keyRows.count) tokens in room for \(scratch.maximumLength)")
    let span = max(keyRows.count, firstPlace + rows.count)
    precondition(bias.map { span <= $0.table.reach + 1 && $0.head < $0.table.heads } ?? true, "a bias that does not reach")
    check(rows)
    queries.check(rows)
    keys.check(keyRows)
    var attention = unsafe needletail_attention()
    unsafe attention.queries = rows.count
    unsafe attention.length = keyRows.count
    unsafe attention.head_size = size
    unsafe attention.element = queries.precision.element
    unsafe attention.query = UnsafeRawPointer(queries.bytes(at: rows.lowerBound, column: head.query))
    unsafe attention.query_stride = queries.stride
    unsafe attention.key = UnsafeRawPointer(keys.bytes(at: keyRows.lowerBound, column: head.key))
    unsafe attention.value = UnsafeRawPointer(keys.bytes(at: keyRows.lowerBound, column: head.value))
    unsafe attention.stride = keys.stride
    unsafe attention.first_query = firstPlace
    unsafe attention.before = mask.before ?? span
    unsafe attention.after = mask.after ?? span
    if let bias { unsafe attention.bias = bias.table.centre(of: bias.head) }
    unsafe attention.scale = 1 / Float(size).squareRoot()
    unsafe attention.out = bytes(at: rows.lowerBound, column: head.output)
    unsafe attention.out_stride = stride
    unsafe attention.out_element = precision.element
    unsafe attention.scratch = scratch.memory.bytes(at: 0)
    unsafe needletail_attend(needletail_kernels_current(), &attention)
  }
}
