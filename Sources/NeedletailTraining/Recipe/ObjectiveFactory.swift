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

  static func make(
    _ fields: inout RecipeObject, seed: UInt64, steps: Int, reading: TransformerNetwork.Reading
  ) throws(TrainingError) -> Made {
    let kind = try fields.choice("kind", Kind.self) ?? .contrastive
    let isSparse = reading == .terms
    if let pretraining = try pretraining(kind, &fields) {
      if isSparse { throw fields.complaint("kind", "is \(kind.rawValue), which has no use for `head: \"sparse\"`; it learns the head anyway") }
      try fields.finish()
      return .texts(pretraining)
    }
    let comparison = try fields.choice("comparison", Comparison.self) ?? (isSparse ? .dot : nil)
    let temperature = try fields.number("temperature", in: 1e-4...1e4).map { Float($0) } ?? (isSparse ? 1 : nil)
    let dimensions = try fields.integers("dimensions", in: 1...65_536)
    if isSparse, dimensions != nil { throw fields.complaint("dimensions", "cuts vectors, and `head: \"sparse\"` makes none") }
    let penalties = try fields.optionalObject("flops")
    if !isSparse, penalties != nil { throw fields.complaint("flops", "is a price on the terms of `head: \"sparse\"`") }
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
    if let penalties { objective = try regularized(objective, penalties, steps: steps) }
    return .examples(objective)
  }

  /// `flops: { query: 3e-4, document: 1e-4, warmup: 0.33 }`: prices, and the share of the steps in which they rise.
  private static func regularized(
    _ objective: any Objective, _ object: RecipeObject, steps: Int
  ) throws(TrainingError) -> SparsityRegularized {
    var fields = object
    guard let query = try fields.number("query", in: 0...1e6) else { throw fields.complaint("query", "is missing: the price of a query's terms") }
    guard let document = try fields.number("document", in: 0...1e6) else {
      throw fields.complaint("document", "is missing: the price of a document's terms")
    }
    // a third of the steps, as for SPLADE v2
    let warmup = try fields.number("warmup", in: 0...1) ?? 1.0 / 3
    try fields.finish()
    return SparsityRegularized(
      objective, queryWeight: Float(query), passageWeight: Float(document), warmupSteps: Int(warmup * Double(steps)))
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
