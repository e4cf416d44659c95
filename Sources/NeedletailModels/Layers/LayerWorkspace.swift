internal import NeedletailNumerics

/// The memory one block of tokens needs on its way through the layers; used again for the next block.
final class LayerWorkspace: Sendable {
  let tokenCapacity: Int
  /// The state of each token, between and within layers.
  let state: Activations
  /// The same, normalised, where norms come first.
  let normed: Activations?
  /// What enters products, in their precision, where that is not float.
  let narrowState: Activations?
  /// Queries, keys and values of each token.
  let projections: Activations
  /// What attention gathered for each token.
  let context: Activations
  let narrowContext: Activations?
  /// The inner layer of the feed-forward network, of the rows being worked on.
  let inner: Activations
  let narrowInner: Activations?
  /// What a gated inner layer is multiplied by.
  let factor: Activations?
  let attention: [AttentionScratch]

  /// - Parameters:
  ///   - shape: the extents of the layers.
  ///   - tokens: tokens that are worked on at a time.
  ///   - division: how the work is spread over threads.
  ///   - maximumLength: the longest sequence.
  ///   - remembers: whether tokens look back at others that are not among those worked on.
  init(shape: LayerShape, tokens: Int, division: WorkDivision, maximumLength: Int, remembers: Bool = false) {
    let open = division.openRows(of: tokens)
    let plan = shape.precision
    let innerPrecision = shape.isGated ? .float32 : plan.passing
    let longest = remembers ? maximumLength : min(maximumLength, tokens)
    tokenCapacity = tokens
    state = Activations(.float32, rows: tokens, columns: shape.hiddenSize)
    normed = shape.normsFirst ? Activations(.float32, rows: tokens, columns: shape.hiddenSize) : nil
    narrowState = plan.products == .float32 ? nil : Activations(plan.products, rows: tokens, columns: shape.hiddenSize)
    projections = Activations(plan.attention, rows: tokens, columns: shape.projectionWidth)
    context = Activations(plan.passing, rows: tokens, columns: shape.queryWidth)
    narrowContext = plan.products == .int8 ? Activations(.int8, rows: open, columns: shape.queryWidth) : nil
    inner = Activations(innerPrecision, rows: open, columns: shape.intermediateSize)
    narrowInner = plan.products == innerPrecision ? nil : Activations(plan.products, rows: open, columns: shape.intermediateSize)
    factor = shape.isGated ? Activations(.float32, rows: open, columns: shape.intermediateSize) : nil
    attention = (0..<division.taskCount).map { _ in AttentionScratch(maximumLength: longest, headSize: shape.headSize) }
  }

  func isRoomFor(_ tokens: Int, _ division: WorkDivision) -> Bool {
    tokenCapacity >= tokens && inner.rowCapacity >= division.openRows(of: tokens) && attention.count >= division.taskCount
  }
}
