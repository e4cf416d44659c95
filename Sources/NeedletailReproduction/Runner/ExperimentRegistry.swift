/// All experiments, one for each system that can be put to the test.
public enum ExperimentRegistry {
  /// In the order of the catalogue.
  public static let experiments: [any Experiment.Type] = [
    EmbeddingLimits.self,
    BinaryCodesExperiment.self,
    KeywordTopicsExperiment.self,
    BinaryCodes.self,
    VectorCompression.self,
    FilteredMethods.self,
    MultiplePositivesExperiment.self,
    SparseRecallExperiment.self,
    CodesAndSensesExperiment.self,
    RelevanceFiltering.self,
    LateInteractionEncodings.self,
    FeedbackAndInterpolation.self,
    FeatureLocalisation.self,
  ]
}
