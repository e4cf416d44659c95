/// The shape of a transformer, as its `config.json` gives it.
///
/// All are one network (Vaswani et al., 2017; BERT: Devlin et al., NAACL 2019) with differences that fit into this value, its
/// `style` and `TensorNames`: there is no type per product. MiniLM is a small BERT, XLM-R a RoBERTa with another vocabulary.
public struct TransformerConfiguration: Hashable, Sendable {
  /// Which names and which habits the files have.
  public enum Architecture: String, Hashable, Sendable, CaseIterable {
    case bert
    /// No token types.
    case distilBERT
    /// Positions begin behind the padding index.
    case roberta
    /// RoBERTa's positions and biases for distances (Song et al., 2020); no token types.
    case mpnet
    case modernBERT
    case nomicBERT
    /// Llama, Mistral, Qwen 2 and 3: language models, also as embedders.
    case decoder
  }

  /// The function between the two layers of the feed-forward part.
  public enum Activation: String, Hashable, Sendable, CaseIterable {
    /// x Φ(x), exactly.
    case gelu
    /// Its approximation by the hyperbolic tangent.
    case geluTanh
    case relu
    case silu
  }

  public var architecture: Architecture
  /// Rows of the token embedding.
  public var vocabularySize: Int
  /// Components of the vector of a token, and of the result.
  public var hiddenSize: Int
  public var layers: Int
  /// Attention heads per layer.
  public var heads: Int
  /// Heads of keys and values, each for as many heads of queries (Ainslie et al., 2023); they divide `heads`.
  public var keyValueHeads: Int
  /// Components per head.
  public var headSize: Int
  /// Width of the feed-forward part.
  public var intermediateSize: Int
  /// Rows of the position embedding, or positions that angles are known for.
  public var maximumPositions: Int
  /// Rows of the token type embedding; 0 if there is none.
  public var typeVocabularySize: Int
  /// Added to the variance in layer normalisation.
  public var layerNormEpsilon: Double
  public var activation: Activation
  /// The row of the position embedding that the first token takes.
  public var positionOffset: Int
  /// In which ways layers differ from BERT's.
  public var style = LayerStyle()

  /// The longest sequence the position embedding allows, special tokens included.
  public var maximumTokens: Int { maximumPositions - positionOffset }

  public init(
    architecture: Architecture, vocabularySize: Int, hiddenSize: Int, layers: Int, heads: Int, intermediateSize: Int,
    maximumPositions: Int, typeVocabularySize: Int, layerNormEpsilon: Double, activation: Activation = .gelu,
    positionOffset: Int = 0
  ) {
    self.architecture = architecture
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.layers = layers
    self.heads = heads
    keyValueHeads = heads
    headSize = hiddenSize / max(1, heads)
    self.intermediateSize = intermediateSize
    self.maximumPositions = maximumPositions
    self.typeVocabularySize = typeVocabularySize
    self.layerNormEpsilon = layerNormEpsilon
    self.activation = activation
    self.positionOffset = positionOffset
  }
}
