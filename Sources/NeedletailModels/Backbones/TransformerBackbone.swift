internal import NeedletailNumerics

/// A transformer that turns tokens into states: BERT and all that differ from it in configuration only.
///
/// Weights are packed for the processor's multipliers when it is made; word embeddings stay in the mapped file where they can.
/// Immutable, for any number of threads.
struct TransformerBackbone: Sendable {
  let shape: LayerShape
  let embeddings: EmbeddingTables
  let embeddingNorm: LayerNorm?
  let layers: [TransformerLayer]
  let finalNorm: LayerNorm?
  /// The position of a sequence's first token.
  let positionOffset: Int

  /// Takes the sequences of a block through all layers; the result is `space.state`, a row for each token.
  ///
  /// - Precondition: the workspace has room for all tokens, and all ids are in the vocabulary.
  func forward(_ block: TokenBlock, _ space: LayerWorkspace, division: WorkDivision) {
    let positions = block.sequences.flatMap { rows in rows.indices.map { Int32(positionOffset + $0 - rows.lowerBound) } }
    let rows = 0..<block.ids.count
    space.state.embed(block.ids, positions: positions, types: block.types, embeddings)
    if let embeddingNorm { space.state.normalise(rows: rows, embeddingNorm) }
    let places = BlockPlaces(sequences: block.sequences, positions: positions, seenCounts: block.seenCounts)
    for layer in layers { layer.forward(space, places, division: division) }
    if let finalNorm { space.state.normalise(rows: rows, finalNorm) }
  }

  /// Makes the memory for blocks of so many tokens.
  func workspace(tokens: Int, division: WorkDivision, maximumLength: Int) -> LayerWorkspace {
    LayerWorkspace(shape: shape, tokens: tokens, division: division, maximumLength: maximumLength)
  }
}

/// Sequences of tokens one after the other.
struct TokenBlock: Sendable {
  var ids: [Int32] = []
  /// The type of each token; empty where all are of the first.
  var types: [Int32] = []
  /// The rows of each sequence, in order and without gaps.
  var sequences: [Range<Int>] = []
  /// How many tokens of each sequence, from its first on, are seen by the others; empty where all are.
  var seenCounts: [Int] = []

  init(_ sequences: some Sequence<ArraySlice<Int32>>) {
    for sequence in sequences {
      ids.append(contentsOf: sequence)
      self.sequences.append(ids.count - sequence.count..<ids.count)
    }
  }
}
