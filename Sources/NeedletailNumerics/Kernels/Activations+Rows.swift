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

  /// Normalises each row, in place or into the same rows of another object.
  public func normalise(rows: Range<Int>, _ norm: LayerNorm, into other: Activations? = nil) {
    let output = other ?? self
    precondition(norm.columns == columns && output.columns == columns, "a norm of \(norm.columns) for rows of \(columns)")
    output.check(rows)
    let input = unsafe self.rows(rows)
    if let shift = norm.shift {
      unsafe kernels.layer_norm(
        input, norm.gain.pointer(to: Float.self), shift.pointer(to: Float.self), norm.epsilon, output.floats(at: rows.lowerBound),
        output.stride)
    } else {
      unsafe kernels.rms_norm(
        input, norm.gain.pointer(to: Float.self), norm.epsilon, output.floats(at: rows.lowerBound), output.stride)
    }
  }

  /// Normalises each head of rows by itself, in place.
  ///
  /// - Parameters:
  ///   - rows: which rows.
  ///   - columns: the columns of the heads, one head after the other, each as wide as the norm.
  ///   - norm: scales of one head; without a shift.
  public func normalise(rows: Range<Int>, headsIn columns: Range<Int>, _ norm: LayerNorm) {
    precondition(columns.count.isMultiple(of: norm.columns) && columns.upperBound <= self.columns, "columns \(columns) of \(self.columns)")
    guard norm.shift == nil else { preconditionFailure("heads are normalised by their root mean square") }
    check(rows)
    for column in Swift.stride(from: columns.lowerBound, to: columns.upperBound, by: norm.columns) {
      let head = unsafe needletail_rows(
        values: floats(at: rows.lowerBound, column: column), stride: self.stride, rows: rows.count, columns: norm.columns)
      unsafe kernels.rms_norm(
        head, norm.gain.pointer(to: Float.self), norm.epsilon, floats(at: rows.lowerBound, column: column), self.stride)
    }
  }

  /// Sets the first rows to the sum of the embeddings of each token.
  ///
  /// - Parameters:
  ///   - ids: the tokens.
  ///   - positions: their rows in the table of positions, if there is one.
  ///   - types: their rows in the table of segments, if there is one; empty for the first.
  ///   - tables: the embeddings.
  /// - Precondition: ids, positions and types have rows in their tables.
  public func embed(_ ids: [Int32], positions: [Int32], types: [Int32] = [], _ tables: EmbeddingTables) {
    precondition(ids.count == positions.count && tables.columns == columns, "embeddings of \(tables.columns) for rows of \(columns)")
    precondition(types.isEmpty || types.count == ids.count, "\(types.count) types for \(ids.count) tokens")
    precondition(ids.allSatisfy { $0 >= 0 && Int($0) < tables.words.rows }, "a token without embedding")
    if let table = tables.positions {
      precondition(positions.allSatisfy { $0 >= 0 && Int($0) < table.rows }, "a position without embedding")
    }
    if let table = tables.segments { precondition(types.allSatisfy { $0 >= 0 && Int($0) < table.rows }, "a type without embedding") }
    check(0..<ids.count)
    guard !ids.isEmpty else { return }
    unsafe types.withUnsafeBufferPointer { types in
      unsafe needletail_embed(
        ids, positions, types.isEmpty ? nil : types.baseAddress, ids.count, columns, tables.words.start, tables.positions?.start,
        tables.segments?.start, floats(at: 0), stride)
    }
  }

  /// Copies some columns of rows of floats to the first columns of this object's rows.
  public func copy(_ source: Activations, rows: Range<Int>, columns: Range<Int>, firstRow: Int) {
    precondition(columns.count <= self.columns && columns.upperBound <= source.columns, "columns \(columns) of \(source.columns)")
    source.check(rows)
    check(firstRow..<firstRow + rows.count)
    for (offset, row) in rows.enumerated() {
      unsafe floats(at: firstRow + offset).update(from: source.floats(at: row, column: columns.lowerBound), count: columns.count)
    }
  }

  /// How the rows of one sequence become one vector.
  public enum Reduction: Sendable {
    case mean, first, last, maximum
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
      case .last: unsafe vector.update(from: input.values + (rows.count - 1) * stride, count: columns)
      }
      if scaled { unsafe needletail_normalise(vector, columns) }
    }
  }
}

/// The learnt part of a norm.
public struct LayerNorm: Sendable {
  public let columns: Int
  let gain: AlignedMemory
  let shift: AlignedMemory?
  let epsilon: Float

  /// Mean 0 and variance 1, then gain and shift (Ba, Kiros and Hinton, 2016).
  public init(gain: [Float], shift: [Float], epsilon: Float) {
    precondition(gain.count == shift.count, "\(gain.count) gains and \(shift.count) shifts")
    columns = gain.count
    self.gain = AlignedMemory(gain.span)
    self.shift = AlignedMemory(shift.span)
    self.epsilon = epsilon
  }

  /// Root mean square 1, then gain (Zhang and Sennrich, 2019).
  public init(rootMeanSquareGain gain: [Float], epsilon: Float) {
    columns = gain.count
    self.gain = AlignedMemory(gain.span)
    shift = nil
    self.epsilon = epsilon
  }
}
