internal import CNeedletailKernels

extension Activations {
  /// Writes rows of floats in this object's precision, at the same row numbers.
  public func convert(_ source: Activations, rows: Range<Int>, firstRow: Int) {
    precondition(columns == source.columns, "\(source.columns) columns into \(columns)")
    check(firstRow..<firstRow + rows.count)
    let input = unsafe source.rows(rows)
    let output = unsafe bytes(at: firstRow)
    switch precision {
    case .float32: preconditionFailure("floats need no conversion")
    case .bfloat16:
      unsafe kernels.narrow(input, output.assumingMemoryBound(to: UInt16.self), stride)
    case .int8:
      unsafe kernels.quantise(
        input, output.assumingMemoryBound(to: UInt8.self), stride, scales(at: firstRow), offsets(at: firstRow))
    }
  }

  /// Normalises each row to mean 0 and variance 1 and applies gain and shift, in place (Ba, Kiros and Hinton, 2016).
  public func normalise(rows: Range<Int>, _ norm: LayerNorm) {
    precondition(norm.columns == columns, "a norm of \(norm.columns) for rows of \(columns)")
    unsafe kernels.layer_norm(
      self.rows(rows), norm.gain.pointer(to: Float.self), norm.shift.pointer(to: Float.self), norm.epsilon,
      floats(at: rows.lowerBound), stride)
  }

  /// Sets the first rows to the sum of the embeddings of each token.
  ///
  /// - Precondition: ids and positions have rows in their tables.
  public func embed(_ ids: [Int32], positions: [Int32], _ tables: EmbeddingTables) {
    precondition(ids.count == positions.count && tables.columns == columns, "embeddings of \(tables.columns) for rows of \(columns)")
    precondition(ids.allSatisfy { $0 >= 0 && Int($0) < tables.words.rows }, "a token without embedding")
    precondition(positions.allSatisfy { $0 >= 0 && Int($0) < tables.positions.rows }, "a position without embedding")
    check(0..<ids.count)
    unsafe needletail_embed(
      ids, positions, ids.count, columns, tables.words.start, tables.positions.start, tables.segment?.pointer(to: Float.self),
      floats(at: 0), stride)
  }

  /// How the rows of one sequence become one vector.
  public enum Reduction: Sendable {
    case mean, first, maximum
  }

  /// Reduces rows to one vector.
  ///
  /// - Parameters:
  ///   - rows: the rows that are reduced; at least one.
  ///   - reduction: how.
  ///   - scaled: whether the vector is then scaled to unit length.
  ///   - output: takes the vector of `columns` components.
  ///   - start: where the vector goes in `output`.
  public func reduce(rows: Range<Int>, _ reduction: Reduction, scaled: Bool, into output: inout [Float], at start: Int) {
    precondition(!rows.isEmpty && start >= 0 && start + columns <= output.count, "a vector of \(columns) at \(start) of \(output.count)")
    let input = unsafe self.rows(rows)
    unsafe output.withUnsafeMutableBufferPointer { output in
      let vector = unsafe output.baseAddress! + start
      switch reduction {
      case .mean: unsafe needletail_mean_of_rows(input, vector)
      case .maximum: unsafe needletail_maximum_of_rows(input, vector)
      case .first: unsafe vector.update(from: input.values, count: columns)
      }
      if scaled { unsafe needletail_normalise(vector, columns) }
    }
  }
}

/// The learnt part of a layer norm.
public struct LayerNorm: Sendable {
  public let columns: Int
  let gain: AlignedMemory
  let shift: AlignedMemory
  let epsilon: Float

  public init(gain: [Float], shift: [Float], epsilon: Float) {
    precondition(gain.count == shift.count, "\(gain.count) gains and \(shift.count) shifts")
    columns = gain.count
    self.gain = AlignedMemory(gain.span)
    self.shift = AlignedMemory(shift.span)
    self.epsilon = epsilon
  }
}
