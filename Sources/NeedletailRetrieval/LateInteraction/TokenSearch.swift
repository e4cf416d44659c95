internal import Foundation
public import NeedletailCore
public import NeedletailIndex
internal import NeedletailNumerics
public import NeedletailStore

/// How a collection is searched by its tokens.
public struct TokenSearchSpecification: Hashable, Sendable {
  /// How token vectors are stored.
  public var vectors: MultiVectorSpecification
  /// How the vectors of a passage become one that candidates are found by.
  public var encoding: FixedDimensionalEncoder.Parameters
  /// One in so many tokens of a passage is kept; see `TokenPooling`.
  public var poolingFactor: Int
  /// What a passage keeps of them at most; nil keeps all.
  public var vectorLimit: Int?

  public init(
    vectors: MultiVectorSpecification = MultiVectorSpecification(), encoding: FixedDimensionalEncoder.Parameters = .init(),
    poolingFactor: Int = 1, vectorLimit: Int? = nil
  ) {
    self.vectors = vectors
    self.encoding = encoding
    self.poolingFactor = poolingFactor
    self.vectorLimit = vectorLimit
  }
}

/// Searches a collection by late interaction: candidates by fixed-dimensional encodings, then the exact comparison of tokens.
///
/// Made from the texts of a collection, kept in a folder beside it. It knows the passages of the moment it was built; what was
/// removed since is no answer, what was added is not found until it is built again. As a reranker it puts the passages that it
/// knows in front, in the order of their tokens, and leaves the others behind them.
public struct TokenSearch: Retriever, Reranker {
  public typealias TokenEmbedder = Embedder<String, TokenVectors>

  private let collection: DocumentCollection
  private let embedder: any TokenEmbedder
  public let vectors: MultiVectorIndex
  private let encodings: any SearchIndex
  private let encoder: FixedDimensionalEncoder
  private let passages: [PassageID]
  private let rows: [PassageID: Row]
  /// Passages compared exactly for each answer wanted, and at least.
  public var candidatesPerAnswer = 10
  public var minimumCandidates = 100
  /// Compares with every passage instead of the candidates.
  public var isExact = false

  /// Opens what `build` wrote.
  ///
  /// - Parameters:
  ///   - folder: where it was written.
  ///   - collection: the collection it was built from.
  ///   - embedder: that of its tokens.
  /// - Throws: `TokenSearchError`, or `IndexError` for a damaged index.
  public init(folder: String, collection: DocumentCollection, embedder: any TokenEmbedder) throws {
    let description = try TokenSearchDescription(folder: folder)
    guard description.embedder == embedder.profile.digest else { throw TokenSearchError.otherModel(folder: folder, model: embedder.profile.name) }
    vectors = try MultiVectorIndex.open(folder + "/" + TokenSearchDescription.vectorsName)
    encodings = try DenseIndexFactory.open(folder + "/" + TokenSearchDescription.encodingsName)
    encoder = try FixedDimensionalEncoder(dimension: vectors.dimension, parameters: description.encoding)
    passages = description.passages
    guard vectors.count == passages.count, encodings.count == passages.count, encodings.dimension == encoder.dimension,
      vectors.dimension == embedder.profile.dimension, Set(passages).count == passages.count
    else { throw TokenSearchError.damaged(folder: folder, reason: "its files do not belong together") }
    rows = Dictionary(uniqueKeysWithValues: passages.enumerated().map { ($1, Row($0)) })
    self.collection = collection
    self.embedder = embedder
  }

  /// The name of the model that `build` was given; nil if nobody kept it.
  ///
  /// - Throws: `TokenSearchError` if nothing was built there.
  public static func model(inFolder folder: String) throws(TokenSearchError) -> String? { try TokenSearchDescription(folder: folder).model }

