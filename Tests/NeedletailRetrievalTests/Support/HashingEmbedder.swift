import NeedletailCore
import NeedletailText

/// A model for tests: the direction of a text is the sum of directions that its words are hashed to.
struct HashingEmbedder: Embedder {
  let profile: EmbedderProfile
  /// Called before each batch is embedded.
  var willEncode: @Sendable ([String], Role) async throws -> Void = { _, _ in }

  init(name: String = "hashing", dimension: Int = 256, maximumTokens: Int = 64) {
    profile = EmbedderProfile(name: name, digest: "digest of \(name)", dimension: dimension, maximumTokens: maximumTokens, similarity: .cosine)
  }

  func encode(_ inputs: [String], as role: Role) async throws -> DenseVectors {
    try await willEncode(inputs, role)
    var values: [Float] = []
    for input in inputs { values += vector(of: input) }
    return DenseVectors(dimension: profile.dimension, values: values)
  }

  private func vector(of text: String) -> [Float] {
    var vector = [Float](repeating: 0, count: profile.dimension)
    for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
      let hash = word.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
      vector[Int(hash % UInt64(profile.dimension))] += 1
    }
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? vector.map { $0 / length } : vector
  }
}
