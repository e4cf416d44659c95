internal import NeedletailNumerics

/// One layer of a post-norm transformer encoder (Vaswani et al., 2017, section 3.1, as in BERT, Devlin et al., 2019).
///
/// The sequences of a block lie one after the other without padding. Products do not care where one ends; attention is told.
struct TransformerLayer: Sendable {
  let shape: LayerShape
  /// Queries, keys and values in one product.
  let projection: PackedMatrix
  let attentionOutput: PackedMatrix
  let attentionNorm: LayerNorm
  /// From the hidden to the intermediate size, and back.
  let expansion: PackedMatrix
  let contraction: PackedMatrix
  let outputNorm: LayerNorm

  /// Takes the states of all tokens through the layer, in place.
  ///
  /// - Parameter sequences: the rows of each sequence, together all rows of the block.
  func forward(_ space: LayerWorkspace, sequences: [Range<Int>], division: WorkDivision) {
    let tokenCount = sequences.last?.upperBound ?? 0
    division.forEachPiece(of: tokenCount) { piece in
      let input = narrowed(space.state, to: space.narrowState, piece.rows, at: piece.rows.lowerBound)
      multiply(projection, input, piece.rows, into: space.projections, at: piece.rows.lowerBound, division: division)
    }
    division.forEachShare(of: sequences.count * shape.heads) { share, task in
      let (sequence, head) = share.quotientAndRemainder(dividingBy: shape.heads)
      space.context.attend(space.projections, rows: sequences[sequence], head: head, scratch: space.attention[task])
    }
    division.forEachPiece(of: tokenCount) { piece in
      mix(space, piece, division)
      feedForward(space, piece, division)
    }
  }

  /// Adds to each state what attention gathered.
  private func mix(_ space: LayerWorkspace, _ piece: Piece, _ division: WorkDivision) {
    let gathered = narrowed(space.context, to: space.narrowContext, piece.rows, at: piece.scratchRow)
    let rows = space.narrowContext == nil ? piece.rows : piece.scratchRows
    multiply(
      attentionOutput, gathered, rows, residual: space.state, into: space.state, at: piece.rows.lowerBound, division: division)
    space.state.normalise(rows: piece.rows, attentionNorm)
  }

  private func feedForward(_ space: LayerWorkspace, _ piece: Piece, _ division: WorkDivision) {
    let input = narrowed(space.state, to: space.narrowState, piece.rows, at: piece.rows.lowerBound)
    multiply(
      expansion, input, piece.rows, activation: shape.activation, into: space.inner, at: piece.scratchRow, division: division)
    let hidden = narrowed(space.inner, to: space.narrowInner, piece.scratchRows, at: piece.scratchRow)
    multiply(
      contraction, hidden, piece.scratchRows, residual: space.state, into: space.state, at: piece.rows.lowerBound, division: division)
    space.state.normalise(rows: piece.rows, outputNorm)
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
