import NeedletailCore
import NeedletailText

/// A model for tests: each word counts as the term that it is hashed to.
struct HashingSparseEmbedder: Embedder {
  let profile: EmbedderProfile

  init(name: String = "sparse hashing", terms: Int = 1000) {
    profile = EmbedderProfile(name: name, digest: "digest of \(name)", dimension: terms, maximumTokens: 64, similarity: .dot)
  }

  func encode(_ inputs: [String], as role: Role) async throws -> SparseVectors {
    var vectors = SparseVectors(dimension: profile.dimension)
    for input in inputs {
      var counts: [UInt32: Float] = [:]
      for word in input.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
        let hash = word.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        counts[UInt32(hash % UInt64(profile.dimension)), default: 0] += 1
      }
      try vectors.append(SparseVector(counts.map { (term: $0.key, weight: $0.value) }))
    }
    return vectors
  }
}
