/// What is learnt from: queries, each with passages that answer it and perhaps some that do not.
///
/// Texts are kept once; examples name them by number, so that a passage can be recognised when it comes by in another example.
public struct TrainingExamples: Sendable {
  /// A query with its passages.
  public struct Example: Hashable, Sendable {
    /// The place of its text in `queries`.
    public var query: Int
    /// Places in `passages`, best first.
    public var positives: [Int]
    /// Places of passages that look relevant and are not.
    public var negatives: [Int]
    /// What a teacher says of the positives, then the negatives.
    public var teacherScores: [Double]
    /// How similar query and first positive are, from 0 to 1, where that was judged.
    public var similarity: Double?
    /// Which of the data sets it comes from.
    public var task: Int

    public init(
      query: Int, positives: [Int], negatives: [Int] = [], teacherScores: [Double] = [], similarity: Double? = nil, task: Int = 0
    ) {
      self.query = query
      self.positives = positives
      self.negatives = negatives
      self.teacherScores = teacherScores
      self.similarity = similarity
      self.task = task
    }
  }

  public private(set) var queries: [String] = []
  public private(set) var passages: [String] = []
  public var examples: [Example] = []
  /// All passages known to answer a query, whether an example uses them or not: they are never taken as negatives.
  public private(set) var relevant: [Int: Set<Int>] = [:]

  /// How many examples have a passage among their positives.
  public private(set) var occurrences: [Int: Int] = [:]

  private var queryPlaces: [String: Int] = [:]
  private var passagePlaces: [String: Int] = [:]

  public init() {}

  /// The place of a query, taken up if it is new.
  public mutating func query(_ text: String) -> Int { Self.place(of: text, in: &queries, &queryPlaces) }

  /// The place of a passage, taken up if it is new.
  public mutating func passage(_ text: String) -> Int { Self.place(of: text, in: &passages, &passagePlaces) }

  /// Takes up an example; its positives are relevant from now on.
  public mutating func append(_ example: Example) {
    examples.append(example)
    relevant[example.query, default: []].formUnion(example.positives)
    for passage in example.positives { occurrences[passage, default: 0] += 1 }
  }

  /// Marks passages as answers to a query, whether an example uses them or not.
  mutating func markRelevant(_ passages: Set<Int>, to query: Int) { relevant[query, default: []].formUnion(passages) }

  /// Takes up all examples of another collection as a task of their own.
  public mutating func append(_ other: TrainingExamples) { append(other, onlyRelevantTo: Set(other.relevant.keys)) }

  /// The same without what is relevant to queries that are not among `questions`; passages are taken up all the same, since they may
  /// become negatives.
  mutating func append(_ other: TrainingExamples, onlyRelevantTo questions: Set<Int>) {
    let task = (examples.map(\.task).max() ?? -1) + 1
    for example in other.examples {
      var copy = example
      copy.query = query(other.queries[example.query])
      copy.positives = example.positives.map { passage(other.passages[$0]) }
      copy.negatives = example.negatives.map { passage(other.passages[$0]) }
      copy.task = task
      append(copy)
    }
    for (question, places) in other.relevant.sorted(by: { $0.key < $1.key }) where questions.contains(question) {
      relevant[query(other.queries[question]), default: []].formUnion(places.sorted().map { passage(other.passages[$0]) })
    }
    for text in other.passages { _ = passage(text) }
  }

  private static func place(of text: String, in texts: inout [String], _ places: inout [String: Int]) -> Int {
    if let place = places[text] { return place }
    places[text] = texts.count
    texts.append(text)
    return texts.count - 1
  }
}
