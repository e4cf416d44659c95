public import NeedletailCore
internal import NeedletailNumerics

/// Checks that an index keeps the promises of `FilteredIndex`, for authors of indexes and for our own tests.
///
/// The oracle compares every row with double precision and tests the predicate by its definition. Made for some thousand
/// vectors.
public struct FilteredIndexConformance: Sendable {
  /// What the index was built from.
  public let vectors: DenseVectors
  public let attributes: RowAttributes
  public let similarity: Similarity
  public let queries: DenseVectors
  /// The predicates to ask for; those of kinds that an index does not serve have to be refused by it.
  public let predicates: [RowPredicate]
  /// The largest error of a score, as a fraction of the lengths that went into it.
  public let tolerance: Double

  public init(
    vectors: DenseVectors, attributes: RowAttributes, similarity: Similarity, queries: DenseVectors,
    predicates: [RowPredicate], tolerance: Double = 2e-3
  ) {
    self.vectors = vectors
    self.attributes = attributes
    self.similarity = similarity
    self.queries = queries
    self.predicates = predicates
    self.tolerance = tolerance
  }

  /// The broken promises, each as a sentence; empty for a sound index.
  ///
  /// - Parameters:
  ///   - index: an index over the suite's vectors and attributes.
  ///   - minimumRecall: what fraction of the true neighbours a search has to find, averaged over queries and predicates.
  ///   - effort: how hard it may try.
  public func violations(of index: any FilteredIndex, minimumRecall: Double, effort: Int) -> [String] {
    var violations: [String] = []
    if index.count != vectors.count { violations.append("count is \(index.count) instead of \(vectors.count)") }
    if index.dimension != vectors.dimension { violations.append("dimension is \(index.dimension)") }
    var found = 0
    var wanted = 0
    for (number, predicate) in predicates.enumerated() {
      guard serves(index, predicate.kind) else {
        if (try? index.search(Array(queries[0]), where: predicate)) != nil {
          violations.append("predicate \(number) is answered although its kind is not served")
        }
        continue
      }
      let matching = matching(predicate)
      for query in 0..<queries.count {
        for limit in [1, 10, vectors.count + 5] where limit <= 10 || query == 0 {
          let options = FilteredSearchOptions(limit: limit, effort: effort)
          let name = "predicate \(number), query \(query), limit \(limit)"
          do throws(IndexError) {
            let answer = try index.search(Array(queries[query]), where: predicate, options)
            if answer != (try index.search(Array(queries[query]), where: predicate, options)) {
              violations.append("\(name): a repetition has another answer")
            }
            violations += formViolations(answer, matching, limit: limit).map { "\(name): \($0)" }
            let scores = matching.map { score(query, $0).score }.sorted(by: >)
            let expected = min(limit, matching.count)
            wanted += expected
            found += countFound(answer, query, worst: scores.prefix(expected).last ?? 0)
            violations += scoreViolations(answer, query).map { "\(name): \($0)" }
          } catch {
            violations.append("\(name) throws: \(error)")
          }
        }
      }
    }
    if wanted > 0, Double(found) < minimumRecall * Double(wanted) {
      violations.append("recall is \(Double(found) / Double(wanted)), not \(minimumRecall)")
    }
    return Array(violations.prefix(100))
  }

  private func serves(_ index: any FilteredIndex, _ kind: PredicateKind) -> Bool {
    index.kinds.contains(kind) || (kind == .prefix && index.kinds.contains(.range))
      || (kind == .label && index.kinds.contains(.labels))
  }

  /// The rows that satisfy a predicate, tested one by one.
  private func matching(_ predicate: RowPredicate) -> [Row] {
    (0..<Row(vectors.count)).filter { row in
      switch predicate {
      case .rows(let rows): return rows.contains(row)
      case .range(let bounds): return attributes.values.map { bounds.contains($0.values[Int(row)]) } ?? false
      case .labels(let condition):
        let own = Set(attributes.labels?.labels(of: row) ?? [])
        switch condition {
        case .all(let labels): return own.isSuperset(of: labels)
        case .any(let labels): return !own.isDisjoint(with: labels)
        case .exactly(let labels): return own == Set(labels)
        }
      }
    }
  }

  private func formViolations(_ answer: FilteredAnswer, _ matching: [Row], limit: Int) -> [String] {
    var violations: [String] = []
    let neighbours = answer.neighbours
    if neighbours.count != min(limit, matching.count) {
      violations.append("\(neighbours.count) neighbours where \(matching.count) rows match")
    }
    for (first, second) in zip(neighbours, neighbours.dropFirst()) {
      if first.score < second.score || (first.score == second.score && first.row >= second.row) {
        violations.append("\(first) comes before \(second)")
      }
    }
    let allowed = RowSet(matching)
    for neighbour in neighbours where !allowed.contains(neighbour.row) {
      violations.append("row \(neighbour.row) does not match")
    }
    if Set(neighbours.map(\.row)).count != neighbours.count { violations.append("a row comes twice") }
    return violations
  }

  private func scoreViolations(_ answer: FilteredAnswer, _ query: Int) -> [String] {
    answer.neighbours.compactMap { neighbour in
      let (score, scale) = score(query, neighbour.row)
      guard abs(score - Double(neighbour.score)) > tolerance * scale else { return nil }
      return "row \(neighbour.row) scores \(neighbour.score), not \(score)"
    }
  }

  private func countFound(_ answer: FilteredAnswer, _ query: Int, worst: Double) -> Int {
    answer.neighbours.count { neighbour in
      let (score, scale) = score(query, neighbour.row)
      return score >= worst - tolerance * scale / 10
    }
  }

  private func score(_ query: Int, _ row: Row) -> (score: Double, scale: Double) {
    ExactScore.of(queries[query], vectors[Int(row)], similarity)
  }
}
