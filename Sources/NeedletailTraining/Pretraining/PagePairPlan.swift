internal import NeedletailNumerics

/// How many pairs are made of pages, and of which tasks.
public struct PagePairPlan: Hashable, Sendable {
  public var tasks: [PagePairs.Task] = PagePairs.Task.structural
  public var count = 20_000
  /// Longer passages are cut into parts of about as many sentences.
  public var passageSentences: Int?
  /// Lines without a title that make a passage together.
  public var linesPerPassage = 1
  /// How often a sentence stays in the passage it was taken from.
  public var keptShare: Float = 0

  public init() {}

  /// Reads pages and makes the pairs.
  ///
  /// - Throws: when the file cannot be read, or its pages lack what all tasks need.
  func examples(path: String, seed: UInt64, pool: WorkerPool) throws(TrainingError) -> TrainingExamples {
    let pages = try PageReader.read(path: path, linesPerPassage: linesPerPassage)
    let pairs = PagePairs(pages, passageSentences: passageSentences, keptShare: keptShare, pool: pool)
    guard tasks.contains(where: pairs.canMake) else {
      throw .unsuitableData(
        reason: "The pages of \(path) suit none of the tasks \(tasks.map(\.rawValue).joined(separator: ", ")): cloze needs passages of two "
          + "sentences, lead needs pages with a `section` behind an opening without one, links needs passages that name other titles, crops needs passages of eight words")
    }
    return pairs.examples(tasks, count: count, seed: seed)
  }
}

extension PagePairPlan {
  /// Takes the fields of a source of the format `pages`.
  init(_ fields: inout RecipeObject) throws(TrainingError) {
    self.init()
    tasks = try fields.choices("tasks", PagePairs.Task.self) ?? tasks
    count = try fields.integer("pairs", in: 1...100_000_000) ?? count
    passageSentences = try fields.integer("sentences", in: 2...10_000)
    linesPerPassage = try fields.integer("lines", in: 1...10_000) ?? linesPerPassage
    keptShare = try fields.number("kept", in: 0...1).map { Float($0) } ?? keptShare
  }
}
