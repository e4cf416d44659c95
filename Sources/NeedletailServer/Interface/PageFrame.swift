internal import NeedletailCore

/// What every page has around its contents. The templates read the properties by name.
struct PageFrame: Hashable, Sendable {
  let pageTitle: String
  let styleHref = Assets.style.href
  let scriptHref = Assets.script.href
  let iconHref = Assets.icon.href
  /// Where the name of the product leads.
  let homeHref: String
  let bodyClass: String
}

/// A page that says what went wrong.
struct ProblemPage: Hashable, Sendable {
  let frame: PageFrame
  let problem: ProblemNotice

  init(_ reported: ReportedProblem) {
    problem = ProblemNotice(reported)
    frame = PageFrame(pageTitle: "\(problem.problemTitle) · Needletail", homeHref: "/", bodyClass: "plain")
  }
}

/// A problem put politely.
struct ProblemNotice: Hashable, Sendable {
  let problemTitle: String
  let problemText: String

  init(_ reported: ReportedProblem) {
    problemText = Wording.sentence(reported.message)
    problemTitle =
      switch reported.category {
      case .invalidRequest: "That cannot be asked like this"
      case .notFound: "Not found"
      case .conflict: "Somebody else is at it"
      case .unavailable: "Not available right now"
      case .corrupted: "Stored data is damaged"
      case .cancelled: "Given up"
      case .internal: "Something went wrong"
      }
  }
}
