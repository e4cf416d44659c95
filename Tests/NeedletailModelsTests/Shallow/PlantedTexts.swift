import NeedletailNumerics

/// Texts about one of several topics: each topic has words of its own, and there are words that all share.
struct PlantedTexts {
  let texts: [String]
  /// The topic of each text.
  let topics: [Int]

  static let topicWords = [
    ["guitar", "melody", "concert", "rhythm", "singer", "chorus", "violin", "opera"],
    ["goal", "striker", "referee", "league", "stadium", "coach", "tackle", "penalty"],
    ["orbit", "rocket", "planet", "comet", "telescope", "lunar", "galaxy", "astronaut"],
  ]
  private static let commonWords = ["people", "today", "many", "place", "year", "great", "thing", "number", "part", "week"]

  init(count: Int, words: Int = 30, seed: UInt64 = 1) {
    var generator = SeededGenerator(seed: seed)
    topics = (0..<count).map { $0 % Self.topicWords.count }
    texts = topics.map { topic in
      (0..<words).map { _ in
        (Bool.random(using: &generator) ? Self.topicWords[topic] : Self.commonWords).randomElement(using: &generator) ?? ""
      }.joined(separator: " ")
    }
  }

  /// The share of texts whose nearest other text, by the given similarity, has the same topic.
  func agreement(similarity: (Int, Int) -> Float) -> Double {
    let right = topics.indices.filter { text in
      let nearest = topics.indices.filter { $0 != text }.max { similarity(text, $0) < similarity(text, $1) }
      return nearest.map { topics[$0] } == topics[text]
    }
    return Double(right.count) / Double(topics.count)
  }
}

func plantedCosine(_ left: some Collection<Float>, _ right: some Collection<Float>) -> Float {
  var (product, leftSquare, rightSquare) = (Float(0), Float(0), Float(0))
  for (a, b) in zip(left, right) {
    product += a * b
    leftSquare += a * a
    rightSquare += b * b
  }
  return product / (leftSquare * rightSquare).squareRoot()
}
