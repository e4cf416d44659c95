public import NeedletailCore
public import NeedletailIndex
internal import NeedletailNumerics

/// Queries with a predicate each, over rows with one attribute.
public struct FilteredWorkload: Sendable {
  /// What it is called in reports.
  public let name: String
  /// What the attribute is called: workloads over the same column have equal attributes.
  public let column: String
  public let attributes: RowAttributes
  /// The predicate of each query.
  public let predicates: [RowPredicate]

  public init(name: String, column: String, attributes: RowAttributes, predicates: [RowPredicate]) {
    self.name = name
    self.column = column
    self.attributes = attributes
    self.predicates = predicates
  }

  /// The mean part of the rows that match.
  public func selectivity() throws -> Double {
    guard !predicates.isEmpty, attributes.count > 0 else { return 0 }
    let counts = try predicates.map { try attributes.count(satisfying: $0) }
    return Double(counts.reduce(0, +)) / Double(predicates.count * attributes.count)
  }

  /// Ranges of a numeric attribute, or values of a set attribute, that the attribute of a random row satisfies, as the
  /// comparison of Iff et al. draws its filters.
  ///
  /// - Parameters:
  ///   - table: the attributes of the rows.
  ///   - attribute: the name of the attribute.
  ///   - count: how many predicates.
  ///   - selectivities: for numbers, the widths of ranges as parts of the rows, in turn; empty for exact matches.
  ///   - seed: of the draw.
  public static func drawn(
    from table: AttributeTable, _ attribute: String, count: Int, selectivities: [Double], seed: UInt64
  ) throws -> FilteredWorkload {
    var generator = SeededGenerator(seed: seed)
    let attributes = try table.attributes(attribute)
    switch table.columns[attribute] {
    case .numbers(let values)? where selectivities.isEmpty:
      // Exact match on a number: every value is a label.
      let distinct = Set(values).sorted()
      let labels = Dictionary(uniqueKeysWithValues: distinct.enumerated().map { ($1, Label($0)) })
      let exact = try RowAttributes(count: table.count, labels: LabelColumn(values.map { labels[$0].map { [$0] } ?? [] }))
      let predicates = (0..<count).map { _ -> RowPredicate in
        .labels(.all(values.randomElement(using: &generator).flatMap { labels[$0] }.map { [$0] } ?? []))
      }
      return FilteredWorkload(name: "\(attribute) exactly", column: "\(attribute) exactly", attributes: exact, predicates: predicates)
    case .numbers(let values)?:
      let sorted = values.sorted()
      let predicates = (0..<count).map { number -> RowPredicate in
        let width = max(1, Int(selectivities[number % selectivities.count] * Double(sorted.count)))
        let start = Int.random(in: 0...max(0, sorted.count - width), using: &generator)
        return .range(sorted[start]...sorted[start + width - 1])
      }
      return FilteredWorkload(name: "\(attribute) range", column: attribute, attributes: attributes, predicates: predicates)
    case .sets(let sets, _)?:
      let filled = sets.filter { !$0.isEmpty }
      let predicates = (0..<count).map { _ -> RowPredicate in
        .labels(.all(filled.randomElement(using: &generator)?.randomElement(using: &generator).map { [$0] } ?? []))
      }
      return FilteredWorkload(name: "\(attribute) contains", column: attribute, attributes: attributes, predicates: predicates)
    case nil:
      return FilteredWorkload(name: attribute, column: attribute, attributes: attributes, predicates: [])
    }
  }
}

/// How a filter and the vectors go together.
public enum FilterCorrelation: String, Codable, CaseIterable, Sendable {
  /// What matches lies around the query.
  case correlated
  /// What matches is a random part.
  case independent
  /// What matches lies far from the query.
  case antiCorrelated = "anti-correlated"
}

/// Makes workloads of given selectivity and correlation over any vectors: ranges of a value, or equally selective labels.
public struct FilterGrid: Sendable {
  private let count: Int
  private let local: [Int]
  private let queryPlaces: [Int]
  private let shuffled: [Int]

  /// - Parameters:
  ///   - vectors: the rows that are searched.
  ///   - queries: those that the workloads are for.
  ///   - seed: of the order in which values are given.
  public init(_ vectors: DenseVectors, queries: DenseVectors, seed: UInt64) {
    let order = LocalityOrder(vectors, seed: seed)
    count = vectors.count
    local = order.places
    queryPlaces = (0..<queries.count).map { order.place(of: queries[$0]) }
    var generator = SeededGenerator(seed: seed &+ 1)
    shuffled = Array(0..<vectors.count).shuffled(using: &generator)
  }

  /// One workload of the grid.
  ///
  /// - Parameters:
  ///   - selectivity: the part of the rows that matches, above zero; labels make it one over a whole number.
  ///   - correlation: whether what matches lies near the queries.
  ///   - kind: `.range` or `.label`.
  public func workload(
    selectivity: Double, _ correlation: FilterCorrelation, kind: PredicateKind
  ) throws -> FilteredWorkload {
    let places = correlation == .independent ? shuffled : local
    let order = correlation == .independent ? "shuffled" : "by place"
    let name = "\(kind.rawValue) \(Self.percent(selectivity)) \(correlation.rawValue)"
    if kind == .range {
      let width = min(count, max(1, Int((selectivity * Double(count)).rounded())))
      let predicates = queryPlaces.map { place -> RowPredicate in
        let start = max(0, min(count - width, centre(place, correlation) - width / 2))
        return .range(Double(start)...Double(start + width - 1))
      }
      let attributes = try RowAttributes(count: count, values: ValueColumn(places.map(Double.init)))
      return FilteredWorkload(name: name, column: "range \(order)", attributes: attributes, predicates: predicates)
    }
    let parts = max(1, min(count, Int((1 / selectivity).rounded())))
    let predicates = queryPlaces.map { RowPredicate.labels(.all([label(centre($0, correlation), parts)])) }
    let attributes = try RowAttributes(count: count, labels: LabelColumn(places.map { [label($0, parts)] }))
    return FilteredWorkload(
      name: name, column: "\(parts) labels \(order)", attributes: attributes, predicates: predicates)
  }

  private func centre(_ place: Int, _ correlation: FilterCorrelation) -> Int {
    correlation == .antiCorrelated ? (place + count / 2) % max(1, count) : place
  }

  private func label(_ place: Int, _ parts: Int) -> Label { Label(min(parts - 1, place * parts / max(1, count))) }

  private static func percent(_ part: Double) -> String {
    let percent = (part * 1_000).rounded() / 10
    return percent == percent.rounded() ? "\(Int(percent)) %" : "\(percent) %"
  }
}
