internal import NeedletailNumerics

/// One layer of a transformer (Vaswani et al., 2017, section 3.1), with its norms after each sum, as in BERT (Devlin et al., 2019), or
/// before each part (Xiong et al., "On layer normalization in the transformer architecture", 2020).
///
/// The sequences of a block lie one after the other without padding. Products do not care where one ends; attention is told.
struct TransformerLayer: Sendable {
  let shape: LayerShape
  /// Queries, keys and values in one product.
  let projection: PackedMatrix
  /// Of each head of queries and keys.
  let headNorms: (query: LayerNorm, key: LayerNorm)?
  let rotary: RotaryTable?
  let mask: AttentionMask
  let bias: RelativeBias?
  let attentionOutput: PackedMatrix
  /// Nil where what comes in is normalised already.
  let attentionNorm: LayerNorm?
  /// The activated factor of a gated inner layer.
  let gate: PackedMatrix?
  /// From the hidden to the intermediate size, and back.
  let expansion: PackedMatrix
  let contraction: PackedMatrix
  let outputNorm: LayerNorm

  /// Takes the states of all tokens through the layer, in place.
  ///
  /// - Parameters:
  ///   - space: where the states are.
  ///   - block: the sequences, together all rows, and the position of each row.
  ///   - division: how the work is spread over threads.
  func forward(_ space: LayerWorkspace, _ block: BlockPlaces, division: WorkDivision) {
    let tokenCount = block.sequences.last?.upperBound ?? 0
    division.forEachPiece(of: tokenCount) { piece in
      project(space, piece, block, division)
    }
    division.forEachShare(of: block.sequences.count * shape.heads) { share, task in
      let (sequence, head) = share.quotientAndRemainder(dividingBy: shape.heads)
      let rows = block.sequences[sequence]
      guard !rows.isEmpty else { return }
      space.context.attend(
        space.projections, rows: rows, keys: space.projections, keyRows: block.seenRows(of: sequence), head: shape.places(of: head),
        mask: mask, bias: bias.map { (table: $0, head: head) }, firstPlace: 0, scratch: space.attention[task])
    }
    division.forEachPiece(of: tokenCount) { piece in
      mix(space, piece, division)
      feedForward(space, piece, division)
    }
  }

  /// Takes the states of tokens that follow others through the layer, in place.
  ///
  /// - Parameters:
  ///   - space: where the states are, from row 0 on.
  ///   - positions: the positions of the tokens.
  ///   - cache: keys and values of the tokens before, to which those of these are added.
  ///   - past: how many those are.
  ///   - division: how the work is spread over threads.
  func extend(_ space: LayerWorkspace, positions: [Int32], cache: Activations, past: Int, division: WorkDivision) {
    let rows = 0..<positions.count
    let block = BlockPlaces(sequences: [rows], positions: positions)
    division.forEachPiece(of: rows.count) { piece in project(space, piece, block, division) }
    cache.copy(space.projections, rows: rows, columns: shape.queryWidth..<shape.projectionWidth, firstRow: past)
    division.forEachShare(of: shape.heads) { head, task in
      var places = shape.places(of: head)
      places.key -= shape.queryWidth
      places.value -= shape.queryWidth
      space.context.attend(
        space.projections, rows: rows, keys: cache, keyRows: 0..<past + rows.count, head: places, mask: mask,
        scratch: space.attention[task])
    }
    division.forEachPiece(of: rows.count) { piece in
      mix(space, piece, division)
      feedForward(space, piece, division)
    }
  }

  private func project(_ space: LayerWorkspace, _ piece: Piece, _ block: BlockPlaces, _ division: WorkDivision) {
    let input = entering(space, piece.rows, attentionNorm)
    multiply(projection, input, piece.rows, into: space.projections, at: piece.rows.lowerBound, division: division)
    let queries = 0..<shape.queryWidth, keys = shape.queryWidth..<shape.queryWidth + shape.keyWidth
    if let headNorms {
      space.projections.normalise(rows: piece.rows, headsIn: queries, headNorms.query)
      space.projections.normalise(rows: piece.rows, headsIn: keys, headNorms.key)
    }
    if let rotary {
      space.projections.rotate(rows: piece.rows, positions: block.positions, columns: 0..<keys.upperBound, by: rotary)
    }
  }

  /// Adds to each state what attention gathered.
  private func mix(_ space: LayerWorkspace, _ piece: Piece, _ division: WorkDivision) {
    let gathered = narrowed(space.context, to: space.narrowContext, piece.rows, at: piece.scratchRow)
    let rows = space.narrowContext == nil ? piece.rows : piece.scratchRows
    multiply(
      attentionOutput, gathered, rows, residual: space.state, into: space.state, at: piece.rows.lowerBound, division: division)
    if !shape.normsFirst, let attentionNorm { space.state.normalise(rows: piece.rows, attentionNorm) }
  }

  private func feedForward(_ space: LayerWorkspace, _ piece: Piece, _ division: WorkDivision) {
    let input = entering(space, piece.rows, outputNorm)
    if let gate, let factor = space.factor {
      multiply(gate, input, piece.rows, activation: shape.activation, into: space.inner, at: piece.scratchRow, division: division)
      multiply(expansion, input, piece.rows, into: factor, at: piece.scratchRow, division: division)
      space.inner.multiply(by: factor, rows: piece.scratchRows)
    } else {
      multiply(
        expansion, input, piece.rows, activation: shape.activation, into: space.inner, at: piece.scratchRow, division: division)
    }
    let hidden = narrowed(space.inner, to: space.narrowInner, piece.scratchRows, at: piece.scratchRow)
    multiply(
      contraction, hidden, piece.scratchRows, residual: space.state, into: space.state, at: piece.rows.lowerBound, division: division)
    if !shape.normsFirst { space.state.normalise(rows: piece.rows, outputNorm) }
  }

  /// What enters a part: the states, normalised where norms come first, in the precision of the product.
  private func entering(_ space: LayerWorkspace, _ rows: Range<Int>, _ norm: LayerNorm?) -> Activations {
    guard let normed = space.normed, let norm else {
      return narrowed(space.state, to: space.narrowState, rows, at: rows.lowerBound)
    }
    space.state.normalise(rows: rows, norm, into: normed)
    return narrowed(normed, to: space.narrowState, rows, at: rows.lowerBound)
  }

  /// The rows in the precision that the next product takes.
  private func narrowed(_ source: Activations, to target: Activations?, _ rows: Range<Int>, at firstRow: Int) -> Activations {
    guard let target else { return source }
    target.convert(source, rows: rows, firstRow: firstRow)
    return target
  }

  private func multiply(
    _ matrix: PackedMatrix, _ input: Activations, _ rows: Range<Int>, activation: Activation = .identity,
    residual: Activations? = nil, into output: Activations, at firstRow: Int, division: WorkDivision
  ) {
    division.forEachColumnRange(of: matrix.outputs) { columns in
      matrix.multiply(
        input, rows: rows, columns: columns, activation: activation, residual: residual, into: output, firstRow: firstRow)
    }
  }
}

/// Where the tokens of a block stand.
struct BlockPlaces: Sendable {
  /// The rows of each sequence, in order and without gaps.
  var sequences: [Range<Int>]
  /// The position of each row in its sequence, as the network counts.
  var positions: [Int32]
  /// How many tokens of each sequence, from its first on, are seen by the others; empty where all are.
  var seenCounts: [Int] = []

  func seenRows(of sequence: Int) -> Range<Int> {
    let rows = sequences[sequence]
    return seenCounts.isEmpty ? rows : rows.lowerBound..<rows.lowerBound + seenCounts[sequence]
  }
}
