internal import NeedletailCore
internal import NeedletailRetrieval

/// A found passage as the list of results shows it.
struct AnswerCard: Hashable, Sendable {
  struct Heading: Hashable, Sendable {
    let headingText: String
  }

  struct Reason: Hashable, Sendable {
    let reasonSource: String
    let reasonRank: Int
    let reasonScore: String
    let reasonHint: String
  }

  let cardTitle: String
  let documentHref: String
  let similarHref: String
  let cardPath: String
  let headings: [Heading]
  let segments: [MarkedText.Segment]
  let isCutBefore: Bool
  let isCutAfter: Bool
  let scoreText: String
  let reasons: [Reason]
  let cardType: String?
  let cardDate: String?

  init(_ answer: Answer, in address: PageAddress) {
    cardTitle = answer.title.isEmpty ? answer.document : answer.title
    documentHref = address.document(answer.document, passage: answer.passage)
    similarHref = address.similar(to: answer.document)
    cardPath = answer.payload["path"]?.string ?? answer.document
    let outermostIsTitle = answer.headings.first == answer.title
    headings = answer.headings.dropFirst(outermostIsTitle ? 1 : 0).map(Heading.init)
    segments = MarkedText(answer.snippet.text, marking: answer.snippet.highlights).segments
    isCutBefore = answer.snippet.isCutBefore
    isCutAfter = answer.snippet.isCutAfter
    scoreText = Wording.score(answer.score)
    reasons = answer.contributions.map(Reason.init)
    cardType = answer.payload["type"]?.string
    cardDate = answer.payload.shownDate
  }
}

extension AnswerCard.Reason {
  init(_ contribution: Hit.Contribution) {
    reasonSource = contribution.source
    reasonRank = contribution.rank
    reasonScore = Wording.score(contribution.score)
    reasonHint =
      switch contribution.source {
      case "dense": "Place by meaning, and the similarity of the vectors"
      case "lexical": "Place by words, and the BM25 score"
      default: "Place given by \(contribution.source), and its score"
      }
  }
}

/// A document in a list without ranking.
struct DocumentCard: Hashable, Sendable {
  let cardTitle: String
  let documentHref: String
  let similarHref: String
  let cardPath: String
  let cardType: String?
  let cardDate: String?
  let cardPassages: String

  init(_ document: ListedDocument, in address: PageAddress) {
    cardTitle = document.title.isEmpty ? document.id : document.title
    documentHref = address.document(document.id, passage: nil)
    similarHref = address.similar(to: document.id)
    cardPath = document.payload["path"]?.string ?? document.id
    cardType = document.payload["type"]?.string
    cardDate = document.payload.shownDate
    cardPassages = Wording.count(document.passages, "passage", "passages")
  }
}

extension Payload {
  /// The date of the contents if the document states one, of the file otherwise.
  var shownDate: String? {
    for field in ["date", "year", "modified"] {
      if let value = self[field], let text = Wording.value(value, of: field) { return text }
    }
    return nil
  }
}
