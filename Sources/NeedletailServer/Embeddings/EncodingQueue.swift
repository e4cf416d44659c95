internal import Dispatch
internal import NeedletailCore
internal import NeedletailModels
internal import NeedletailPoints

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

  /// The vectors of inputs that are given as tokens of the model.
  ///
  /// - Throws: `PointError.badRequest` if the model takes texts only.
  nonisolated func encode(tokens: [[Int32]]) async throws -> DenseVectors {
    guard let transformer = embedder as? TransformerEmbedder else {
      throw PointError.badRequest("\(embedder.profile.name) takes texts only, no lists of tokens")
    }
    return try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(with: Result { () throws -> DenseVectors in try transformer.encodeNow(tokens: tokens) })
      }
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
