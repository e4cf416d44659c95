public import ArgumentParser
internal import Foundation
public import Needletail
internal import NeedletailEvaluation

struct RelevanceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relevance",
    abstract: "Learn where a list of answers should end.",
    subcommands: [Fit.self, Show.self])

  struct Fit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Fit a model of relevance to judgements or clicks.",
      discussion: """
        LABELS is a file of JSON lines: {"query": "how do tides work", "document": "notes/tides.md", "relevance": 1}, relevance from \
        0 to 1 (without, 1); or with clicks: {"query": …, "document": …, "clicks": 3, "impressions": 40}. One part of the questions \
        is held out to choose the threshold. Then `needletail search --relevant-only` keeps only what is relevant.
        """)

    @Argument(help: "The file with the labels.", completion: .file()) var labels: String
    @OptionGroup var target: CollectionOptions
    @OptionGroup var embedding: EmbedderOptions
    @OptionGroup var output: OutputOptions
    @Option(help: ArgumentHelp("The curve: global, shift, linear, sqrt, quadratic or power.", valueName: "NAME")) var curve = ScoreMapping.power
    @Option(help: ArgumentHelp("Share of the relevant answers to keep.", valueName: "SHARE")) var recall: Double?
    @Option(help: ArgumentHelp("Share of the answers kept that shall be relevant.", valueName: "SHARE")) var targetPrecision: Double?
    @Option(help: ArgumentHelp("Answers of each question to learn from.", valueName: "N")) var candidates = 200
    @Option(help: ArgumentHelp("Share of the questions that is held out.", valueName: "SHARE")) var heldOut = 0.25
    @Option(help: ArgumentHelp("The seed of everything random.", valueName: "N")) var seed: UInt64 = 1
    @Flag(help: "Learn only from documents with a label; always so with clicks.") var judgedOnly = false
    @OptionGroup var page: CalibrationPageOptions

    func validate() throws {
      guard recall == nil || targetPrecision == nil else { throw ValidationError("--recall and --target-precision exclude each other") }
      guard [recall, targetPrecision].allSatisfy({ $0.map { (0.0...1).contains($0) && $0 > 0 } ?? true }) else {
        throw ValidationError("--recall and --target-precision take a share above 0 and up to 1")
      }
      guard (1...10_000).contains(candidates), heldOut > 0, heldOut < 1 else {
        throw ValidationError("--candidates takes 1 to 10000, --held-out a share between 0 and 1")
      }
    }

    func run() async throws {
      let file = try RelevanceLabelsFile(path: labels)
      let collection = try target.openForReading()
      let embedder = try target.embedder(of: collection, precision: embedding.precision)
      let searcher = Searcher(collection: collection, embedder: embedder, mode: .dense)
      let progress = ProgressLine("Asking", unit: "questions", isEnabled: !output.json)
      let examples = try await InterruptSignal.cancelling { [candidates, judgedOnly] in
        defer { progress.finish() }
        return try await RelevanceExamples(
          file.labels, from: searcher, candidates: candidates, judgedOnly: judgedOnly || file.areClicks
        ) { done in progress.update(done: done, total: file.labels.count) }
      }
      var fitter = RelevanceFitter(mapping: curve, target: targetPrecision.map { .precision($0) } ?? .recall(recall ?? 0.95))
      fitter.seed = seed
      let model = try fitter.fit(
        holdingOut: heldOut, of: examples, embedder: collection.settings.embedder?.digest ?? "", collection: collection.name)
      try model.write(to: target.relevancePath())
      try RelevanceCommand.show(model, as: output, page)
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the model of relevance of a collection and how well it did.")
    @OptionGroup var target: CollectionOptions
    @OptionGroup var page: CalibrationPageOptions
    @OptionGroup var output: OutputOptions

    func run() throws { try RelevanceCommand.show(RelevanceModel(file: target.relevancePath()), as: output, page) }
  }

  /// What there is to know of a model.
  private struct Summary: Encodable {
    let curve: ScoreMapping
    let threshold: Double
    let report: RelevanceModel.Report
  }

  private static func show(_ model: RelevanceModel, as output: OutputOptions, _ page: CalibrationPageOptions) throws {
    if let path = page.html {
      guard let bins = model.report.calibration else { throw CommandProblem.noCalibration(collection: model.collection) }
      try CalibrationChart(
        title: "Relevance in \(model.collection)",
        bins: bins.map { .init(count: $0.count, expected: $0.meanProbability, observed: $0.relevantShare) }
      ).writePage(to: path)
    }
    if output.json { return try JSONOutput.write(Summary(curve: model.mapping, threshold: model.threshold, report: model.report)) }
    let report = model.report
    var table = Table([("on the questions held out", .left), ("", .right)])
    table.add(["questions, candidates", "\(Units.count(report.questions)), \(Units.count(report.candidates))"])
    table.add(["area under precision and recall: cosine", Units.fixed(report.cosineArea, 4)])
    table.add(["area under precision and recall: \(model.mapping.rawValue)", Units.fixed(report.area, 4)])
    table.add(["threshold", Units.fixed(model.threshold, 4)])
    table.add(["relevant answers kept", Units.fixed(report.recall, 4)])
    table.add(["of what is kept, relevant", Units.fixed(report.precision, 4)])
    table.add(["candidates dropped", Units.fixed(report.removed, 4)])
    table.add(["calibration error", Units.fixed(report.calibrationError, 4)])
    Terminal.standardOutput.write(table.rendered(for: .standardOutput))
  }
}

/// Whether a page shows how far probabilities come true.
struct CalibrationPageOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Write a page with expected against observed relevance here.", valueName: "FILE"), completion: .file()) var html: String?
}

extension ScoreMapping: ExpressibleByArgument {}

extension CollectionOptions {
  /// Where the model of relevance of the collection is: with the collection, so that both go away together.
  func relevancePath() throws -> String { try data.directory.collectionPath(collection) + "/relevance.json" }
}
