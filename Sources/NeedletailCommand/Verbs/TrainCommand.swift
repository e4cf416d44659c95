internal import ArgumentParser
internal import Foundation
internal import Needletail
internal import NeedletailTraining

struct TrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train an embedding model by a recipe.",
    discussion: """
      A recipe (JSON5) names a model, examples, an objective and an output folder:

        { model: "all-MiniLM-L6-v2", output: "runs/tools", steps: 200,
          data: [{ format: "beir", path: "tools", split: "train", share: [0, 0.9] }], batch: { size: 64 },
          validation: { path: "tools", split: "train", share: [0.9, 1], every: 50 },
          test: { path: "tools", split: "test" } }

      Without labelled examples, a network can learn from texts alone, or from pairs made of the structure of pages:

        data: [{ format: "texts", path: "notes.txt" }], objective: { kind: "reconstruction" }
        data: [{ format: "pages", path: "wiki.jsonl", tasks: ["cloze", "lead", "links"], pairs: 20000 }]

      With head: "sparse" the network learns to weigh the terms of its vocabulary (SPLADE), few of them if they have a price; the result is
      for `needletail sparse encode`:

        head: "sparse", objective: { flops: { query: 3e-4, document: 1e-4 } }

      With untrained: { layers: 2, hidden: 128, vocabulary: 8000, tokens: 128 } it begins with random weights, and the model lends
      its tokenizer.

      `validation` chooses the best values on the way, `test` measures them once in the end; a query may be in one place
      only. The output folder gets metrics.jsonl, plot.html, a checkpoint, the trained model and result.json. After an
      interruption the same command goes on from the last checkpoint, to the same result. Register the model with `needletail model add`.
      """)

  @Argument(help: "The recipe.", completion: .file(extensions: ["json5"]))
  var recipe: String

  @Option(
    help: ArgumentHelp("Write what each step would learn from to a file of JSON lines, and do not train.", valueName: "FILE"),
    completion: .file(extensions: ["jsonl"]))
  var batches: String?

  @OptionGroup var data: DataOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let plan = try TrainingRecipe(path: recipe)
    let registry = data.registry
    let directory = try plan.reading == .terms ? registry.directory(ofTermsAtOrNamed: plan.model) : registry.directory(atOrNamed: plan.model)
    if let batches {
      let training = try TrainingRun(plan, recipePath: recipe, model: directory)
      return try BatchLines(training).write(to: batches)
    }
    let outcome = try await InterruptSignal.cancelling { [recipe, output] in
      let line = ProgressLine("Training", unit: "steps", isEnabled: !output.json)
      let lines = output.json ? nil : line
      defer { line.finish() }
      let training = try TrainingRun(plan, recipePath: recipe, model: directory)
      return try training.run(isCancelled: { Task.isCancelled }) { event in lines?.show(event) }
    }
    try output.json ? JSONOutput.write(outcome) : show(outcome)
  }

  private func show(_ outcome: TrainingRun.Outcome) {
    var text = "Trained \(Units.count(outcome.steps, "step")) in \(Units.duration(seconds: outcome.seconds)); "
    text += "the last loss was \(Units.fixed(outcome.loss, 4)).\n"
    if let before = outcome.before, let after = outcome.after {
      text += "Validation: \(Units.fixed(before, 4)) before, \(Units.fixed(after, 4)) now"
      text += outcome.endedEarly ? " (ended early: it rose no more).\n" : ".\n"
    }
    if let before = outcome.testBefore, let after = outcome.testAfter {
      text += "Test: \(Units.fixed(before, 4)) before, \(Units.fixed(after, 4)) now.\n"
    }
    Terminal.standardOutput.write(text + "Model: \(outcome.model)\n")
  }
}

extension ProgressLine {
  /// Shows how far a training is; validations get a line that stays.
  fileprivate func show(_ event: TrainingRun.Event) {
    switch event {
    case .resumed(let step): Terminal.standardError.write("Going on behind step \(step).\n")
    case .step(let index, let count, let loss, let rate):
      update(done: index, total: count, detail: "loss \(Units.fixed(loss, 4)), \(Units.count(Int(rate))) tokens/s")
    case .validated(let step, let measure, let value, let isBest):
      finish()
      Terminal.standardError.write("step \(step): \(measure) \(Units.fixed(value, 4))\(isBest ? "" : " (not the best)")\n")
    }
  }
}
