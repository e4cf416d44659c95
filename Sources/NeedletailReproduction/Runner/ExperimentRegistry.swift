/// All experiments, one for each system that can be put to the test.
public enum ExperimentRegistry {
  /// In the order of the catalogue.
  public static let experiments: [any Experiment.Type] = [
    EmbeddingLimits.self,
    RelevanceFiltering.self,
    KeywordTopicsExperiment.self,
    SparseRecallExperiment.self,
    FilteredMethods.self,
    BinaryCodesExperiment.self,
    VectorCompression.self,
    LateInteractionEncodings.self,
    BiGranularSearch.self,
    MultiplePositivesExperiment.self,
    FeedbackAndInterpolation.self,
    FeatureLocalisation.self,
    CodesAndSensesExperiment.self,
  ]
}
