public import NeedletailCore

/// What stands where a query needs a vector.
public enum QueryVector: Hashable, Sendable {
  case value(VectorValue)
  /// The vector of a point; the point itself is not among the answers.
  case point(PointID)
  /// Something a model turns into a vector before the query runs.
  case document(QueryDocument)
}

/// A text and the model that embeds it.
public struct QueryDocument: Hashable, Sendable {
  public var text: String
  public var model: String
  public var options: Payload

  public init(text: String, model: String, options: Payload = [:]) {
    self.text = text
    self.model = model
    self.options = options
  }
}

/// What a stage of a query ranks by.
public indirect enum PointQuery: Hashable, Sendable {
  case nearest(QueryVector, diversity: Diversity? = nil)
  case recommend(positive: [QueryVector], negative: [QueryVector], strategy: RecommendStrategy)
  case discover(target: QueryVector, context: [ContextPair])
  case context([ContextPair])
  case feedback(target: QueryVector, examples: [FeedbackExample], a: Float, b: Float, c: Float)
  case order(OrderBy)
  case reciprocalRanks(k: Float, weights: [Float]?)
  case distributionScores
  case formula(Formula)
  /// By the words of a field of payload, which `using` names.
  case text(TextRanking)
  case sample
}

public enum RecommendStrategy: String, Hashable, Sendable {
  case averageVector = "average_vector"
  case bestScore = "best_score"
  case sumScores = "sum_scores"
}

public struct ContextPair: Hashable, Sendable {
  public var positive: QueryVector
  public var negative: QueryVector

  public init(positive: QueryVector, negative: QueryVector) {
    self.positive = positive
    self.negative = negative
  }
}

public struct FeedbackExample: Hashable, Sendable {
  public var example: QueryVector
  public var score: Float

  public init(example: QueryVector, score: Float) {
    self.example = example
    self.score = score
  }
}

/// Prefers answers that differ from one another (J. Carbonell and J. Goldstein, "The Use of MMR, Diversity-Based
/// Reranking", SIGIR 1998).
public struct Diversity: Hashable, Sendable {
  /// From 0, nearness alone counts, to 1, only difference does.
  public var share: Float
  /// How many of the nearest are considered; nil for as many as are wanted.
  public var candidates: Int?

  public init(share: Float = 0.5, candidates: Int? = nil) {
    self.share = share
    self.candidates = candidates
  }
}

/// An order by a value of payload.
public struct OrderBy: Hashable, Sendable {
  public var path: PayloadPath
  public var isDescending: Bool
  /// The first value, included.
  public var start: OrderValue?

  public init(path: PayloadPath, isDescending: Bool = false, start: OrderValue? = nil) {
    self.path = path
    self.isDescending = isDescending
    self.start = start
  }
}

/// A value that points are put in order by; dates count microseconds.
public enum OrderValue: Hashable, Sendable {
  case integer(Int64)
  case number(Double)

  public var double: Double {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    }
  }
}

/// One stage of a query: the collection under a filter, or what earlier stages found, ranked.
public struct QueryStage: Hashable, Sendable {
  /// Nil ranks nothing: points come in the order of their ids.
  public var query: PointQuery?
  /// Stages whose results this one ranks again.
  public var prefetch: [QueryStage]
  /// The name of the vector.
  public var using: String
  public var filter: PointFilter?
  public var parameters: PointSearchParameters
  /// The score that has to be exceeded (or undercut, for distances).
  public var scoreThreshold: Float?
  public var limit: Int
  /// Where the points that stand for vectors are, if elsewhere.
  public var lookup: Lookup?

  public struct Lookup: Hashable, Sendable {
    public var collection: String
    public var vector: String?

    public init(collection: String, vector: String? = nil) {
      self.collection = collection
      self.vector = vector
    }
  }

  public init(
    query: PointQuery? = nil, prefetch: [QueryStage] = [], using: String = "", filter: PointFilter? = nil,
    parameters: PointSearchParameters = PointSearchParameters(), scoreThreshold: Float? = nil, limit: Int = 10, lookup: Lookup? = nil
  ) {
    self.query = query
    self.prefetch = prefetch
    self.using = using
    self.filter = filter
    self.parameters = parameters
    self.scoreThreshold = scoreThreshold
    self.limit = limit
    self.lookup = lookup
  }
}

/// An answer of a query.
public struct ScoredPoint: Sendable {
  public var point: StoredPoint
  public var score: Float
  public var order: OrderValue?
}
