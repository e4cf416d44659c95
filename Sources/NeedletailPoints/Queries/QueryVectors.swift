internal import NeedletailCore

extension QueryStage {
  /// All that stands for vectors in this stage, not in earlier ones.
  var ownVectors: [QueryVector] {
    func pairs(_ context: [ContextPair]) -> [QueryVector] { context.flatMap { [$0.positive, $0.negative] } }
    return switch query {
    case .nearest(let vector, _): [vector]
    case .recommend(let positive, let negative, _): positive + negative
    case .discover(let target, let context): [target] + pairs(context)
    case .context(let context): pairs(context)
    case .feedback(let target, let examples, _, _, _): [target] + examples.map(\.example)
    default: []
    }
  }

  /// The points that stand for vectors in this and all earlier stages and are of this collection.
  var ownPoints: Set<PointID> {
    var ids: Set<PointID> = []
    if lookup == nil { for case .point(let id) in ownVectors { ids.insert(id) } }
    for stage in prefetch { ids.formUnion(stage.ownPoints) }
    return ids
  }

  /// The documents of this and all earlier stages.
  public var documents: [QueryDocument] {
    var documents: [QueryDocument] = []
    for case .document(let document) in ownVectors { documents.append(document) }
    return documents + prefetch.flatMap(\.documents)
  }

  /// The same with vectors in place of documents; those without one stay.
  public func replacing(_ vectors: [QueryDocument: VectorValue]) -> QueryStage {
    func replaced(_ vector: QueryVector) -> QueryVector {
      if case .document(let document) = vector, let value = vectors[document] { return .value(value) }
      return vector
    }
    func replaced(_ context: [ContextPair]) -> [ContextPair] {
      context.map { ContextPair(positive: replaced($0.positive), negative: replaced($0.negative)) }
    }
    var stage = self
    stage.prefetch = prefetch.map { $0.replacing(vectors) }
    switch query {
    case .nearest(let vector, let diversity): stage.query = .nearest(replaced(vector), diversity: diversity)
    case .recommend(let positive, let negative, let strategy):
      stage.query = .recommend(positive: positive.map(replaced), negative: negative.map(replaced), strategy: strategy)
    case .discover(let target, let context): stage.query = .discover(target: replaced(target), context: replaced(context))
    case .context(let context): stage.query = .context(replaced(context))
    case .feedback(let target, let examples, let a, let b, let c):
      stage.query = .feedback(
        target: replaced(target), examples: examples.map { FeedbackExample(example: replaced($0.example), score: $0.score) }, a: a, b: b, c: c)
    default: break
    }
    return stage
  }
}
