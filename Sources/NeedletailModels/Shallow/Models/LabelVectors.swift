public import NeedletailCore
internal import Foundation
internal import NeedletailNumerics

/// A topic as a person describes it: a name and some words that are typical of it.
public struct KeywordTopic: Hashable, Codable, Sendable {
  public var name: String
  public var keywords: [String]

  public init(name: String, keywords: [String]) {
    self.name = name
    self.keywords = keywords
  }
}

/// Which documents stand for a topic.
public struct LabelOptions: Hashable, Codable, Sendable {
  /// Documents nearer to the keywords than this, by cosine; nil takes those within `offset` of the nearest one.
  public var threshold: Float? = 0.3
  /// See `threshold`.
  public var offset: Float = 0
  /// At least so many documents, near or not.
  public var minimumDocuments = 100
  /// At most so many, the nearest.
  public var maximumDocuments = Int.max
  /// Whether documents that lie apart from the others by `LocalOutlierFactor` are left out.
  public var removesOutliers = false

  public init() {}
}

/// Topics as vectors, learned from keywords and unlabelled documents.
///
/// Schopf, Braun and Matthes, "Lbl2Vec", WEBIST 2021: the documents nearest to the mean of a topic's keyword vectors are gathered, outliers
/// may be dropped, and the mean of their vectors, as long as they are, is the topic. The keywords and documents may come from
/// `ParagraphVectors`, where both share a space learned from the documents themselves, or from any embedder (the paper's follow-up with transformers).
///
/// Deviation: long documents are given to an embedder whole, not as the mean of their paragraphs.
public struct LabelVectors: Sendable {
  /// The topics in the order they were given.
  public let topics: [KeywordTopic]
  /// A row for each topic.
  public let vectors: DenseVectors
  /// The mean of each topic's unit keyword vectors: what is known before documents are looked at.
  public let keywordVectors: DenseVectors
  /// The rows of the documents that stand for each topic, nearest to the keywords first.
  public let candidates: [[Int]]
  /// Keywords that have no vector, by topic.
  public let unknownKeywords: [[String]]

  /// Temperature of the softmax that makes scores into confidences.
  private static let temperature: Float = 1 / 20

  /// Learns the vectors of topics.
  ///
  /// - Parameters:
  ///   - topics: names and keywords.
  ///   - documents: a vector for each document.
  ///   - options: how many documents count, and how near.
  ///   - keywordVector: the vector of a keyword in the space of the documents, nil where it is not known.
  /// - Throws: `invalidRequest` if there is no topic or no document, a name occurs twice, or a topic has no known keyword.
  public static func learn(
    _ topics: [KeywordTopic], documents: DenseVectors, options: LabelOptions = LabelOptions(),
    keywordVector: (String) throws -> [Float]?
  ) throws -> LabelVectors {
    try check(topics, documents, options)
    let units = UnitRows(documents)
    var learned: [Float] = []
    var keywordMeans: [Float] = []
    var candidates: [[Int]] = []
    var unknown: [[String]] = []
    for topic in topics {
      let known = try topic.keywords.map { ($0, try keywordVector($0)) }
      let vectors = known.compactMap(\.1)
      guard !vectors.isEmpty else {
        throw ModelError.invalidRequest(
          reason: "None of the keywords of the topic \(topic.name) occurs often enough in the documents: "
            + "\(topic.keywords.joined(separator: ", ")). Choose words that the documents use.")
      }
      var mean = [Float](repeating: 0, count: documents.dimension)
      for vector in vectors { mean.add(vector.scaledToUnitLength) }
      mean = mean.map { $0 / Float(vectors.count) }
      let chosen = options.removesOutliers
        ? units.withoutOutliers(options.choose(units.cosines(to: mean))) : options.choose(units.cosines(to: mean))
      var label = [Float](repeating: 0, count: documents.dimension)
      for row in chosen { label.add(Array(documents[row])) }
      learned += label.map { $0 / Float(max(1, chosen.count)) }
      keywordMeans += mean
      candidates.append(chosen)
      unknown.append(known.filter { $0.1 == nil }.map(\.0))
    }
    return LabelVectors(
      topics: topics, vectors: DenseVectors(dimension: documents.dimension, values: learned),
      keywordVectors: DenseVectors(dimension: documents.dimension, values: keywordMeans), candidates: candidates, unknownKeywords: unknown)
  }

