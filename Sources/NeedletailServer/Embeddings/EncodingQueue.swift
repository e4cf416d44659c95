internal import NeedletailCore

/// Embeds texts of many requests together: while the model works on one batch, what arrives waits for the next.
actor EncodingQueue {
  private struct Order {
    let texts: [String]
    let role: Role
    let continuation: CheckedContinuation<DenseVectors, any Error>
  }

  /// Texts of one batch.
  private static let largestBatch = 512

  let embedder: any TextEmbedder
  private var waiting: [Order] = []
  private var isWorking = false

  init(_ embedder: any TextEmbedder) { self.embedder = embedder }

  /// The vectors of some texts, in order.
  func encode(_ texts: [String], as role: Role) async throws -> DenseVectors {
    guard !texts.isEmpty else { return DenseVectors(dimension: embedder.profile.dimension, values: []) }
    return try await withCheckedThrowingContinuation { continuation in
      waiting.append(Order(texts: texts, role: role, continuation: continuation))
      guard !isWorking else { return }
      isWorking = true
      Task { await self.work() }
    }
  }

  private func work() async {
    while let first = waiting.first {
      var orders: [Order] = []
      var count = 0
      waiting.removeAll { order in
        guard order.role == first.role, orders.isEmpty || count + order.texts.count <= Self.largestBatch else { return false }
        orders.append(order)
        count += order.texts.count
        return true
      }
      await carryOut(orders, as: first.role)
    }
    isWorking = false
  }

  private func carryOut(_ orders: [Order], as role: Role) async {
    do {
      let vectors = try await embedder.encode(orders.flatMap(\.texts), as: role)
      var row = 0
      for order in orders {
        let values = vectors.values[row * vectors.dimension..<(row + order.texts.count) * vectors.dimension]
        order.continuation.resume(returning: DenseVectors(dimension: vectors.dimension, values: Array(values)))
        row += order.texts.count
      }
    } catch {
      for order in orders { order.continuation.resume(throwing: error) }
    }
  }
}
