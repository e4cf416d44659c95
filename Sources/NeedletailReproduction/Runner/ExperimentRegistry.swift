/// All experiments, one for each system that can be put to the test.
public enum ExperimentRegistry {
  /// In the order of the catalogue.
  public static let experiments: [any Experiment.Type] = [
    RelevanceFiltering.self,
    LateInteractionEncodings.self,
    FeedbackAndInterpolation.self,
    FeatureLocalisation.self,
  ]
}
