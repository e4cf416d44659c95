internal import NeedletailEvaluation

/// The judged queries that a recipe names, of which none is in two places: a figure on queries that were learnt from, or that chose among
/// results, flatters.
struct JudgedQueries {
  let validation: RetrievalTask?
  let test: RetrievalTask?

  /// - Parameters:
  ///   - recipe: says where they are.
  ///   - trained: the queries that are learnt from.
  /// - Throws: when files are missing, a share is empty, or a query is in two places.
  init(_ recipe: TrainingRecipe, trained: [String]) throws(TrainingError) {
    validation = try Self.read(recipe.validation?.heldOut, "validation")
    test = try Self.read(recipe.test, "test")
    let trained = Set(trained)
    try Self.check(validation, "validation", against: trained, "trained on")
    try Self.check(test, "test", against: trained, "trained on")
    try Self.check(test, "test", against: Set(validation?.queries.map(\.text) ?? []), "validated with")
  }

  private static func read(_ heldOut: TrainingRecipe.HeldOut?, _ key: String) throws(TrainingError) -> RetrievalTask? {
    guard let heldOut else { return nil }
    var task: RetrievalTask
    do {
      task = try BEIRReader.read(directory: heldOut.path, split: heldOut.split)
    } catch {
      throw .unsuitableData(reason: "`\(key)`: \(error)")
    }
    if let share = heldOut.share { task = task.keeping(share) }
    guard !task.queries.isEmpty else { throw .unsuitableData(reason: "`\(key)` has no queries; choose another `split` or `share`") }
    return task
  }

  private static func check(
    _ task: RetrievalTask?, _ key: String, against others: Set<String>, _ use: String
  ) throws(TrainingError) {
    guard let task else { return }
    let shared = task.queries.count { others.contains($0.text) }
    guard shared == 0 else {
      throw .unsuitableData(
        reason: "\(shared) of the \(task.queries.count) queries of `\(key)` are \(use) as well, which would flatter the measure; choose "
          + "another `split`, or give each of them a `share` of the queries")
    }
  }
}
