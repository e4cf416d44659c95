/// All experiments, one for each system that can be put to the test.
public enum ExperimentRegistry {
  /// In the order of the catalogue.
  public static let experiments: [any Experiment.Type] = [
    EchoedTermWeights.self,
    RetrieverRobustness.self,
    EmbeddingLimits.self,
    RelevanceFiltering.self,
    KeywordTopicsExperiment.self,
    SparseRecallExperiment.self,
    FilteredMethods.self,
    PagePretrainingExperiment.self,
    BinaryCodesExperiment.self,
    VectorCompression.self,
    LateInteractionEncodings.self,
    BiGranularSearch.self,
    TaskSuites.self,
    CapabilityCoverage.self,
    TextReconstructionExperiment.self,
    MultiplePositivesExperiment.self,
    FeedbackAndInterpolation.self,
    ReferenceModels.self,
    FieldBenchmark.self,
    FeatureLocalisation.self,
    CodesAndSensesExperiment.self,
  ]
}
