/// Opens the `objective` of a recipe: the one place that knows all of them by name.
enum ObjectiveFactory {
  private enum Kind: String, CaseIterable {
    case contrastive, distillation, similarity, triplet, reconstruction, masked, denoising
    case nextToken = "next_token"
  }

  /// What an objective learns from.
  enum Made {
    case examples(any Objective)
    case texts(PretrainingObjective)
  }

  private enum LossName: String, CaseIterable {
    case first, random, joint, marginals, pairs
  }

  private enum TargetName: String, CaseIterable {
    case distribution, margins, pairwise, listwise
  }

  static func make(_ fields: inout RecipeObject, seed: UInt64) throws(TrainingError) -> Made {
    let kind = try fields.choice("kind", Kind.self) ?? .contrastive
    if let pretraining = try pretraining(kind, &fields) {
      try fields.finish()
      return .texts(pretraining)
    }
    let comparison = try fields.choice("comparison", Comparison.self)
    let temperature = try fields.number("temperature", in: 1e-4...1e4).map { Float($0) }
    let dimensions = try fields.integers("dimensions", in: 1...65_536)
    var objective: any Objective
    switch kind {
    case .contrastive:
      objective = Contrastive(
        loss: try positiveLoss(&fields), comparison: comparison ?? .cosine, temperature: temperature ?? 0.05,
        isSymmetric: try fields.boolean("symmetric") ?? false,
        correctsFrequency: try fields.boolean("corrects_frequency") ?? false,
        sparedSimilarity: try fields.number("spare_similar", in: -1...1).map { Float($0) }, seed: seed)
      if let weight = try fields.number("passage_weight", in: 0...1) {
        let passages = PassageContrast(comparison: comparison ?? .cosine, temperature: temperature ?? 0.05)
        objective = WeightedSum([(Float(1 - weight), objective), (Float(weight), passages)])
      }
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
    case .reconstruction, .masked, .denoising, .nextToken: preconditionFailure("\(kind) learns from texts")
    }
    try fields.finish()
    if let dimensions { objective = NestedDimensions(objective, dimensions: dimensions) }
    return .examples(objective)
  }

  /// The objectives that learn from texts alone; nil for the others.
  private static func pretraining(_ kind: Kind, _ fields: inout RecipeObject) throws(TrainingError) -> PretrainingObjective? {
    switch kind {
    case .reconstruction:
      var objective = TextReconstruction()
      objective.maskRate = try fields.number("mask", in: 0.01...0.9) ?? objective.maskRate
      objective.decoderMaskRate = try fields.number("decoder_mask", in: 0.01...0.9) ?? objective.decoderMaskRate
      objective.summaryWeight = try fields.number("summary_weight", in: 0...100).map { Float($0) } ?? objective.summaryWeight
      objective.bagWeight = try fields.number("bag_weight", in: 0...100).map { Float($0) } ?? objective.bagWeight
      return .reconstruction(objective)
    case .masked: return .reconstruction(.maskedTokens(rate: try fields.number("mask", in: 0.01...0.9) ?? 0.15))
    case .denoising: return .reconstruction(.denoising(rate: try fields.number("deletion", in: 0.01...0.9) ?? 0.6))
    case .nextToken: return .nextToken
    case .contrastive, .distillation, .similarity, .triplet: return nil
    }
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
