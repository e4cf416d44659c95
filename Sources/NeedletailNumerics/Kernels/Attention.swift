internal import CNeedletailKernels

/// Memory for the scores of one head at a time; one per thread that attends.
public final class AttentionScratch: Sendable {
  fileprivate let memory: AlignedMemory
  fileprivate let maximumLength: Int
  fileprivate let headSize: Int

  public init(maximumLength: Int, headSize: Int) {
    self.maximumLength = maximumLength
    self.headSize = headSize
    memory = AlignedMemory(byteCount: needletail_attention_bytes(maximumLength, headSize))
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
  ///   - scratch: memory for the scores; one for each thread.
  public func attend(_ projections: Activations, rows: Range<Int>, head: Int, scratch: AttentionScratch) {
    let size = scratch.headSize
    precondition(projections.columns == 3 * columns && (head + 1) * size <= columns, "head \(head) of size \(size) in \(columns)")
    precondition(projections.precision != .int8 && precision != .int8, "attention works on floats")
    precondition(!rows.isEmpty && rows.count <= scratch.maximumLength, "\(rows.count) tokens in room for \(scratch.maximumLength)")
    check(rows)
    projections.check(rows)
    var attention = unsafe needletail_attention()
    unsafe attention.length = rows.count
    unsafe attention.head_size = size
    unsafe attention.element = projections.precision.element
    unsafe attention.query = UnsafeRawPointer(projections.bytes(at: rows.lowerBound, column: head * size))
    unsafe attention.key = UnsafeRawPointer(projections.bytes(at: rows.lowerBound, column: columns + head * size))
    unsafe attention.value = UnsafeRawPointer(projections.bytes(at: rows.lowerBound, column: 2 * columns + head * size))
    unsafe attention.stride = projections.stride
    unsafe attention.scale = 1 / Float(size).squareRoot()
    unsafe attention.out = bytes(at: rows.lowerBound, column: head * size)
    unsafe attention.out_stride = stride
    unsafe attention.out_element = precision.element
    unsafe attention.scratch = scratch.memory.bytes(at: 0)
    unsafe needletail_attend(needletail_kernels_current(), &attention)
  }
}
