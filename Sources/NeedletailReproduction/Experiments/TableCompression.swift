internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailIndex
internal import NeedletailModels
internal import NeedletailText

/// What is still found after tables of embeddings were kept within a budget: tables that are learned that way from the words of titles
/// and abstracts, and a finished one, the word embeddings of a transformer.
///
/// H. Zhang et al., "Experimental analysis of large-scale learnable vector storage compression", VLDB 2024, the part on embedding
/// tables. Deviations: retrieval of an abstract by its title stands for the prediction of clicks; five of the fourteen methods learn here
/// (`TableMethod`).
struct TableCompression {
  struct Parameters: Decodable, Sendable {
    /// Titles and abstracts that tables learn from, those that are asked with included.
    var documents: Int
    /// The last of them, whose titles are asked with.
    var heldOut: Int
    var dimension: Int
    var epochs: Int
    /// Fractions of the bytes of a row for each word, the largest first.
    var budgets: [Double]
    /// Rows of the transformer's table that are compressed, from all over it.
    var transformerRows: Int
    /// Fractions of the bytes of these.
    var transformerBudgets: [Double]
  }

  let parameters: Parameters
  let collection: String

  func record(in laboratory: Laboratory, _ findings: inout Findings) throws {
    try recordLearned(laboratory, &findings)
    try recordFinished(laboratory, &findings)
  }

  // MARK: - Tables that are learned

  private func recordLearned(_ laboratory: Laboratory, _ findings: inout Findings) throws {
    let documents = try laboratory.task(collection).corpus.filter { !$0.title.isEmpty && !$0.text.isEmpty }.prefix(parameters.documents)
    let analyzer = try Analyzer(.english)
    func words(_ text: String) -> [String] { analyzer.terms(in: text).map(\.term) }
    let pairs = try FeaturePairs(left: documents.map { words($0.title) }, right: documents.map { words($0.text) })
    let study = try TableStudy(
      of: pairs, heldOut: min(parameters.heldOut, pairs.count / 2), budgets: parameters.budgets,
      training: TableTraining(dimension: parameters.dimension, epochCount: parameters.epochs, seed: laboratory.seed)
    ) { method, budget in laboratory.progress("A table by \(method.title) at \(budget) of the bytes") }
    for result in study.results {
      guard let recall = result.recall, let bytes = result.bytes else { continue }
      let condition = result.method == .full ? "a row for each word" : "\(result.method.title) at \(result.budget)"
      findings.record("recall@10 of tables, \(condition)", recall)
      findings.record("bytes a word, \(condition)", Double(bytes) / Double(study.featureCount), unit: "B")
    }
    recordOrder(study, &findings)
    findings.notes.append(
      "Tables learn from \(study.pairCount - study.heldOutCount) titles and abstracts of \(study.featureCount) words, \(study.dimension) components each; \(study.heldOutCount) titles are asked with.")
  }

  private func recordOrder(_ study: TableStudy, _ findings: inout Findings) {
    func recall(_ method: TableMethod, _ budget: Double) -> Double? {
      study.results.first { $0.method == method && $0.budget == budget }?.recall
    }
    func least(_ method: TableMethod, over other: TableMethod, _ budgets: [Double]) -> Double? {
      budgets.compactMap { budget in recall(method, budget).flatMap { first in recall(other, budget).map { first - $0 } } }.min()
    }
    if let gain = least(.quotientRemainder, over: .hashed, parameters.budgets) {
      findings.record(effect: "recall@10 of CompoEmb over Hash, least of all budgets", gain)
    }
    if let gain = least(.frequencyShared, over: .hashed, parameters.budgets.filter { $0 <= 0.1 }) {
      findings.record(effect: "recall@10 of AdaptEmb over Hash, least of budgets up to a tenth", gain)
    }
    let smallest = parameters.budgets.min() ?? 0
    findings.record(
      effect: "methods that learn within the smallest budget",
      Double(study.results.count { $0.budget == smallest && $0.method != .full && $0.recall != nil }))
    let within = study.results.allSatisfy { result in
      result.bytes.map { Double($0) <= result.budget * Double(study.fullBytes) } ?? true
    }
    findings.record(effect: "every learned table within its budget", within ? 1 : 0)
  }

  // MARK: - A finished table

  private func recordFinished(_ laboratory: Laboratory, _ findings: inout Findings) throws {
    let model = try laboratory.model()
    let (dimension, values) = (model.configuration.hiddenSize, model.weight(of: .wordEmbedding))
    let rowCount = values.count / dimension
    func rows(_ count: Int, shifted: Int) -> DenseVectors {
      DenseVectors(dimension: dimension, values: (0..<count).flatMap { number in
        let row = (number * rowCount / count + shifted) % rowCount
        return values[row * dimension..<(row + 1) * dimension]
      })
    }
    let table = rows(min(rowCount, parameters.transformerRows), shifted: 0)
    // Words of the same table: few of them are among the compressed ones, unless all are, and then each finds itself first.
    let study = try CompressionStudy(
      of: table, queries: rows(min(rowCount, 300), shifted: 1), budgets: parameters.transformerBudgets, seed: laboratory.seed
    ) { title, budget in laboratory.progress("The transformer's words by \(title) at \(budget) of the bytes") }
    for result in study.results {
      guard let recall = result.recall else { continue }
      findings.record("recall@10 of a transformer's words, \(result.method.title) at \(result.budget)", recall)
    }
    findings.notes.append("\(table.count) of the \(rowCount) word embeddings of the default model, \(dimension) components, are compressed as they are.")
  }
}
