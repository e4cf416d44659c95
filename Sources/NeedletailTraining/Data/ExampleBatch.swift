/// What one step learns from: queries against passages, by number.
public struct ExampleBatch: Hashable, Sendable {
  /// Places in `TrainingExamples.queries`.
  public var queries: [Int] = []
  /// Places in `TrainingExamples.passages`; each occurs once.
  public var passages: [Int] = []
  /// For each query the columns of `passages` that answer it, best first.
  public var positives: [[Int]] = []
  /// For each query the columns of its own negatives.
  public var negatives: [[Int]] = []
  /// For each query the columns that are known to answer it and yet are not among its positives: they count as nothing.
  public var ignored: [Set<Int>] = []
  /// For each query what a teacher says of its positives, then its negatives; empty without a teacher.
  public var teacherScores: [[Double]] = []
  /// For each passage, how many examples have it among their positives: in-batch negatives come up as often.
  public var occurrences: [Int] = []
  /// For each query how similar its first positive is, where that was judged.
  public var similarities: [Double?] = []
  /// The steps taken before, for objectives that change with time.
  public var step = 0

  /// Makes a batch of some examples.
  ///
  /// - Parameters:
  ///   - indices: places in `data.examples`.
  ///   - data: the examples.
  ///   - positiveCount: how many positives a query brings at most. With more, they are drawn.
  ///   - negativeCount: how many of its own negatives a query brings at most; with a teacher the first ones, otherwise drawn.
  ///   - minedNegatives: more negatives for each query of the data; examples that a teacher has scored do not take them.
  ///   - randomness: draws.
  public init(
    _ indices: some Sequence<Int>, of data: TrainingExamples, positiveCount: Int, negativeCount: Int, minedNegatives: [[Int]] = [],
    using randomness: inout some RandomNumberGenerator
  ) {
    var columns: [Int: Int] = [:]
    func column(_ passage: Int, _ passages: inout [Int]) -> Int {
      if let column = columns[passage] { return column }
      columns[passage] = passages.count
      passages.append(passage)
      return passages.count - 1
    }
    for index in indices {
      let example = data.examples[index]
      let hasTeacher = !example.teacherScores.isEmpty
      let chosen = Self.some(positiveCount, of: example.positives, inOrder: hasTeacher, using: &randomness)
      var candidates = example.negatives
      if !minedNegatives.isEmpty, !hasTeacher { candidates += minedNegatives[example.query].filter { !candidates.contains($0) } }
      let others = Self.some(negativeCount, of: candidates, inOrder: hasTeacher, using: &randomness)
      queries.append(example.query)
      positives.append(chosen.map { column($0, &passages) })
      negatives.append(others.map { column($0, &passages) })
      let scores = example.teacherScores
      teacherScores.append(
        hasTeacher ? Array(scores.prefix(chosen.count)) + Array(scores.dropFirst(example.positives.count).prefix(others.count)) : [])
      similarities.append(example.similarity)
    }
    occurrences = passages.map { data.occurrences[$0] ?? 0 }
    for (row, query) in queries.enumerated() {
      let known = data.relevant[query] ?? []
      ignored.append(Set(passages.indices.filter { known.contains(passages[$0]) && !positives[row].contains($0) }))
    }
  }

  private static func some(_ count: Int, of places: [Int], inOrder: Bool, using randomness: inout some RandomNumberGenerator) -> [Int] {
    if places.count <= count || inOrder { return Array(places.prefix(count)) }
    let drawn = Set(places.indices.shuffled(using: &randomness).prefix(count))
    return places.indices.filter(drawn.contains).map { places[$0] }
  }
}
