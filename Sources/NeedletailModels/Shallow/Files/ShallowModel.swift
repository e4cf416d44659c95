public import NeedletailCore

/// A shallow model of any kind, as it is saved and registered.
public enum ShallowModel: Sendable {
  case wordVectors(WordVectors)
  case paragraphVectors(ParagraphVectors)
  case binaryCodes(BinaryParagraphVectors)
  case wordSenses(WordSenses)

  /// What it is.
  public var kind: ShallowKind {
    switch self {
    case .wordVectors: .wordVectors
    case .paragraphVectors: .paragraphVectors
    case .binaryCodes: .binaryCodes
    case .wordSenses: .wordSenses
    }
  }

  /// The model as an embedder of texts.
  public var embedder: any TextEmbedder {
    switch self {
    case .wordVectors(let model): model
    case .paragraphVectors(let model): model
    case .binaryCodes(let model): model
    case .wordSenses(let model): model
    }
  }

  public var profile: EmbedderProfile { embedder.profile }

  /// The words it knows.
  public var vocabulary: WordVocabulary {
    switch self {
    case .wordVectors(let model): model.vocabulary
    case .paragraphVectors(let model): model.vocabulary
    case .binaryCodes(let model): model.vocabulary
    case .wordSenses(let model): model.vocabulary
    }
  }
}
