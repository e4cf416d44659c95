internal import NeedletailEvaluation

/// Whether reference runs give the published numbers, and how often joining sparse and dense search beats both: Kamalloo et al., "Resources
/// for Brewing BEIR: Reproducible Reference Models and an Official Leaderboard", SIGIR 2024, tables 1 and 3.
///
/// Deviations: the collections at hand, of which only SciFact is complete among those of BEIR; all-MiniLM-L6-v2 in place of the published
/// encoders.
public struct ReferenceModels: Experiment {
  public static let name = "reference-models"

  public struct Parameters: Decodable, Sendable {
    /// The collections, by name.
    public var collections: [String]
    /// Most questions of each.
    public var questions: Int
    public var depth: Int
  }

  public init() {}

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    var findings = Findings()
    var scores: [[String: Double]] = []
    for name in parameters.collections {
      var task = try laboratory.task(name)
      task.keep(questions: parameters.questions)
      let runs = try await ReferenceRuns.runs(on: task, depth: parameters.depth, in: laboratory)
      var means: [String: Double] = [:]
      for system in ReferenceRuns.systems {
        guard let run = runs[system.system] else { continue }
        let evaluation = Evaluation(of: run, judgements: task.judgements, measures: Self.measures)
        means[system.system] = evaluation.mean(of: Self.nDCG)
        let published = Self.published["\(name) \(system.system)"]
        findings.record("\(name): \(system.system): nDCG@10", evaluation.mean(of: Self.nDCG) ?? 0, published: published)
        if system.system == "bm25" { recordRecall(evaluation, of: name, &findings) }
        if let published { findings.record(effect: "\(name): \(system.system): nDCG@10 minus published", (means[system.system] ?? 0) - published) }
      }
      scores.append(means)
    }
    for (fusion, published) in [("rrf", 8.0 / 18), ("min-max", 9.0 / 18)] {
      func share(_ isAhead: ([String: Double]) -> Bool) -> Double { Double(scores.count(where: isAhead)) / Double(scores.count) }
      findings.record(effect: "share of collections where \(fusion) is above BM25", share { $0[fusion, default: 0] > $0["bm25", default: 0] })
      findings.record(
        effect: "share of collections where \(fusion) is above BM25 and the encoder",
        share { $0[fusion, default: 0] > max($0["bm25", default: 0], $0["minilm", default: 0]) }, published: published)
    }
    let gains = scores.map { ($0["rrf"] ?? 0) - ($0["bm25"] ?? 0) }
    findings.record(effect: "nDCG@10 that rrf gains over BM25, mean over collections", gains.reduce(0, +) / Double(gains.count), interval: ConfidenceInterval(ofMean: gains))
    findings.notes.append("\(scores.count) collections. NFCorpus here has 3,395 of 3,633 documents, so its published figures are only for orientation.")
    findings.notes.append("Published shares are of BM25 joined with BGE-base on 18 collections.")
    return findings
  }

  private static let nDCG = Measure.nDCG(cutoff: 10)
  private static let recall = Measure.recall(cutoff: 100)
  private static let measures = [nDCG, recall]

  /// BM25 by the published table, the encoder by its public results.
  private static let published = [
    "scifact bm25": PublishedScores.beir["scifact"]?[0] ?? 0, "nfcorpus bm25": PublishedScores.beir["nfcorpus"]?[0] ?? 0,
    "scifact minilm": 0.6451, "nfcorpus minilm": 0.3159,
  ]

  private func recordRecall(_ evaluation: Evaluation, of name: String, _ findings: inout Findings) {
    let value = evaluation.mean(of: Self.recall) ?? 0
    guard name == "scifact" else { return findings.record("\(name): bm25: R@100", value) }
    findings.record("\(name): bm25: R@100", value, published: PublishedScores.scifactRecall)
    findings.record(effect: "scifact: bm25: R@100 minus published", value - PublishedScores.scifactRecall)
  }
}
