internal import Foundation
internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailModels
internal import NeedletailNumerics

/// Titles and abstracts of the first documents of a collection, embedded: pairs that belong together.
///
/// No more documents are embedded than are asked for.
struct TitlePairs: Sendable {
  let titles: DenseVectors
  let abstracts: DenseVectors

  init(titles: DenseVectors, abstracts: DenseVectors) {
    self.titles = titles
    self.abstracts = abstracts
  }

  init(of collection: String, count: Int, in laboratory: Laboratory) async throws {
    let documents = try Self.documents(of: collection, count: count, in: laboratory)
    let embedder = try laboratory.embedder(precision: .int8)
    titles = try await laboratory.vectors(of: documents.map(\.title), as: .query, with: embedder)
    abstracts = try await laboratory.vectors(of: documents.map(\.text), as: .document, with: embedder)
  }

  /// The abstracts of the first documents, and the titles of the last of these: what a search is tried with.
  static func searched(
    _ collection: String, rows: Int, queries: Int, in laboratory: Laboratory
  ) async throws -> (abstracts: DenseVectors, titles: DenseVectors) {
    let documents = try documents(of: collection, count: rows, in: laboratory)
    let embedder = try laboratory.embedder(precision: .int8)
    return (
      try await laboratory.vectors(of: documents.map(\.text), as: .document, with: embedder),
      try await laboratory.vectors(of: documents.suffix(queries).map(\.title), as: .query, with: embedder)
    )
  }

  private static func documents(of collection: String, count: Int, in laboratory: Laboratory) throws -> [Document] {
    try laboratory.task(collection).corpus.prefix(count).filter { !$0.title.isEmpty && !$0.text.isEmpty }
  }

  subscript(rows: Range<Int>) -> TitlePairs {
    func cut(_ vectors: DenseVectors) -> DenseVectors {
      DenseVectors(
        dimension: vectors.dimension,
        values: Array(vectors.values[rows.lowerBound * vectors.dimension..<rows.upperBound * vectors.dimension]))
    }
    return TitlePairs(titles: cut(titles), abstracts: cut(abstracts))
  }

  var count: Int { titles.count }
}

/// Where the partner of each query stands in its ranking.
struct PartnerRanks {
  private let ranks: [Int]

  /// Ranks rows by the inner product with each query, whose partner is the row that `partners` names.
  init(_ queries: DenseVectors, _ rows: DenseVectors, partners: [Int]) {
    ranks = (0..<queries.count).map { number in
      let query = Array(queries[number])
      let scores = DistanceKernels.current.dot(query.span, rows: rows.values.span)
      return 1 + scores.indices.count { $0 != partners[number] && scores[$0] >= scores[partners[number]] }
    }
  }

  func recall(at cutoff: Int) -> Double { Double(ranks.count { $0 <= cutoff }) / Double(max(1, ranks.count)) }

  /// nDCG of a single relevant row.
  func nDCG(at cutoff: Int) -> Double {
    ranks.reduce(0) { $0 + ($1 <= cutoff ? 1 / log2(Double($1 + 1)) : 0) } / Double(max(1, ranks.count))
  }
}
