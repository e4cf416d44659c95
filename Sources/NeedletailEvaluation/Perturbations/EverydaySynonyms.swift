extension SynonymTable {
  /// Sets of everyday English words that may stand for each other in a question, for measurements where no larger table is at hand.
  public static let everyday: [String: [String]] = {
    var synonyms: [String: [String]] = [:]
    for set in everydaySets {
      let words = set.split(separator: " ").map(String.init)
      for word in words { synonyms[word, default: []] += words.filter { $0 != word && synonyms[word]?.contains($0) != true } }
    }
    return synonyms
  }()

  private static let everydaySets = [
    "big large huge", "small little tiny", "fast quick rapid", "slow sluggish", "begin start commence", "end finish conclude", "help assist aid",
    "find locate discover", "get obtain receive", "give provide supply", "show display present", "make create produce", "build construct",
    "buy purchase", "sell vend", "use employ utilize", "need require", "want desire", "think believe", "say state", "tell inform",
    "ask inquire", "answer reply response", "change alter modify", "improve enhance better", "increase raise", "increases raises",
    "increased raised", "reduce decrease lower", "reduces decreases lowers", "reduced decreased lowered", "stop halt cease", "keep retain maintain",
    "choose select pick", "try attempt", "allow permit", "prevent avoid", "cause trigger", "causes triggers", "effect impact influence",
    "effects impacts influences", "result outcome", "results outcomes findings", "problem issue", "problems issues", "method approach technique",
    "methods approaches techniques", "important significant essential", "different distinct", "similar alike comparable", "new novel recent",
    "old ancient", "good fine", "bad poor", "right correct", "wrong incorrect", "hard difficult tough", "easy simple", "rich wealthy",
    "sick ill", "disease illness", "diseases illnesses", "doctor physician", "drug medication", "drugs medications", "medicine drug",
    "child kid", "children kids", "car automobile", "house home", "job occupation", "work labor", "money cash", "price cost", "prices costs",
    "country nation", "countries nations", "city town", "street road", "picture image photo", "pictures images photos", "movie film",
    "book volume", "story tale", "song tune", "list enumerate", "convert transform", "calculate compute", "compare contrast",
    "analyze examine study", "check verify", "explain clarify", "describe depict", "define specify", "remove delete eliminate", "add append insert",
    "join combine merge", "split divide separate", "count number", "total sum", "average mean", "amount quantity", "size dimension", "speed velocity",
    "heat warmth", "cold chilly", "rain shower", "weather climate", "food nourishment", "meal dish", "recipe preparation", "travel journey trip",
    "search look", "website site", "information data", "article paper", "articles papers", "text document", "file document", "word term",
    "words terms", "function routine", "return yield", "error fault mistake", "test trial", "experiment trial", "theory hypothesis",
    "cell unit", "growth development", "decline decrease drop", "risk danger hazard", "safe secure", "protect shield", "treat cure",
    "treatment therapy", "treatments therapies", "test examination", "possible feasible", "necessary required", "main chief principal",
    "famous renowned", "person individual", "people persons", "woman lady", "man gentleman", "company firm business", "companies firms businesses",
    "war conflict", "law statute", "king monarch", "leader head", "died perished", "born delivered", "located situated", "called named",
    "made created", "built constructed", "won gained", "lost forfeited", "flow stream current", "pressure stress", "surface face", "wing airfoil",
    "shape form", "structure construction", "equation formula", "solution answer", "calculation computation", "measurement reading",
    "generate create produce", "recommend suggest", "recommendations suggestions", "latest newest", "current present", "trending popular",
    "details particulars", "plan schedule", "summary overview abstract", "translate render", "learn study", "teach instruct",
  ]
}