  /// Embeds the tokens of all passages and writes the indexes over them.
  ///
  /// - Parameters:
  ///   - folder: where they go; made if need be, and what is in it replaced.
  ///   - collection: whose passages.
  ///   - embedder: of tokens.
  ///   - specification: how they are stored and found.
  ///   - progress: called with the passages done and their number.
  /// - Throws: `StoreError`, `IndexError`, `TokenSearchError`, or what the embedder throws.
  public static func build(
    in folder: String, from collection: DocumentCollection, embedder: any TokenEmbedder,
    specification: TokenSearchSpecification = TokenSearchSpecification(), progress: (Int, Int) -> Void = { _, _ in }
  ) async throws {
    let snapshot = try collection.snapshot()
    let ids = snapshot.passageIDs
    var tokens = TokenVectors(dimension: embedder.profile.dimension)
    var passages: [PassageID] = []
    for start in stride(from: 0, to: ids.count, by: 256) {
      try Task.checkCancellation()
      let stored = try snapshot.passages(Array(ids[start..<min(start + 256, ids.count)]))
      let texts = stored.map { $0.title.isEmpty ? $0.text : "\($0.title)\n\($0.text)" }
      let embedded = try await embedder.encode(texts, as: .document)
      guard embedded.count == texts.count, embedded.dimension == tokens.dimension else {
        throw RetrievalError.embedderBrokePromise(expected: texts.count, received: embedded.count)
      }
      var pooled = TokenPooling.pooled(embedded, factor: max(1, specification.poolingFactor))
      if let limit = specification.vectorLimit { pooled = TokenPooling.pooled(pooled, limit: max(1, limit)) }
      tokens.append(contentsOf: pooled)
      passages += stored.map(\.id)
      progress(passages.count, ids.count)
    }
    let encoder = try FixedDimensionalEncoder(dimension: tokens.dimension, parameters: specification.encoding)
    try TokenSearchDescription.makeFolder(folder)
    try MultiVectorIndex(tokens, specification: specification.vectors).write(to: folder + "/" + TokenSearchDescription.vectorsName)
    // Inner products, since the lengths of encodings count.
    let encodings = try DenseIndexFactory.build(encoder.documents(tokens), similarity: .dot)
    try DenseIndexFactory.write(encodings, to: folder + "/" + TokenSearchDescription.encodingsName)
    try TokenSearchDescription(
      embedder: embedder.profile.digest, model: embedder.profile.name, encoding: encoder.parameters, passages: passages
    ).write(to: folder)
  }

  // MARK: - Answering

  public func retrieve(_ query: Query) async throws -> [Hit] {
    guard (1...Searcher.largestLimit).contains(query.limit) else { throw RetrievalError.limitOutOfRange(query.limit) }
    let text = QueryText(query.text)
    guard !text.isEmpty else { return [] }
    let snapshot = try collection.snapshot()
    let tokens = Array(try await embedder.encode([text.text], as: .query).values)
    let allowed = try query.filter.map { RowSet(try snapshot.passageIDs(matching: $0).compactMap { rows[$0] }) }
    // What was removed since the build takes the place of an answer, so more are taken than wanted.
    let limit = query.limit + 16
    let ranked =
      if isExact {
        try vectors.search(tokens, SearchOptions(limit: limit, within: allowed))
      } else {
        try vectors.rank(candidates(for: tokens, limit: limit, within: allowed), for: tokens, limit: limit)
      }
    let found = ranked.map { (id: passages[Int($0.row)], score: Double($0.score)) }
    let documents = Dictionary(uniqueKeysWithValues: try snapshot.passages(found.map(\.id), readsContents: false).map { ($0.id, $0.document) })
    return found.compactMap { id, score in documents[id].map { (id, $0, score) } }.prefix(query.limit).enumerated().map { place, hit in
      Hit(
        passage: hit.0, document: hit.1, score: hit.2, contributions: [Hit.Contribution(source: "tokens", rank: place + 1, score: hit.2)])
    }
  }

  private func candidates(for tokens: [Float], limit: Int, within: RowSet?) throws -> [Row] {
    let count = max(minimumCandidates, candidatesPerAnswer * limit)
    return try encodings.search(encoder.query(tokens).span, SearchOptions(limit: count, within: within)).map(\.row)
  }

  public func rerank(_ query: Query, _ candidates: [Candidate]) async throws -> [Hit] {
    let text = QueryText(query.text)
    guard !text.isEmpty else { return candidates.map(\.hit) }
    let tokens = Array(try await embedder.encode([text.text], as: .query).values)
    let known = candidates.filter { rows[$0.hit.passage] != nil }
    let ranked = try vectors.rank(known.compactMap { rows[$0.hit.passage] }, for: tokens, limit: known.count)
    let hits = Dictionary(candidates.map { ($0.hit.passage, $0.hit) }) { first, _ in first }
    var answer = ranked.compactMap { neighbour -> Hit? in
      guard var hit = hits[passages[Int(neighbour.row)]] else { return nil }
      hit.score = Double(neighbour.score)
      return hit
    }
    let last = answer.last?.score ?? 0
    for (place, candidate) in candidates.filter({ rows[$0.hit.passage] == nil }).enumerated() {
      var hit = candidate.hit
      hit.score = last - 1 - Double(place)
      answer.append(hit)
    }
    return answer
  }
}
