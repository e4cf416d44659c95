internal import NeedletailCore
internal import NeedletailPoints

extension QueryStage {
  /// Reads a query or one of its prefetches. `rule` is the prefix of the members in messages about values.
  static func decode(_ fields: JSONFields, rule: String = "internal.", depth: Int = 0) throws(PointError) -> QueryStage {
    guard depth <= 64 else { throw .badRequest("prefetches are nested more than 64 levels deep") }
    var stage = QueryStage(using: try fields.string("using") ?? "", filter: try PointFilter.decode(fields))
    if let query = fields["query"] { stage.query = try PointQuery.decode(query) }
    for (index, node) in fields.oneOrMore("prefetch").enumerated() {
      stage.prefetch.append(try decode(try JSONFields(node, place: "\(fields.place)prefetch[\(index)]."), rule: rule, depth: depth + 1))
    }
    stage.parameters = try PointSearchParameters.decode(fields)
    stage.scoreThreshold = try fields.float("score_threshold")
    stage.limit = try fields.count("limit", atLeast: 1, rule: depth == 0 ? "\(rule)limit" : nil) ?? 10
    if let lookup = try fields.object("lookup_from") {
      stage.lookup = Lookup(collection: try lookup.requiredString("collection"), vector: try lookup.string("vector"))
    }
    return stage
  }
}

extension PointSearchParameters {
  static func decode(_ fields: JSONFields) throws(PointError) -> PointSearchParameters {
    guard let fields = try fields.object("params") else { return PointSearchParameters() }
    var parameters = PointSearchParameters(
      isExact: try fields.bool("exact") ?? false, efSearch: try fields.count("hnsw_ef", atLeast: 1))
    if let node = fields["idf"], node.string == nil { parameters.frequencyCorpus = try PointFilter.decode(try JSONFields(node, place: "params.idf."), "corpus") }
    if let quantization = try fields.object("quantization"), let oversampling = try quantization.double("oversampling"), oversampling < 1 {
      throw .validation(["\(quantization.place)oversampling: value \(oversampling) invalid, must be 1.0 or larger"])
    }
    return parameters
  }
}

extension PointQuery {
  static func decode(_ node: JSONNode) throws(PointError) -> PointQuery {
    guard let members = node.members, !(members["indices"] != nil && members["values"] != nil), QueryDocument(node) == nil else {
      return .nearest(try QueryVector.decode(node, place: "query"))
    }
    let fields = try JSONFields(node, place: "query.")
    if let nearest = fields["nearest"] {
      return .nearest(try QueryVector.decode(nearest, place: "query.nearest"), diversity: try Diversity.decode(fields))
    }
    if let recommend = try fields.object("recommend") { return try decode(recommend: recommend) }
    if let discover = try fields.object("discover") {
      return .discover(
        target: try QueryVector.decode(try discover.required("target"), place: "query.discover.target"),
        context: try ContextPair.decode(discover.oneOrMore("context"), place: "query.discover.context"))
    }
    if let context = fields["context"] { return .context(try ContextPair.decode(context.elements ?? [context], place: "query.context")) }
    if let feedback = try fields.object("relevance_feedback") { return try decode(feedback: feedback) }
    if let order = fields["order_by"] { return .order(try OrderBy.decode(order)) }
    if let fusion = try fields.string("fusion") {
      switch fusion {
      case "rrf": return .reciprocalRanks(k: 2, weights: nil)
      case "dbsf": return .distributionScores
      default: throw .format("unknown variant `\(fusion)`, expected `rrf` or `dbsf`")
      }
    }
    if let ranks = try fields.object("rrf") {
      let k = try ranks.count("k", atLeast: 1) ?? 2
      return .reciprocalRanks(k: Float(k), weights: try ranks.list("weights").map { _ in ranks["weights"]?.floats ?? [] })
    }
    if let text = fields["text"] { return .text(try decode(text: text)) }
    if fields["formula"] != nil { return .formula(try Formula.decode(fields)) }
    if fields["sample"] != nil { return .sample }
    throw .format("data did not match any variant of untagged enum QueryInterface")
  }

  private static func decode(text node: JSONNode) throws(PointError) -> TextRanking {
    if let text = node.string { return TextRanking(text: text) }
    let fields = try JSONFields(node, place: "query.text.")
    var ranking = TextRanking(text: try fields.requiredString("query"))
    if let parameters = try (try fields.object("scoring"))?.object("bm25") {
      ranking.k = try parameters.float("k") ?? ranking.k
      ranking.b = try parameters.float("b") ?? ranking.b
      guard ranking.k >= 0 else { throw .validation(["\(parameters.place)k: value \(ranking.k) invalid, must be 0.0 or larger"]) }
      guard (0...1).contains(ranking.b) else { throw .validation(["\(parameters.place)b: value \(ranking.b) invalid, must be from 0.0 to 1.0"]) }
    }
    return ranking
  }

  private static func decode(recommend fields: JSONFields) throws(PointError) -> PointQuery {
    let positive = try QueryVector.decode(list: try fields.list("positive") ?? [], place: "query.recommend.positive")
    let negative = try QueryVector.decode(list: try fields.list("negative") ?? [], place: "query.recommend.negative")
    guard !positive.isEmpty || !negative.isEmpty else {
      throw .validation(["query.recommend: At least one positive or negative vector/id must be provided"])
    }
    let name = try fields.string("strategy")
    guard let strategy = name.map(RecommendStrategy.init) ?? .averageVector else {
      throw .format("unknown variant `\(name ?? "")`, expected one of `average_vector`, `best_score`, `sum_scores`")
    }
    return .recommend(positive: positive, negative: negative, strategy: strategy)
  }

  private static func decode(feedback fields: JSONFields) throws(PointError) -> PointQuery {
    var examples: [FeedbackExample] = []
    for (index, node) in (try fields.list("feedback") ?? []).enumerated() {
      let place = "query.relevance_feedback.feedback[\(index)]"
      let example = try JSONFields(node, place: place + ".")
      examples.append(
        FeedbackExample(example: try QueryVector.decode(try example.required("example"), place: place + ".example"), score: try example.float("score") ?? 0))
    }
    guard !examples.isEmpty else { throw .validation(["query.relevance_feedback.feedback: must not be empty"]) }
    guard let naive = try (try fields.object("strategy"))?.object("naive") else { throw .format("missing field `strategy.naive`") }
    return .feedback(
      target: try QueryVector.decode(try fields.required("target"), place: "query.relevance_feedback.target"), examples: examples,
      a: try naive.float("a") ?? 1, b: try naive.float("b") ?? 1, c: try naive.float("c") ?? 1)
  }
}

extension ContextPair {
  static func decode(_ nodes: [JSONNode], place: String) throws(PointError) -> [ContextPair] {
    var pairs: [ContextPair] = []
    for (index, node) in nodes.enumerated() {
      let fields = try JSONFields(node, place: "\(place)[\(index)].")
      pairs.append(
        ContextPair(
          positive: try QueryVector.decode(try fields.required("positive"), place: fields.place + "positive"),
          negative: try QueryVector.decode(try fields.required("negative"), place: fields.place + "negative")))
    }
    return pairs
  }
}

extension Diversity {
  fileprivate static func decode(_ fields: JSONFields) throws(PointError) -> Diversity? {
    guard let fields = try fields.object("mmr") else { return nil }
    let share = try fields.float("diversity") ?? 0.5
    guard (0...1).contains(share) else { throw .validation(["\(fields.place)diversity: value \(share) invalid, must be from 0.0 to 1.0"]) }
    return Diversity(share: share, candidates: try fields.count("candidates_limit", atMost: 16_384))
  }
}
