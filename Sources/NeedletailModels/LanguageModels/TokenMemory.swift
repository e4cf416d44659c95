internal import NeedletailNumerics

/// What a language model remembers of the tokens it read: their keys and values in each layer.
///
/// Grows with the text, by eight bytes for each component of keys, token and layer. Not for several threads at a time.
public final class TokenMemory {
  /// Tokens read so far.
  public internal(set) var count = 0

  private(set) var caches: [Activations]
  private let shape: LayerShape
  private let maximumTokens: Int
  private var space: (tasks: Int, workspace: LayerWorkspace)?

  init(_ model: LanguageModel) {
    shape = model.backbone.shape
    maximumTokens = model.maximumTokens
    caches = model.backbone.layers.map { _ in Activations(.float32, rows: 0, columns: 2 * model.backbone.shape.keyWidth) }
  }

  /// Doubles the room when it does not suffice.
  func makeRoom(for more: Int) {
    let needed = count + more
    guard let capacity = caches.first?.rowCapacity, capacity < needed else { return }
    let size = min(maximumTokens, max(needed, 2 * capacity, 256))
    let columns = 0..<2 * shape.keyWidth
    space = nil
    caches = caches.map { cache in
      let larger = Activations(.float32, rows: size, columns: columns.count)
      larger.copy(cache, rows: 0..<count, columns: columns, firstRow: 0)
      return larger
    }
  }

  /// Room for one step, used again by the next until the memory grows.
  func workspace(for division: WorkDivision, of pool: WorkerPool) -> LayerWorkspace {
    if let space, space.tasks >= division.taskCount, space.workspace.attention.count >= division.taskCount { return space.workspace }
    // Whole steps of rows fit whatever the division is.
    let widest = pool.threadCount == 1 ? WorkDivision.single : .rows(pool)
    let made = LayerWorkspace(
      shape: shape, tokens: LanguageModel.tokensPerStep, division: widest, maximumLength: caches.first?.rowCapacity ?? 0, remembers: true)
    space = (widest.taskCount, made)
    return made
  }
}
