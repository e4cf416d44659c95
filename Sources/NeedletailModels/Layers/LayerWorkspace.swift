internal import NeedletailNumerics

/// The memory one block of tokens needs on its way through the layers; used again for the next block.
final class LayerWorkspace: Sendable {
  let tokenCapacity: Int
  /// The state of each token, between and within layers.
  let state: Activations
  /// The same in the precision of the products, where that is not float.
  let narrowState: Activations?
  /// Queries, keys and values of each token.
  let projections: Activations
  /// What attention gathered for each token.
  let context: Activations
  let narrowContext: Activations?
  /// The inner layer of the feed-forward network, of the rows being worked on.
  let inner: Activations
  let narrowInner: Activations?
  let attention: [AttentionScratch]

  init(shape: LayerShape, tokens: Int, division: WorkDivision, maximumLength: Int) {
    let open = division.openRows(of: tokens)
    let plan = shape.precision
    tokenCapacity = tokens
    state = Activations(.float32, rows: tokens, columns: shape.hiddenSize)
    narrowState = plan.products == .float32 ? nil : Activations(plan.products, rows: tokens, columns: shape.hiddenSize)
    projections = Activations(plan.attention, rows: tokens, columns: 3 * shape.hiddenSize)
    context = Activations(plan.passing, rows: tokens, columns: shape.hiddenSize)
    narrowContext = plan.products == .int8 ? Activations(.int8, rows: open, columns: shape.hiddenSize) : nil
    inner = Activations(plan.passing, rows: open, columns: shape.intermediateSize)
    narrowInner = plan.products == .int8 ? Activations(.int8, rows: open, columns: shape.intermediateSize) : nil
    attention = (0..<division.taskCount).map { _ in
      AttentionScratch(maximumLength: maximumLength, headSize: shape.hiddenSize / shape.heads)
    }
  }

  func isRoomFor(_ tokens: Int, _ division: WorkDivision) -> Bool {
    tokenCapacity >= tokens && inner.rowCapacity >= division.openRows(of: tokens) && attention.count >= division.taskCount
  }
}

/// The extents that all layers of a network share.
struct LayerShape: Sendable {
  let hiddenSize: Int
  let heads: Int
  let intermediateSize: Int
  let activation: Activation
  let precision: LayerPrecision
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
}
