internal import NeedletailNumerics

/// Says a question in other words by rules: what asks changes, what is asked about stays.
///
/// Stands in for the paraphrases of translators and language models that Penha et al. (ECIR 2022, section 3.1) generate; it rewords the frame
/// of a question only, which is the milder half of what they do. English.
enum QuestionRewording {
  /// Beginnings of questions, in lower case, longest first where one begins another, and what may stand in their place; `*` is the rest.
  private static let openings: [(beginning: String, forms: [String])] = [
    ("what is the difference between ", ["how do * differ", "compare *", "in which way are * different"]),
    ("what are the effects of ", ["which effects does * have", "how does * affect things", "consequences of *"]),
    ("what is the effect of ", ["which effect does * have", "how does * act", "impact of *"]),
    ("what is the ", ["tell me the *", "I would like to know the *", "please name the *"]),
    ("what are the ", ["list the *", "I would like to know the *", "please name the *"]),
    ("what is ", ["explain *", "tell me about *", "give a definition of *"]),
    ("what are ", ["explain *", "tell me about *", "give an overview of *"]),
    ("what ", ["which *", "tell me what *", "I want to know what *"]),
    ("which ", ["what *", "tell me which *", "I want to know which *"]),
    ("who ", ["tell me who *", "name the person who *", "I want to know who *"]),
    ("when ", ["at what time *", "tell me when *", "in which year *"]),
    ("where ", ["in which place *", "tell me where *", "I want to know where *"]),
    ("why ", ["for what reason *", "explain why *", "how come *"]),
    ("how many ", ["what number of *", "tell me the count of *", "I want to know how many *"]),
    ("how much ", ["what amount of *", "tell me how much *", "I want to know how much *"]),
    ("how to ", ["what is the way to *", "steps to *", "I want to *"]),
    ("how can i ", ["what should I do to *", "help me to *", "is there a way to *"]),
    ("how ", ["in which way *", "explain how *", "I want to know how *"]),
    ("can you ", ["would you *", "I need you to *", "please *"]), ("could you ", ["would you *", "I need you to *", "please *"]),
    ("i need ", ["I am looking for *", "please get me *", "could I have *"]), ("i want ", ["I would like *", "my wish is *", "let me have *"]),
    ("please ", ["could you *", "I would like you to *", "kindly *"]),
    ("is ", ["tell me whether it is true that *", "I wonder whether *", "does it hold that *"]),
    ("are ", ["tell me whether *", "I wonder whether *", "does it hold that *"]),
  ]

  /// For what begins in no such way: a statement or keywords.
  private static let frames = ["documents about *", "I am looking for something on *", "find what is known about *", "* – what is known"]

  /// The question in other words; nil where there is none.
  static func reworded(_ text: String, using generator: inout SeededGenerator) -> String? {
    let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard !words.isEmpty else { return nil }
    let lower = words.lowercased()
    let opening = openings.first { lower.hasPrefix($0.beginning) && lower.count > $0.beginning.count }
    var rest = opening.map { String(words.dropFirst($0.beginning.count)) } ?? words
    while let last = rest.last, "?.!".contains(last) { rest.removeLast() }
    guard !rest.isEmpty, let form = (opening?.forms ?? frames).randomElement(using: &generator) else { return nil }
    return form.replacing("*", with: rest)
  }
}
