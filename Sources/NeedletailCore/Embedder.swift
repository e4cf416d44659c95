/// What a text is to the embedder: models may treat the two sides differently (prompts, projections).
public enum Role: Hashable, Sendable {
  case query
  case document
}

/// What one needs to know of an embedder before using it.
public struct EmbedderProfile: Hashable, Codable, Sendable {
  /// The name it is registered under.
  public var name: String
  /// Identifies the exact weights and configuration, so that vectors of different models never mix.
  public var digest: String
  /// Components per vector.
  public var dimension: Int
  /// Tokens per input, special tokens included; what is longer is cut.
  public var maximumTokens: Int
  /// The measure the model was trained for.
  public var similarity: Similarity

  public init(name: String, digest: String, dimension: Int, maximumTokens: Int, similarity: Similarity) {
    self.name = name
    self.digest = digest
    self.dimension = dimension
    self.maximumTokens = maximumTokens
    self.similarity = similarity
  }
}

/// Turns inputs into representations of which the near ones mean similar things.
///
/// Not called `Encoder`: that name would hide the one of `Codable` wherever Needletail is imported.
public protocol Embedder<Input, Output>: Sendable {
  associatedtype Input: Sendable
  associatedtype Output: Representation

  var profile: EmbedderProfile { get }

  /// Represents each input; `result.count == inputs.count`, in the same order.
  func encode(_ inputs: [Input], as role: Role) async throws -> Output
}

/// An embedder of text into one dense vector each.
public typealias TextEmbedder = Embedder<String, DenseVectors>

/// An embedder of text into weights of a vocabulary's terms.
public typealias SparseTextEmbedder = Embedder<String, SparseVectors>
