internal import NeedletailCore
internal import NeedletailIndex

/// What is still found of the nearest rows after finished vectors were compressed by each of many methods, at several budgets
/// with every byte counted.
///
/// H. Zhang et al., "Experimental analysis of large-scale learnable vector storage compression", VLDB 2024, the part on finished
/// vectors (their section on retrieval-augmented generation). Deviations: abstracts embedded by all-MiniLM-L6-v2 stand for
/// passages of Wikipedia, thousands instead of 21 million; for the part on embedding tables see `TableCompression`.
public struct VectorCompression: Experiment {
  public static let name = "vector-compression"

  public struct Parameters: Decodable, Sendable {
    public var collection: String
    /// Abstracts that are compressed.
    public var rows: Int
    /// Titles of the last of them, which are searched for.
    public var queries: Int
    /// Fractions of the bytes of 32-bit floats.
    public var budgets: [Double]
    /// The part on embedding tables.
    var tables: TableCompression.Parameters
  }

  public init() {}

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    let (abstracts, queries) = try await TitlePairs.searched(
      parameters.collection, rows: parameters.rows, queries: parameters.queries, in: laboratory)
    let study = try CompressionStudy(of: abstracts, queries: queries, budgets: parameters.budgets, seed: laboratory.seed) { title, budget in
      laboratory.progress("\(title) at \(budget) of the bytes")
    }
    var findings = Findings()
    for result in study.results {
      guard let recall = result.recall, let bytes = result.bytes else { continue }
      let condition = "\(result.method.title) at \(result.budget)"
      findings.record("recall@10, \(condition)", recall)
      findings.record("bytes a row, \(condition)", Double(bytes) / Double(study.rowCount), unit: "B")
    }
    recordEffects(study, &findings)
    try TableCompression(parameters: parameters.tables, collection: parameters.collection).record(in: laboratory, &findings)
    return findings
  }

  private func recordEffects(_ study: CompressionStudy, _ findings: inout Findings) {
    func recall(_ method: CompressionMethod, _ budget: Double) -> Double? {
      study.results.first { $0.method == method && $0.budget == budget }?.recall
    }
    func record(_ name: String, _ better: CompressionMethod, _ worse: CompressionMethod, _ budget: Double) {
      guard let first = recall(better, budget), let second = recall(worse, budget) else { return }
      findings.record(effect: name, first - second)
    }
    if let eight = recall(.fixedPoint, 0.25) ?? recall(.fixedPoint, 0.26) {
      findings.record(effect: "recall@10 lost by 8-bit integers", 1 - eight)
    }
    record("recall@10 of PQ over SVD at a sixteenth", .product, .lowRank, 0.0625)
    record("recall@10 of SVD over pruning at a sixteenth", .lowRank, .pruned, 0.0625)
    record("recall@10 of MagPQ over PQ at a sixteenth", .magnitudeProduct, .product, 0.0625)
    record("recall@10 of OPQ fast-scan codes over PQ at a sixteenth", .optimizedProduct, .product, 0.0625)
    let within = study.results.allSatisfy { result in
      result.bytes.map { Double($0) <= result.budget * Double(study.originalBytes) && $0 == (result.storage.reduce(0) { $0 + $1.bits } + 7) / 8 } ?? true
    }
    findings.record(effect: "every method within its budget by the sum of its parts", within ? 1 : 0)
    let infeasible = study.results.count { $0.bytes == nil }
    findings.notes.append("\(infeasible) of \(study.results.count) runs cannot go as low as the budget; deduplication finds no equal blocks in distinct texts.")
    findings.notes.append("Unit vectors have one magnitude, so that grouping by it can only cost the map.")
  }
}
