internal import NeedletailEvaluation
public import NeedletailModels
internal import NeedletailCore

/// Published scores of the default encoder beside ours: what says that the whole way from text to figure is right.
public struct Anchors: Sendable {
  /// One published score.
  public struct Row: Codable, Hashable, Sendable {
    public var collection: String
    public var measure: String
    public var published: Double
    public var ours: Double
    /// Whether the data here are those of the published score. Where they are not, the difference says little.
    public var isSameData: Bool
    /// In what the data differ.
    public var remark: String

    public var difference: Double { ours - published }
  }

  /// Texts that are compared in pairs, by Spearman's correlation of cosine and stated similarity.
  private struct Pairs {
    var file: String
    var published: Double
    var remark = ""
  }

  // The public results of MTEB for all-MiniLM-L6-v2.
  private static let pairs = [
    Pairs(file: "stsb-en-test.tsv", published: 0.8203), Pairs(file: "sick-test.tsv", published: 0.7758, remark: "4,927 of 9,927 pairs: the test part"),
    Pairs(file: "sts2012.tsv", published: 0.7237, remark: "1,608 of 3,108 pairs"), Pairs(file: "sts2013.tsv", published: 0.8060),
    Pairs(file: "sts2014.tsv", published: 0.7559), Pairs(file: "sts2015.tsv", published: 0.8539), Pairs(file: "sts2016.tsv", published: 0.7899),
  ]

  private static let retrieval: [(collection: String, published: Double, remark: String, description: TaskDescription)] = [
    ("scifact", 0.6451, "", TaskDescription()), ("nfcorpus", 0.3159, "3,395 of 3,633 documents, preprocessed text", TaskDescription()),
    ("reason-arc-challenge", 0.0948, "4,408 of 9,350 answers, which makes it easier", TaskDescription()),
  ]

  public let rows: [Row]
  /// Collections that are not here.
  public let missing: [String]

  /// Measures what is here.
  ///
  /// - Parameters:
  ///   - embedder: all-MiniLM-L6-v2.
  ///   - laboratory: gives the collections and keeps vectors.
  public init(of embedder: TransformerEmbedder, in laboratory: Laboratory) async throws {
    var rows: [Row] = []
    var missing: [String] = []
    for (name, published, remark, description) in Self.retrieval {
      guard let folder = try? laboratory.data(name) else {
        missing.append(name)
        continue
      }
      laboratory.progress(name)
      let task = try RetrievalTask(folder: folder, description: description)
      let runs = try await CollectionRuns(task, embedder: embedder, in: laboratory)
      let measure = Measure.nDCG(cutoff: 10)
      let evaluation = Evaluation(
        of: try await runs.answers(task)["dense"] ?? Run(), judgements: task.judgements, measures: [measure])
      await runs.close()
      rows.append(Row(
        collection: name, measure: "\(measure)", published: published, ours: evaluation.mean(of: measure) ?? 0, isSameData: remark.isEmpty, remark: remark))
    }
    if let folder = try? laboratory.data("sts") {
      for anchor in Self.pairs {
        laboratory.progress(anchor.file)
        let pairs = try SimilarityPair.read("\(folder)/\(anchor.file)")
        rows.append(Row(
          collection: "sts/\(anchor.file)", measure: "Spearman", published: anchor.published,
          ours: try await Self.correlation(of: pairs, embedder, laboratory), isSameData: anchor.remark.isEmpty, remark: anchor.remark))
      }
    } else {
      missing.append("sts")
    }
    self.rows = rows
    self.missing = missing
  }

  /// Spearman's correlation of the cosines of pairs with the stated similarities.
  private static func correlation(
    of pairs: [SimilarityPair], _ embedder: TransformerEmbedder, _ laboratory: Laboratory
  ) async throws -> Double {
    let first = try await laboratory.vectors(of: pairs.map(\.first), as: .query, with: embedder)
    let second = try await laboratory.vectors(of: pairs.map(\.second), as: .query, with: embedder)
    let cosines = pairs.indices.map { row in zip(first[row], second[row]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) } }
    return Correlation.spearman(cosines, pairs.map(\.score)) ?? 0
  }

  /// The table in Markdown.
  public var markdown: String {
    let lines = rows.map { row in
      let difference = (row.difference < 0 ? "−" : "+") + Self.text(abs(row.difference))
      let cells = [row.collection, row.measure, Self.text(row.published), Self.text(row.ours), difference, row.isSameData ? "same data" : row.remark]
      return "| " + cells.joined(separator: " | ") + " |"
    }
    return (["| collection | measure | published | here | difference | data |", "|---|---|---:|---:|---:|---|"] + lines).joined(separator: "\n") + "\n"
  }

  private static func text(_ value: Double) -> String { ReproductionReport.number(value) }
}
