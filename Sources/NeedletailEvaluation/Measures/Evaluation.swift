/// The values of some measures for every judged query.
public struct Evaluation: Sendable {
  /// What was measured.
  public let measures: [Measure]
  /// For each query the values in the order of `measures`.
  public let values: [String: [Double]]

  /// Judges a run.
  ///
  /// Every query with judgements counts, those that the run does not answer with 0 (`trec_eval -c`); queries without
  /// judgements do not count. So leaving out hard queries gains nothing.
  public init(of run: Run, judgements: Judgements, measures: [Measure]) {
    self.measures = measures
    values = judgements.reduce(into: [:]) { values, element in
      let (query, grades) = element
      let ranked = run.ranking(of: query).map { grades[$0.document] }
      let judged = Array(grades.values)
      values[query] = measures.map { $0.value(ranked: ranked, judged: judged) }
    }
  }

  /// All judged queries in order.
  public var queries: [String] { values.keys.sorted() }

  /// The value of a measure for each query; nil if it was not measured.
  public func values(of measure: Measure) -> [String: Double]? {
    measures.firstIndex(of: measure).map { index in values.mapValues { $0[index] } }
  }

  /// The mean over all judged queries; nil if it was not measured, 0 if there are no queries.
  public func mean(of measure: Measure) -> Double? {
    guard let index = measures.firstIndex(of: measure) else { return nil }
    if values.isEmpty { return 0 }
    // In a fixed order, so that the last digit does not depend on hashing.
    return queries.reduce(0) { $0 + (values[$1]?[index] ?? 0) } / Double(values.count)
  }

  /// Writes a line "measure, query, value" for each query and measure and then the means as query "all", separated by tabs, as
  /// `trec_eval -q` does.
  public func write(to path: String) throws(EvaluationError) {
    var text = ""
    for query in queries {
      for (measure, value) in zip(measures, values[query] ?? []) { text += "\(measure)\t\(query)\t\(value)\n" }
    }
    for measure in measures { text += "\(measure)\tall\t\(mean(of: measure) ?? 0)\n" }
    try TextFile.write(text, to: path)
  }
}
