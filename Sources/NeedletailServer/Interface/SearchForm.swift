internal import NeedletailCore
internal import NeedletailRetrieval

/// The query box with what belongs to it. Everything the address holds and the form does not show travels in hidden
/// fields, so that a search without JavaScript keeps filters and collection.
struct SearchForm: Hashable, Sendable {
  struct Mode: Hashable, Sendable {
    let modeValue: String
    let modeName: String
    let modeHint: String
    let isChosen: Bool
  }

  struct CollectionMenu: Hashable, Sendable {
    let choices: [Choice]
  }

  struct Choice: Hashable, Sendable {
    let choiceName: String
    let isChosen: Bool
  }

  struct HiddenField: Hashable, Sendable {
    let fieldName: String
    let fieldValue: String
  }

  let queryText: String
  let wantsFocus: Bool
  let modes: [Mode]
  /// Only where there are several collections.
  let collectionMenu: CollectionMenu?
  let hiddenFields: [HiddenField]

  init(_ address: PageAddress, collections: [CollectionSummary], chosen: CollectionSummary?, wantsFocus: Bool) {
    queryText = address.query
    self.wantsFocus = wantsFocus
    let mode = address.mode ?? chosen?.modes.first
    modes = (chosen?.modes ?? []).map { Mode($0, isChosen: $0 == mode) }
    collectionMenu =
      collections.count > 1
      ? CollectionMenu(choices: collections.map { Choice(choiceName: $0.name, isChosen: $0.name == chosen?.name) }) : nil
    hiddenFields = address.filters.map { HiddenField(fieldName: "filter", fieldValue: $0) }
  }
}

extension SearchForm.Mode {
  init(_ mode: SearchMode, isChosen: Bool) {
    modeValue = mode.rawValue
    self.isChosen = isChosen
    switch mode {
    case .hybrid: (modeName, modeHint) = ("Hybrid", "by meaning and by words")
    case .dense: (modeName, modeHint) = ("Dense", "by meaning")
    case .lexical: (modeName, modeHint) = ("Lexical", "by words")
    case .sparse: (modeName, modeHint) = ("Sparse", "by weighted terms")
    }
  }
}
