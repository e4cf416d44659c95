internal import ArgumentParser
internal import Foundation
internal import Needletail

/// Makes an ordinary model of a model and an adapter.
struct ModelMergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Add a low-rank adapter (LoRA, as PEFT writes it) to the weights of its model.",
    discussion: """
      The result is a model directory that every tool reads:

        needletail model merge runs/tools/adapter tools-model --base all-MiniLM-L6-v2
        needletail model add tools-model
      """)

  @Argument(help: "The directory of the adapter.", completion: .directory) var adapter: String
  @Argument(help: "The directory to write.", completion: .directory) var target: String
  @Option(
    help: ArgumentHelp(
      "The model it was trained on: a registered one or a directory; otherwise the one that the adapter names.", valueName: "MODEL"),
    completion: .directory)
  var base: String?
  @OptionGroup var data: DataOptions
  @OptionGroup var output: OutputOptions

  private struct Report: Encodable {
    let model: String
    let base: String
    let rank: Int
    /// Weights that were added to.
    let weights: Int
  }

  func run() throws {
    guard let name = try base ?? LowRankAdapter.base(ofAdapter: adapter) else {
      throw ValidationError("the adapter does not say what it was trained on: give --base")
    }
    let directory = try data.registry.directory(atOrNamed: name)
    let addition = try LowRankAdapter(path: adapter, for: directory)
    try directory.applying(addition).save(to: target, replacing: [:])
    let report = Report(model: target, base: directory.path, rank: addition.rank, weights: addition.additions.count)
    if output.json { return try JSONOutput.write(report) }
    Terminal.standardOutput.write(
      "Added \(Units.count(report.weights, "matrix", plural: "matrices")) of rank \(report.rank) to \(name): \(target)\n")
  }
}

extension ModelRegistry {
  /// The embedding model in a directory, or the registered one of that name.
  func directory(atOrNamed name: String) throws -> ModelDirectory {
    let path = NSString(string: name).expandingTildeInPath
    return FileManager.default.fileExists(atPath: path + "/config.json") ? try ModelDirectory(path: path) : try directory(named: name)
  }

  /// The same for a network that weighs terms or is to learn it: an embedding model, a sparse one, or one of masked language modelling.
  func directory(ofTermsAtOrNamed name: String) throws -> ModelDirectory {
    let path = NSString(string: name).expandingTildeInPath
    if FileManager.default.fileExists(atPath: path + "/config.json") { return try ModelDirectory(sparse: path) }
    guard let known = models().first(where: { $0.name == name }) else { return try directory(named: name) }
    return try ModelDirectory(sparse: known.path)
  }

  /// The directory of a model of some kind: a directory that is given, or that of the registered one of that name.
  func path(atOrNamed name: String, as kind: ModelKind) throws -> String {
    let path = NSString(string: name).expandingTildeInPath
    return FileManager.default.fileExists(atPath: path + "/config.json") ? path : try self.path(named: name, as: kind)
  }
}
