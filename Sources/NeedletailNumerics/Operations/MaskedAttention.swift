internal import CNeedletailKernels

extension Tensor {
  /// Attention of queries over keys and values that come from elsewhere, where each pair of rows may be hidden from each other.
  ///
  /// This tensor holds the queries of all heads. Sequences have as many queries as keys; rows see those of their own sequence.
  ///
  /// - Parameters:
  ///   - keysAndValues: for each row the keys of all heads, then their values.
  ///   - attention: how many heads there are, and of which size.
  ///   - sequences: the rows of each sequence; together all rows.
  ///   - hidden: for each sequence, one after the other, a byte for each pair of its rows that is not 0 where the first does not see the
  ///     second. Each row has to see one at least.
  ///   - dropout: the part of the weights that is removed at random.
  public func attention(
    over keysAndValues: Tensor, _ attention: AttentionShape, sequences: [Range<Int>], hidden: [UInt8], dropout: Float = 0
  ) throws(TensorError) -> Tensor {
    let (columns, keyColumns) = (attention.heads * attention.headSize, attention.keyHeads * attention.headSize)
    guard shape.rank == 2, shape[1] == columns, attention.heads.isMultiple(of: attention.keyHeads) else {
      throw .shape(operation: "masked attention", shape, expected: "\(columns) columns for \(attention)")
    }
    guard keysAndValues.shape == [shape[0], 2 * keyColumns] else {
      throw .shapes(operation: "masked attention", left: shape, right: keysAndValues.shape)
    }
    let heads = try PackedHeads(
      attention, sequences: sequences, rows: shape[0], dropout: tape.nextDropout(dropout), hidden: hidden, operation: "masked attention")
    let result = tape.result(shape, of: self, keysAndValues)
    let stride = 2 * keyColumns
    let reading = unsafe PackedHeads.Reading(
      queries: pointer, queryStride: columns, keys: keysAndValues.pointer, keyStride: stride)
    unsafe heads.forEach(on: tape, reading) { head, row, query, _ in
      unsafe withUnsafePointer(to: head) { unsafe needletail_head_forward($0, result.pointer + row * columns + query, columns) }
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      // both are wanted together; what nobody asked for is computed into memory that is given back
      let spare = tape.memory.take(max(shape.count, keysAndValues.shape.count))
      let querySum = unsafe isDifferentiable ? receiveSum() : spare.pointer(to: Float.self)
      let keySum = unsafe keysAndValues.isDifferentiable ? keysAndValues.receiveSum() : spare.pointer(to: Float.self)
      let reading = unsafe PackedHeads.Reading(
        queries: pointer, queryStride: columns, keys: keysAndValues.pointer, keyStride: stride)
      unsafe heads.forEach(on: tape, reading) { head, row, query, key in
        unsafe withUnsafePointer(to: head) {
          unsafe needletail_head_backward(
            $0, arriving + row * columns + query, columns, querySum + row * columns + query, keySum + row * stride + key,
            keySum + row * stride + keyColumns + key)
        }
      }
      tape.memory.giveBack(spare)
    }
    return result
  }
}
