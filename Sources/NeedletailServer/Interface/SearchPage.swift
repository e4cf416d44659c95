internal import NeedletailCore
internal import NeedletailRetrieval

/// The page with the query box in all its states. The templates read the properties by name; absent parts are nil.
struct SearchPage: Hashable, Sendable {
  static let pageSize = 10
  /// So that a long document does not fill the page alone.
  static let passagesPerDocument = 3

  var frame: PageFrame
  var form: SearchForm
  /// What there is to search, on the first page.
  var welcome: Welcome?
  var nothingIndexed: EmptyShelf?
  var problem: ProblemNotice?
  var facetMenu: FacetMenu?
  /// The document that the answers are like.
  var likeTitle: String?
  var likeHref: String?
  var results: Results?
  var listing: Listing?

  struct Welcome: Hashable, Sendable {
    let documentCount: String
    let passageCount: String
    let modelName: String?
  }

  struct EmptyShelf: Hashable, Sendable {
    let command: String
  }

  struct Results: Hashable, Sendable {
    var cards: [AnswerCard]
    var isEmpty: Bool
    var summary: String
    var time: String
    var stages: [Stage]
    /// Where nothing is found under filters, the address without them.
    var unfilteredHref: String?
    var pageLinks: PageLinks?
  }

  /// The pages before and after, where there are any.
  struct PageLinks: Hashable, Sendable {
    let previousHref: String?
    let nextHref: String?
  }

  struct Stage: Hashable, Sendable {
    let stageName: String
    let stageTime: String
    let stageCandidates: String?
  }

  struct Listing: Hashable, Sendable {
    var cards: [DocumentCard]
    var isEmpty: Bool
    var pageLinks: PageLinks?
  }
}

extension SearchPage {
  /// A page without answers so far.
  init(_ address: PageAddress, collections: [CollectionSummary], chosen: CollectionSummary?) {
    let isStart = address.query.isEmpty && address.like == nil && address.filters.isEmpty
    var home = PageAddress()
    home.collection = address.collection
    frame = PageFrame(
      pageTitle: address.query.isEmpty ? "Needletail" : "\(address.query) · Needletail", homeHref: home.href,
      bodyClass: isStart ? "start" : "found")
    form = SearchForm(address, collections: collections, chosen: chosen, wantsFocus: isStart)
  }
}

extension SearchPage.Welcome {
  init(_ collection: CollectionSummary) {
    documentCount = Wording.count(collection.documents, "document", "documents")
    passageCount = Wording.count(collection.passages, "passage", "passages")
    modelName = collection.model
  }
}

extension SearchPage.Results {
  init(_ outcome: SearchOutcome, seconds: Double, in address: PageAddress) {
    cards = outcome.answers.map { AnswerCard($0, in: address) }
    isEmpty = cards.isEmpty
    summary = Self.summary(count: cards.count, offset: address.offset, hasMore: outcome.hasMore)
    time = Wording.time(seconds: seconds)
    stages = outcome.stages.map { stage in
      SearchPage.Stage(
        stageName: stage.name, stageTime: Wording.time(seconds: stage.seconds),
        stageCandidates: stage.candidates > 0 ? Wording.count(stage.candidates, "passage", "passages") : nil)
    }
    unfilteredHref = isEmpty && !address.filters.isEmpty ? address.with(filters: []).href : nil
    pageLinks = SearchPage.PageLinks(around: address, hasMore: outcome.hasMore)
  }

  private static func summary(count: Int, offset: Int, hasMore: Bool) -> String {
    switch (count, offset, hasMore) {
    case (0, _, _): "No passages"
    case (_, 0, false): Wording.count(count, "passage", "passages")
    case (_, 0, true): "Best \(count) passages"
    default: "Passages \(offset + 1)–\(offset + count)"
    }
  }
}

extension SearchPage.Listing {
  init(_ listing: DocumentListing, in address: PageAddress) {
    cards = listing.documents.map { DocumentCard($0, in: address) }
    isEmpty = cards.isEmpty
    pageLinks = SearchPage.PageLinks(around: address, hasMore: listing.hasMore)
  }
}

extension SearchPage.PageLinks {
  /// nil if this page is the only one.
  init?(around address: PageAddress, hasMore: Bool) {
    let size = SearchPage.pageSize
    let next = address.offset + size
    previousHref = address.offset > 0 ? address.with(offset: address.offset - size).href : nil
    nextHref = hasMore && next <= SearchParameters.deepestOffset ? address.with(offset: next).href : nil
    if previousHref == nil && nextHref == nil { return nil }
  }
}
