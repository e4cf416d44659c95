/// Opens the `objective` of a recipe: the one place that knows all of them by name.
enum ObjectiveFactory {
  private enum Kind: String, CaseIterable {
    case contrastive, distillation, similarity, triplet
  }

  private enum LossName: String, CaseIterable {
    case first, random, joint, marginals, pairs
  }

  private enum TargetName: String, CaseIterable {
    case distribution, margins, pairwise, listwise
  }

  static func make(_ fields: inout RecipeObject, seed: UInt64) throws(TrainingError) -> any Objective {
    let kind = try fields.choice("kind", Kind.self) ?? .contrastive
    let comparison = try fields.choice("comparison", Comparison.self)
    let temperature = try fields.number("temperature", in: 1e-4...1e4).map { Float($0) }
    let dimensions = try fields.integers("dimensions", in: 1...65_536)
    var objective: any Objective
    switch kind {
    case .contrastive:
      objective = Contrastive(
        loss: try positiveLoss(&fields), comparison: comparison ?? .cosine, temperature: temperature ?? 0.05,
        isSymmetric: try fields.boolean("symmetric") ?? false, seed: seed)
    case .distillation:
      let target: Distillation.Target =
        switch try fields.choice("target", TargetName.self) ?? .distribution {
        case .distribution: .distribution(temperature: try fields.number("teacher_temperature", in: 1e-4...1e4) ?? 1)
        case .margins: .margins
        case .pairwise: .pairwiseOrder
        case .listwise: .listwiseOrder
        }
      objective = Distillation(target, comparison: comparison ?? .dot, temperature: temperature ?? 1)
    case .similarity: objective = SimilarityRegression()
    case .triplet:
      objective = TripletMargin(margin: try fields.number("margin", in: 0...1000) ?? 0.2, comparison: comparison ?? .cosine)
    }
    try fields.finish()
    if let dimensions { objective = NestedDimensions(objective, dimensions: dimensions) }
    return objective
  }

  private static func positiveLoss(_ fields: inout RecipeObject) throws(TrainingError) -> PositiveLoss {
    let isMean = try fields.boolean("mean") ?? false
    let negatives = try fields.choice("pair_negatives", PositiveLoss.Negatives.self) ?? .all
    let positives = try fields.choice("pair_positives", PositiveLoss.Positives.self) ?? .all
    return switch try fields.choice("loss", LossName.self) ?? .first {
    case .first: .first
    case .random: .random
    case .joint: .joint(isMean: isMean)
    case .marginals: .sumOfMarginals
    case .pairs: .logSumExpOfPairs(negatives: negatives, positives: positives, isMean: isMean)
    }
  }
}
