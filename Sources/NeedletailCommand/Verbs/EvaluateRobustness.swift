internal import ArgumentParser
internal import Foundation
internal import Needletail
internal import NeedletailEvaluation
internal import NeedletailReproduction
internal import NeedletailText

struct EvaluateRobustness: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "robustness",
    abstract: "What misspelt, reordered and shortened questions cost, with fair means over collections.",
    discussion: """
      Measures BM25, the model and both joined on every DIR as it is and under each family of variations. Marginal means weigh
      kinds of collections alike (DIR:KIND names the kind). With --planted, passages of a JSONL file are added to each collection,
      and how often they come up is counted; with --poison N, N passages that imitate half of the questions, for the other half.
      """)

  @Argument(help: "Folders of tasks, each perhaps with a colon and its kind.", completion: .directory) var directories: [String]
  @Option(help: ArgumentHelp("Vary the questions so many times.", valueName: "N")) var rounds = 3
  @Option(help: ArgumentHelp("Most questions of each collection.", valueName: "N")) var questions = 1000
  @Option(help: ArgumentHelp("Synonyms: a line for each set of words, or a folder with WordNet's data files; without, everyday words.", valueName: "PATH")) var synonyms: String?
  @Option(help: ArgumentHelp("Passages (`_id`, `text` on each line) that are planted in each collection.", valueName: "FILE"), completion: .file())
  var planted: String?
  @Option(help: ArgumentHelp("Make and plant so many passages, and as many of random words.", valueName: "N")) var poison: Int?
  @Option(help: ArgumentHelp("Write a page here.", valueName: "FILE"), completion: .file()) var html: String?
  @Option(help: ArgumentHelp("The embedding model.", valueName: "NAME")) var model = ModelRegistry.defaultModelName
  @OptionGroup var laboratory: LaboratoryOptions
  @OptionGroup var catalogue: CatalogueOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard poison.map({ (1...10_000).contains($0) }) ?? true else { throw ValidationError("--poison takes 1 to 10000") }
    guard (1...1000).contains(rounds), questions > 1 else { throw ValidationError("--rounds takes 1 to 1000, --questions 2 or more") }
  }

  func run() async throws {
    let line = ProgressLine("Robustness", unit: "%", isEnabled: !output.json)
    let study = try await laboratory.with(catalogue, line) { laboratory in try await measured(in: laboratory) }
    line.finish()
    if let html { try study.writePage(to: html) }
    try output.json ? JSONOutput.write(study) : show(study)
  }

  private func measured(in laboratory: Laboratory) async throws -> RobustnessStudy {
    let embedder = try laboratory.embedder(named: model, precision: .bfloat16)
    let synonyms = try self.synonyms.map { path in
      var isFolder: ObjCBool = false
      _ = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      return try isFolder.boolValue ? SynonymTable.readWordNet(folder: path) : SynonymTable.read(path)
    }
    let extra = try planted.map { try PlantedPassages.read($0) } ?? []
    var study = RobustnessStudy(of: CollectionRuns.systems)
    var sample: [Float] = []
    for argument in directories {
      let parts = argument.split(separator: ":", maxSplits: 1).map(String.init)
      var task = try RetrievalTask(folder: parts[0])
      task.keep(questions: questions)
      let runs = try await CollectionRuns(task, embedder: embedder, in: laboratory)
      laboratory.progress("Varying the questions of \(task.name)")
      try await study.add(
        task, cell: parts.count == 2 ? parts[1] : task.kind.rawValue, seeds: (0..<UInt64(rounds)).map { laboratory.seed &+ $0 },
        stopWords: StopWords.english, synonyms: synonyms ?? SynonymTable.everyday
      ) { try await runs.answers($0) }
      sample += runs.documents.values.prefix(2000 * runs.documents.dimension)
      await runs.close()
      if !extra.isEmpty {
        let runs = try await CollectionRuns(task, planted: extra, embedder: embedder, in: laboratory)
        study.addAttack(on: task, planted: Set(extra.map(\.id)), runs: try await runs.answers(task))
        await runs.close()
      }
      if let poison { try await PoisoningTrial.add([poison], on: task, to: &study, embedder: embedder, in: laboratory) }
    }
    let vectors = DenseVectors(dimension: embedder.profile.dimension, values: sample)
    if vectors.count > 1 {
      study.geometry = [.init(
        system: "dense", averageCosine: EmbeddingGeometry.averageCosine(vectors, seed: laboratory.seed), isoScore: EmbeddingGeometry.isoScore(vectors))]
    }
    return study
  }

  private func show(_ study: RobustnessStudy) throws {
    let terminal = Terminal.standardOutput
    let families = QueryVariation.Family.allCases.filter { family in study.drops.contains { $0.family == family } }
    let means = try study.marginalMeans()
    var table = Table([("system", .left), ("marginal mean", .right), ("over queries", .right)] + families.map { ($0.rawValue, .right) })
    for (number, system) in study.systems.enumerated() {
      table.add(
        [system, Units.fixed(means.means[number], 4), Units.fixed(means.microMeans[number], 4)]
          + families.map { "\(Units.fixed(-100 * (study.dropRate(of: system, under: $0) ?? 0), 1)) %" })
    }
    terminal.write(table.rendered(for: terminal))
    for shape in study.geometry {
      terminal.write("Vectors: average cosine \(Units.fixed(shape.averageCosine, 3)), IsoScore \(Units.fixed(shape.isoScore, 3))\n")
    }
    guard !study.attacks.isEmpty else { return }
    var attacks = Table([("collection", .left), ("planted", .left), ("system", .left)] + RobustnessStudy.attackDepths.map { ("in first \($0)", .right) })
    for attack in study.attacks {
      attacks.add([attack.task, "\(attack.passages) \(attack.attack)", attack.system] + RobustnessStudy.attackDepths.map { Units.fixed(attack.shares[$0] ?? 0, 3) })
    }
    terminal.write("\n" + attacks.rendered(for: terminal))
  }
}
