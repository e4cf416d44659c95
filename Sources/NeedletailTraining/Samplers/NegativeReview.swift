/// Leaves out negatives that a judge who reads query and passage together takes for answers: search finds many that nobody has marked (Qu
/// et al., "RocketQA", NAACL 2021, section 3.3, "denoised hard negatives").
public struct NegativeReview: Hashable, Sendable {
  /// Negatives that score higher are left out; for a cross-encoder with a sigmoid the paper takes 0.1.
  public var highest: Double

  public init(highest: Double = 0.1) { self.highest = highest }

  /// Examples without the negatives that are probably answers.
  ///
  /// - Parameters:
  ///   - examples: those that a teacher has scored stay as they are.
  ///   - scores: says how well each passage answers a query; asked once for each example with negatives.
  /// - Returns: the examples, and how many negatives were left out.
  public func reviewed(
    _ examples: TrainingExamples, scores: (_ passages: [String], _ query: String) throws -> [Float]
  ) rethrows -> (examples: TrainingExamples, leftOut: Int) {
    var (result, leftOut) = (examples, 0)
    for place in examples.examples.indices {
      let example = examples.examples[place]
      guard example.teacherScores.isEmpty, !example.negatives.isEmpty else { continue }
      let found = try scores(example.negatives.map { examples.passages[$0] }, examples.queries[example.query])
      let kept = zip(example.negatives, found).filter { $0.1 <= Float(highest) }.map(\.0)
      leftOut += example.negatives.count - kept.count
      result.examples[place].negatives = kept
    }
    return (result, leftOut)
  }
}
