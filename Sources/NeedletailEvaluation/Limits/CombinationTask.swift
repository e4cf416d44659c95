internal import NeedletailCore
internal import NeedletailNumerics

/// A trivial task in plain words that no single-vector retriever of moderate dimension can do: "Who likes X?", where the pairs
/// of people that queries ask for form a chosen pattern.
///
/// The construction of Weller et al. (2025, section 5): each query has an attribute of its own, which exactly two people like;
/// everybody is filled up with attributes that no query asks for. Names and attributes are made of word lists of our own.
public struct CombinationTask: Sendable {
  public var pattern = RelevancePattern.dense
  public var documentCount = 46
  public var queryCount = 1000
  /// Attributes of a person, at least; those of queries included.
  public var attributesPerDocument = 46
  public var seed: UInt64 = 1

  public init() {}

  /// Makes documents, questions and judgements.
  ///
  /// - Throws: `invalidPattern` if the pattern needs more documents, or there are more queries than attributes.
  public func make() throws(EvaluationError) -> RetrievalTask {
    var generator = SeededGenerator(seed: seed)
    var attributes = Self.attributes.shuffled(using: &generator)
    guard queryCount > 0, queryCount + attributesPerDocument <= attributes.count else {
      throw .invalidPattern(reason: "there are \(attributes.count) attributes for \(queryCount) queries and the filling of people")
    }
    let pairs = try pattern.pairs(queryCount: queryCount, documentCount: documentCount, using: &generator)
    let asked = Array(attributes.prefix(queryCount))
    attributes.removeFirst(queryCount)

    var liked = [[String]](repeating: [], count: documentCount)
    for (query, pair) in pairs.enumerated() { for person in pair { liked[person].append(asked[query]) } }
    var corpus: [Document] = []
    for person in 0..<documentCount {
      var items = liked[person]
      var chosen: Set<Int> = []
      while items.count < attributesPerDocument {
        let next = Int.random(in: 0..<attributes.count, using: &generator)
        if chosen.insert(next).inserted { items.append(attributes[next]) }
      }
      items.shuffle(using: &generator)
      let name = Self.name(person)
      let list = items.dropLast().joined(separator: ", ") + " and " + (items.last ?? "")
      corpus.append(Document(id: name, title: "", text: "\(name) likes \(list).", payload: [:]))
    }
    let queries = asked.indices.map { RetrievalTask.Question(id: "query-\($0)", text: "Who likes \(asked[$0])?") }
    var judgements: Judgements = [:]
    for (query, pair) in pairs.enumerated() {
      judgements["query-\(query)"] = Dictionary(uniqueKeysWithValues: pair.map { (corpus[$0].id, 1) })
    }
    return RetrievalTask(name: "combinations-\(pattern.rawValue)", corpus: corpus, queries: queries, judgements: judgements)
  }

  private static let qualities = [
    "amber", "antique", "baked", "blue", "bright", "broad", "carved", "chilled", "coastal", "crisp", "dark", "distant", "dry", "early",
    "folded", "foreign", "fresh", "frosted", "gentle", "gilded", "glass", "golden", "green", "hollow", "iron", "late", "light", "little",
    "loud", "marble", "mossy", "narrow", "northern", "old", "painted", "paper", "quiet", "red", "round", "salted", "silver", "slow",
    "smoked", "soft", "striped", "sunlit", "sweet", "tall", "velvet", "wild",
  ]

  private static let things = [
    "apples", "balconies", "bells", "boats", "bridges", "candles", "canyons", "chairs", "cheeses", "clocks", "clouds", "drums", "ferns",
    "flutes", "gardens", "gloves", "harbours", "horses", "kites", "ladders", "lakes", "lamps", "letters", "maps", "mirrors", "orchards",
    "owls", "pianos", "pickles", "pigeons", "quilts", "rivers", "roofs", "shells", "songs", "stairs", "trains", "violins", "walls",
    "windows",
  ]

  /// All attributes there are.
  public static let attributes = qualities.flatMap { quality in things.map { "\(quality) \($0)" } }

  /// A name that nobody else has.
  private static func name(_ number: Int) -> String {
    let first = ["Ba", "Da", "Fe", "Ga", "Ha", "Jo", "Ke", "La", "Mi", "Na", "O", "Pe", "Ra", "Sa", "Ti", "Vi", "Wa", "Yu", "Za", "E"]
    let middle = ["bel", "ci", "dor", "fi", "la", "lin", "mo", "na", "ra", "ri", "ro", "sa", "to", "va", "wen", "xa", "ya", "zi", "ka", "lu"]
    let last = ["Arden", "Bellamy", "Corvin", "Dalloway", "Ellis", "Farrow", "Garrick", "Hollis", "Ingram", "Jarvis"]
    let parts = [number % 20, number / 20 % 20, number / 400 % 20, number / 8000 % 10, number / 80_000]
    let suffix = parts[4] == 0 ? "" : " \(parts[4] + 1)"
    return first[parts[0]] + middle[parts[1]] + middle[parts[2]] + " " + last[parts[3]] + suffix
  }
}
