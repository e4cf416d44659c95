internal import NeedletailNumerics

/// The extents and habits that all layers of a network share.
struct LayerShape: Sendable {
  let hiddenSize: Int
  let heads: Int
  let keyValueHeads: Int
  let headSize: Int
  let intermediateSize: Int
  let activation: Activation
  /// Whether norms come before the parts rather than after the sums.
  let normsFirst: Bool
  let isGated: Bool
  let precision: LayerPrecision

  /// Components of the queries of all heads.
  var queryWidth: Int { heads * headSize }
  /// Components of the keys, and of the values, of all heads.
  var keyWidth: Int { keyValueHeads * headSize }
  /// Components of queries, keys and values together.
  var projectionWidth: Int { queryWidth + 2 * keyWidth }

  /// Where a head finds what it needs among the projections.
  func places(of head: Int) -> AttentionHead {
    let shared = head / (heads / keyValueHeads) * headSize
    return AttentionHead(
      query: head * headSize, key: queryWidth + shared, value: queryWidth + keyWidth + shared, output: head * headSize)
  }
}

/// Which step works in which precision.
struct LayerPrecision: Sendable {
  /// The products with weights.
  let products: MatrixPrecision
  /// The products within attention.
  let attention: MatrixPrecision

  /// What attention and the inner layer hand to the next product: the precision it takes, except that int8 needs the range of a whole row
  /// first.
  var passing: MatrixPrecision { products == .bfloat16 ? .bfloat16 : .float32 }

  /// The same with attention in floats, for queries and keys that are worked on between product and attention.
  var withFloatAttention: LayerPrecision { LayerPrecision(products: products, attention: .float32) }
}
