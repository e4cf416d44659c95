/// The facets as links that add or replace a filter, and the filters in force as links that remove them.
struct FacetMenu: Hashable, Sendable {
  struct Group: Hashable, Sendable {
    let groupTitle: String
    let values: [Value]
  }

  struct Value: Hashable, Sendable {
    let valueLabel: String
    let valueCount: String
    let valueHref: String
    let isActive: Bool
  }

  struct Chip: Hashable, Sendable {
    let chipField: String?
    let chipLabel: String
    let removeHref: String
  }

  /// nil if no field divides the documents.
  let groupList: GroupList?
  /// nil if no filter is in force.
  let chipList: ChipList?

  struct GroupList: Hashable, Sendable {
    let groups: [Group]
  }

  struct ChipList: Hashable, Sendable {
    let chips: [Chip]
  }

  init(_ facets: [Facet], in address: PageAddress) {
    let groups = facets.filter { Self.isWorthShowing($0, in: address) }.map { Group($0, in: address) }
    let chips = address.filters.map { Chip(filter: $0, facets: facets, in: address) }
    groupList = groups.isEmpty ? nil : GroupList(groups: groups)
    chipList = chips.isEmpty ? nil : ChipList(chips: chips)
  }

  /// A field that has one value in all documents divides nothing.
  private static func isWorthShowing(_ facet: Facet, in address: PageAddress) -> Bool {
    facet.values.count > 1 || facet.values.contains { address.filters.contains($0.filter) }
  }
}

extension FacetMenu.Group {
  init(_ facet: Facet, in address: PageAddress) {
    groupTitle = Wording.heading(facet.field)
    let own = Set(facet.values.map(\.filter))
    let others = address.filters.filter { !own.contains($0) }
    values = facet.values.map { value in
      let isActive = address.filters.contains(value.filter)
      return FacetMenu.Value(
        valueLabel: value.label, valueCount: Wording.count(value.count),
        valueHref: address.with(filters: isActive ? others : others + [value.filter]).href, isActive: isActive)
    }
  }
}

extension FacetMenu.Chip {
  init(filter: String, facets: [Facet], in address: PageAddress) {
    let facet = facets.first { $0.values.contains { $0.filter == filter } }
    chipField = facet.map { Wording.heading($0.field) }
    chipLabel = facet?.values.first { $0.filter == filter }?.label ?? filter
    removeHref = address.with(filters: address.filters.filter { $0 != filter }).href
  }
}