  private static func check(_ topics: [KeywordTopic], _ documents: DenseVectors, _ options: LabelOptions) throws(ModelError) {
    guard !topics.isEmpty else { throw .invalidRequest(reason: "There are no topics. Name at least one, with keywords.") }
    guard documents.count > 0 else { throw .invalidRequest(reason: "There are no documents to learn topics from.") }
    guard Set(topics.map(\.name)).count == topics.count else { throw .invalidRequest(reason: "Two topics have the same name.") }
    guard options.minimumDocuments >= 1, options.maximumDocuments >= options.minimumDocuments else {
      throw .invalidRequest(reason: "The least number of documents of a topic has to be from 1 to the greatest.")
    }
    guard !(options.threshold?.isNaN ?? false), !options.offset.isNaN else {
      throw .invalidRequest(reason: "The threshold of similarity is not a number.")
    }
  }

  /// The cosine of each document to each topic, document after document.
  public func scores(of documents: DenseVectors) -> [Float] { Self.scores(of: documents, against: vectors) }

  /// The same against the keywords alone.
  public func keywordScores(of documents: DenseVectors) -> [Float] { Self.scores(of: documents, against: keywordVectors) }

  /// The topic of each document by its scores, with the share of a softmax that it has.
  ///
  /// - Parameter scores: as `scores` gives them. Among equal scores the topic named first wins.
  public func classify(scores: [Float]) -> [(topic: Int, confidence: Float)] {
    stride(from: 0, to: scores.count, by: topics.count).map { start in
      let row = scores[start..<start + topics.count]
      let best = row.indices.reduce(start) { row[$1] > row[$0] ? $1 : $0 }
      let sum = row.reduce(Float(0)) { $0 + exp(($1 - row[best]) / Self.temperature) }
      return (best - start, 1 / sum)
    }
  }

  private static func scores(of documents: DenseVectors, against topics: DenseVectors) -> [Float] {
    precondition(documents.dimension == topics.dimension, "documents of \(documents.dimension), topics of \(topics.dimension) components")
    let documents = UnitRows(documents)
    let columns = (0..<topics.count).map { documents.cosines(to: Array(topics[$0])) }
    return (0..<documents.count).flatMap { document in columns.map { $0[document] } }
  }
}

extension LabelOptions {
  /// The rows that stand for a topic, the nearest first.
  fileprivate func choose(_ cosines: [Float]) -> [Int] {
    let order = cosines.indices.sorted { (cosines[$1], $0) < (cosines[$0], $1) }
    let bound = threshold ?? ((order.first.map { cosines[$0] } ?? 0) - offset)
    let near = order.prefix { threshold == nil ? cosines[$0] >= bound : cosines[$0] > bound }.count
    return Array(order.prefix(min(max(near, minimumDocuments), maximumDocuments)))
  }
}

/// Vectors scaled to unit length.
private struct UnitRows {
  private let dimension: Int
  private let values: [Float]
  var count: Int { dimension == 0 ? 0 : values.count / dimension }

  init(_ vectors: DenseVectors) {
    dimension = vectors.dimension
    values = (0..<vectors.count).flatMap { Array(vectors[$0]).scaledToUnitLength }
  }

  func cosines(to vector: [Float]) -> [Float] {
    let query = vector.scaledToUnitLength
    return DistanceKernels.current.dot(query.span, rows: values.span)
  }

  func withoutOutliers(_ rows: [Int]) -> [Int] {
    let points = rows.flatMap { values[$0 * dimension..<($0 + 1) * dimension] }
    let factors = LocalOutlierFactor.factors(of: points, dimension: dimension)
    let kept = zip(rows, factors).filter { $0.1 <= LocalOutlierFactor.usualLimit }.map(\.0)
    return kept.isEmpty ? rows : kept
  }
}
