/// What a network learns from texts alone.
public enum PretrainingObjective: Hashable, Sendable {
  /// To tell hidden tokens, and more: see `TextReconstruction`.
  case reconstruction(TextReconstruction)
  /// To tell the next token from those before it (Radford et al., 2018, equation 1).
  case nextToken
}

/// Three ways at once to rebuild a text of which a part is hidden.
///
/// With both weights 0 this is masked language modelling (Devlin et al., NAACL 2019); with a summary alone that of RetroMAE (Xiao et al.,
/// EMNLP 2022); with both that of Xiao and Liu, "RetroMAE v2: Duplex Masked Auto-Encoder" (arXiv 2211.08769), 2022.
public struct TextReconstruction: Hashable, Sendable {
  /// The part of the tokens that the encoder does not see.
  public var maskRate = 0.3
  /// The part that a position of the summary's decoder does not see.
  public var decoderMaskRate = 0.5
  /// What the loss of `SummaryDecoder` counts.
  public var summaryWeight: Float = 1
  /// What the loss of `BagOfWords` counts. The paper adds it as it is, the released code takes a tenth.
  public var bagWeight: Float = 0.1

  /// Whether the encoder sees a text without the hidden tokens, instead of masks in their places. Then only the summary rebuilds it.
  public var deletesTokens = false

  public init() {}

  /// A text rebuilt from the summary of what is left of it (Wang, Reimers and Gurevych, "TSDAE", Findings of EMNLP 2021, section 3; with
  /// the decoder of `SummaryDecoder` in place of a second network).
  public static func denoising(rate: Double) -> TextReconstruction {
    var objective = TextReconstruction()
    (objective.maskRate, objective.summaryWeight, objective.bagWeight, objective.deletesTokens) = (rate, 1, 0, true)
    return objective
  }

  /// Masked language modelling alone.
  public static func maskedTokens(rate: Double) -> TextReconstruction {
    var objective = TextReconstruction()
    (objective.maskRate, objective.summaryWeight, objective.bagWeight) = (rate, 0, 0)
    return objective
  }
}
