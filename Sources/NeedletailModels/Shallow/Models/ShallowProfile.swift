internal import Crypto
internal import Foundation
internal import NeedletailCore
internal import NeedletailNumerics
internal import NeedletailText

/// The kinds of shallow models, as their files name them.
public enum ShallowKind: String, Codable, CaseIterable, Sendable {
  case wordVectors = "word-vectors"
  case paragraphVectors = "paragraph-vectors"
  case binaryCodes = "binary-codes"
  case wordSenses = "word-senses"
}

/// Makes the profile of a shallow model: its digest covers everything that changes a vector.
enum ShallowProfile {
  /// Words of a passage: shallow models take texts of any length, so this only says how finely documents are cut for an index.
  static let passageWords = 256

  /// - Throws: `malformedFile` if a number is not finite, which would spoil every vector.
  static func make(
    name: String, kind: ShallowKind, settings: String, _ splitter: AlphabeticWords, _ vocabulary: WordVocabulary, dimension: Int,
    rows: [ParameterRows]
  ) throws(ModelError) -> EmbedderProfile {
    var hash = SHA256()
    hash.update(data: Data("needletail \(kind.rawValue) 1 \(settings) \(splitter.lengths)\n".utf8))
    for word in vocabulary.words { hash.update(data: Data("\(word)\n".utf8)) }
    for matrix in rows {
      var isFinite = true
      for row in 0..<matrix.count {
        let values = matrix[row]
        isFinite = isFinite && values.allSatisfy(\.isFinite)
        unsafe values.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
      }
      guard isFinite else {
        throw .invalidRequest(reason: "The model \(name) has numbers that are not finite. Train it again, with a smaller step size.")
      }
    }
    let digest = hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    return EmbedderProfile(name: name, digest: digest, dimension: dimension, maximumTokens: passageWords, similarity: .cosine)
  }
}
