public import NeedletailCore
internal import NeedletailNumerics

/// Passages that somebody planted in a collection so that they come up.
public enum PlantedPassages {
  /// Reads a file of JSON objects, one a line, with `_id` and `text`.
  public static func read(_ path: String) throws(EvaluationError) -> [Document] {
    var passages: [Document] = []
    try RecordLines.forEach(of: path) { passages.append(Document(id: $0.id, title: $0.title, text: $0.text)) }
    return passages
  }

  /// Passages that a retriever takes for answers to questions like those known: the questions are gathered into as many clusters as passages
  /// are wanted, and a passage strings together those nearest to the centre of its cluster.
  ///
  /// The clusters are those of Zhong et al., "Poisoning Retrieval Corpora by Injecting Adversarial Passages", EMNLP 2023, section 3.2.
  /// Deviation: words are taken from the questions instead of being searched along the encoder's gradient, which needs the questions and their
  /// vectors only, and gives text that a reader sees through.
  ///
  /// - Parameters:
  ///   - questions: those known to whoever plants; others are to be attacked.
  ///   - vectors: one for each question.
  ///   - count: how many passages; fewer questions than that give as many passages as questions.
  ///   - questionsEach: how many questions a passage strings together.
  ///   - seed: of the clusters.
  public static func imitating(
    _ questions: [String], vectors: DenseVectors, count: Int, questionsEach: Int = 4, seed: UInt64
  ) -> [Document] {
    precondition(questions.count == vectors.count && count > 0 && questionsEach > 0, "a vector for each question, and at least one passage")
    guard !questions.isEmpty else { return [] }
    let means = KMeans(vectors.values, dimension: vectors.dimension, parameters: .init(clusterCount: count, seed: seed))
    let clusters = means.clusters(of: vectors.values)
    return (0..<means.clusterCount).compactMap { cluster in
      let centre = means.centroids[cluster * means.dimension..<(cluster + 1) * means.dimension]
      let members = questions.indices.filter { Int(clusters[$0]) == cluster }
      let products = members.map { zip(vectors[$0], centre).reduce(Float(0)) { $0 + $1.0 * $1.1 } }
      let order = members.indices.sorted { (products[$0], $1) > (products[$1], $0) }.prefix(questionsEach)
      guard !order.isEmpty else { return nil }
      return Document(id: "planted-\(cluster)", text: order.map { questions[members[$0]] }.joined(separator: " "))
    }
  }

  /// Passages of as many words drawn at random: what planting anything would do.
  ///
  /// - Parameters:
  ///   - like: passages whose lengths are taken.
  ///   - texts: where words come from.
  ///   - vocabulary: every word is drawn as often as any other, however often it stands in the texts. Without, a word that is frequent in the
  ///     texts is as frequent in the passages, which then are about what the texts are about.
  ///   - seed: of the draws.
  public static func randomWords(like passages: [Document], from texts: [String], vocabulary: Bool = false, seed: UInt64) -> [Document] {
    var words = texts.flatMap { $0.split(whereSeparator: \.isWhitespace) }
    if vocabulary { words = Set(words).sorted() }
    guard !words.isEmpty else { return [] }
    var generator = SeededGenerator(seed: seed)
    return passages.map { passage in
      let length = passage.text.split(whereSeparator: \.isWhitespace).count
      return Document(
        id: "random-\(passage.id)", text: (0..<length).map { _ in String(words[Int(generator.next() % UInt64(words.count))]) }.joined(separator: " "))
    }
  }
}
