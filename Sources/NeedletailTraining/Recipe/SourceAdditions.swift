internal import NeedletailCore
internal import NeedletailModels
internal import NeedletailNumerics

/// What a recipe adds to the examples of a source.
///
/// ```json5
/// { format: "beir", path: "data/tools", word_negatives: 4, teacher: "words", misspelt: 0.3 }
/// ```
public struct SourceAdditions: Hashable, Sendable {
  /// Negatives that share words with the query; see `TrainingExamples.addNegatives(by:count:)`.
  public var wordNegatives = 0
  /// Whether word search is the teacher; see `TrainingExamples.addTeacher(_:)`.
  public var wordsTeach = false
  /// The share of the examples that get a copy with a misspelt query; see `TrainingExamples.addMisspelt(share:seed:)`.
  public var misspelt = 0.0

  private enum TeacherName: String, CaseIterable { case words }

  /// Takes the fields of a source; nil if it has none of them.
  init?(_ fields: inout RecipeObject) throws(TrainingError) {
    wordNegatives = try fields.integer("word_negatives", in: 1...1000) ?? 0
    wordsTeach = try fields.choice("teacher", TeacherName.self) == .words
    misspelt = try fields.number("misspelt", in: 0...1) ?? 0
    if self == SourceAdditions() { return nil }
  }

  private init() {}

  /// Whether all passages are searched, not only those that queries name.
  var searchesPassages: Bool { wordNegatives > 0 }

  /// Negatives first, as the teacher scores them too; misspelt copies last, with the scores of what was meant.
  func apply(to examples: inout TrainingExamples, seed: UInt64) throws {
    if wordNegatives > 0 || wordsTeach {
      let search = try WordSearch(examples.passages)
      if wordNegatives > 0 { try examples.addNegatives(by: search, count: wordNegatives) }
      if wordsTeach { try examples.addTeacher(search) }
    }
    if misspelt > 0 { examples.addMisspelt(share: misspelt, seed: seed) }
  }
}

/// A cross-encoder that looks at the negatives of all examples before a training begins; see `NegativeReview`.
///
/// ```json5
/// review: { model: "models/ms-marco-MiniLM-L6-v2", highest: 0.1 }
/// ```
public struct ReviewPlan: Hashable, Sendable {
  /// The directory of the cross-encoder.
  public var model: String
  public var review: NegativeReview

  init(_ object: RecipeObject, _ resolved: (String) -> String) throws(TrainingError) {
    var fields = object
    model = resolved(try fields.requiredString("model"))
    review = NegativeReview(highest: try fields.number("highest", in: -1e6...1e6) ?? 0.1)
    try fields.finish()
  }

  func reviewed(_ examples: TrainingExamples, pool: WorkerPool) throws -> TrainingExamples {
    let judge = try CrossEncoder(path: model, pool: pool)
    return try review.reviewed(examples) { try judge.scores(of: $0, for: $1) }.examples
  }
}
