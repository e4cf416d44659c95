internal import NeedletailCore

/// What conditions are evaluated against.
struct FilterContext: Sendable {
  var indexes: PayloadIndexes
  /// The columns of vectors by name.
  var columns: [String: Int]

  func textOptions(_ path: PayloadPath) -> TextOptions? { indexes[path.text]?.text }
}

extension PointBlock {
  /// The places of points that satisfy a filter.
  func mask(_ filter: PointFilter, in context: FilterContext) -> BlockMask {
    var mask = live
    for condition in filter.must {
      guard !mask.isEmpty else { return mask }
      mask = mask & self.mask(condition, in: context)
    }
    for condition in filter.mustNot {
      guard !mask.isEmpty else { return mask }
      mask = mask.subtracting(self.mask(condition, in: context))
    }
    if !filter.should.isEmpty, !mask.isEmpty { mask = mask & filter.should.reduce(.none) { $0 | self.mask($1, in: context) } }
    if let minimum = filter.minimumShould, !mask.isEmpty {
      let masks = minimum.conditions.map { self.mask($0, in: context) }
      var enough = BlockMask.none
      mask.forEach { place in
        if masks.reduce(0, { $0 + ($1.contains(place) ? 1 : 0) }) >= minimum.count { enough.insert(place) }
      }
      mask = enough
    }
    return mask
  }

  private func mask(_ condition: PointCondition, in context: FilterContext) -> BlockMask {
    switch condition {
    case .field(let path, let test):
      return columns.column(path, of: self)
        .mask(of: test, text: context.textOptions(path), payloads: payloads, path: path, in: live)
    case .id(let ids):
      var mask = BlockMask.none
      live.forEach { if ids.contains(self.ids[$0]) { mask.insert($0) } }
      return mask
    case .vector(let name):
      return context.columns[name].map { vectors[$0].present & live } ?? .none
    case .nested(let path, let filter):
      var mask = BlockMask.none
      live.forEach { if filter.holds(forAnElementAt: path, of: payloads[$0], in: context) { mask.insert($0) } }
      return mask
    case .slice(let total, let index):
      var mask = BlockMask.none
      live.forEach { if total > 0, ids[$0].sliceHash % total == index { mask.insert($0) } }
      return mask
    case .filter(let filter): return mask(filter, in: context)
    }
  }
}

/// The same, point by point: for elements of lists, for formulas, and as the specification in tests.
extension PointFilter {
  /// What is known of a point, or of an element of a list, which has neither id nor vectors.
  struct Subject {
    var payload: Payload
    var id: PointID?
    var vectorNames: Set<String> = []
  }

  func holds(_ subject: Subject, in context: FilterContext) -> Bool {
    must.allSatisfy { $0.holds(subject, in: context) } && !mustNot.contains { $0.holds(subject, in: context) }
      && (should.isEmpty || should.contains { $0.holds(subject, in: context) })
      && (minimumShould.map { $0.conditions.count { $0.holds(subject, in: context) } >= $0.count } ?? true)
  }

  func holds(forAnElementAt path: PayloadPath, of payload: Payload, in context: FilterContext) -> Bool {
    path.withoutLastWildcard.values(in: payload).contains { value in
      guard case .array(let elements) = value else { return false }
      return elements.contains { element in
        guard case .object(let members) = element else { return false }
        return holds(Subject(payload: members), in: context)
      }
    }
  }
}

extension PointCondition {
  func holds(_ subject: PointFilter.Subject, in context: FilterContext) -> Bool {
    switch self {
    case .field(let path, let test): test.holds(path.values(in: subject.payload), text: context.textOptions(path))
    case .id(let ids): subject.id.map(ids.contains) ?? false
    case .vector(let name): subject.vectorNames.contains(name)
    case .nested(let path, let filter): filter.holds(forAnElementAt: path, of: subject.payload, in: context)
    case .slice(let total, let index): subject.id.map { total > 0 && $0.sliceHash % total == index } ?? false
    case .filter(let filter): filter.holds(subject, in: context)
    }
  }
}
