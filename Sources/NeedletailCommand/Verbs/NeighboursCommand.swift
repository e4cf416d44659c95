internal import ArgumentParser
internal import Foundation
internal import Needletail

/// Shows what a shallow model learned about a word: a verb of `model`.
struct NeighboursCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "neighbours",
    abstract: "Show the words nearest to a word, sense by sense where the model has senses.")

  @Argument(help: "The model; one that `model learn` made.") var name: String
  @Argument(help: "The word.") var word: String
  @Option(name: .customLong("in"), help: ArgumentHelp("A text with the word: tells which of its senses is meant.", valueName: "TEXT"))
  var text: String?
  @Option(name: .shortAndLong, help: ArgumentHelp("Number of words.", valueName: "N")) var top = 10
  @OptionGroup var data: DataOptions
  @OptionGroup var output: OutputOptions

  private struct Group: Encodable {
    /// The number of the sense, and its share of the occurrences, in models that have senses.
    var sense: Int?
    var prior: Float?
    /// Whether it is the one meant in the given text.
    var isMeant: Bool?
    var neighbours: [Neighbour]
  }

  private struct Neighbour: Encodable {
    var word: String
    var similarity: Float
  }

  func validate() throws {
    guard (1...10_000).contains(top) else { throw ValidationError("--top takes a number from 1 to 10000") }
  }

  func run() async throws {
    guard let asked = AlphabeticWords().words(of: word).first else { throw CommandProblem.unknownWord(word, model: name) }
    let groups: [Group]?
    switch try data.registry.shallowModel(named: name) {
    case .wordVectors(let model): groups = model.vector(of: asked).map { [plain(model.nearestWords(to: $0, limit: top + 1), asked)] }
    case .paragraphVectors(let model): groups = model.vector(of: asked).map { [plain(model.nearestWords(to: $0, limit: top + 1), asked)] }
    case .wordSenses(let model): groups = senses(of: asked, model)
    case .binaryCodes:
      throw ModelError.invalidRequest(reason: "\(name) has codes of texts, not vectors of words.")
    }
    guard let groups else { throw CommandProblem.unknownWord(asked, model: name) }
    if output.json { return try JSONOutput.write(groups) }
    for group in groups {
      if let sense = group.sense, let prior = group.prior {
        let mark = group.isMeant == true ? ", meant here" : ""
        Terminal.standardOutput.write("sense \(sense) (\(Units.fixed(Double(prior) * 100, 0)) %\(mark))\n")
      }
      for neighbour in group.neighbours {
        Terminal.standardOutput.write("  \(Units.fixed(Double(neighbour.similarity), 3))  \(neighbour.word)\n")
      }
    }
  }

  private func plain(_ nearest: [(word: String, similarity: Float)], _ asked: String) -> Group {
    Group(neighbours: nearest.filter { $0.word != asked }.prefix(top).map { Neighbour(word: $0.word, similarity: $0.similarity) })
  }

  private func senses(of asked: String, _ model: WordSenses) -> [Group]? {
    let context = text.map { AlphabeticWords().words(of: $0).filter { $0 != asked } }
    let meant = context.flatMap { model.sense(of: asked, among: $0) }
    return model.senses(of: asked)?.map { sense in
      let nearest = model.nearestSenses(to: sense.vector, limit: top + model.options.senses).filter { $0.word != asked }.prefix(top)
      return Group(
        sense: sense.number, prior: sense.prior, isMeant: meant.map { $0 == sense.number },
        neighbours: nearest.map { Neighbour(word: $0.word, similarity: $0.similarity) })
    }
  }
}
