import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

/// What the structures of single methods promise beyond their answers.
@Suite struct FilteredStructureTests {
  @Test func aPrefixGraphHoldsTheGraphOfEveryPrefix() throws {
    let vectors = IndexSamples.clustered(500, dimension: 12, seed: 2)
    var generator = SeededGenerator(seed: 3)
    // Ranks are a permutation of rows, so that rows and ranks cannot be mixed up unnoticed.
    let values = (0..<500).map(Double.init).shuffled(using: &generator)
    let byValue = (0..<500).sorted { values[$0] < values[$1] }
    func graph(_ bound: Int) throws -> PrefixGraph {
      let rows = Array(byValue.prefix(bound))
      let attributes = try RowAttributes(count: bound, values: ValueColumn(rows.map { values[$0] }))
      let factory = try FilteredIndexFactory(
        vectors.rows(rows), attributes: attributes, similarity: .euclidean, codec: .float32)
      var parameters = FilteredIndexParameters()
      parameters.graph = GraphParameters(degree: 8, efConstruction: 24)
      return try #require(try factory.build(.prefixGraph, parameters: parameters) as? PrefixGraph)
    }
    let whole = try graph(500)
    for bound in stride(from: 25, through: 500, by: 25) {
      let alone = try graph(bound)
      for rank in 0..<bound {
        #expect(
          whole.targets(ofRank: rank, amongFirst: bound) == alone.targets(ofRank: rank, amongFirst: bound),
          "rank \(rank) of \(bound)")
      }
    }
  }

  @Test func everyMatchingLabelSetIsReachable() throws {
    var generator = SeededGenerator(seed: 9)
    let sets = (0..<1_200).map { _ in
      (0..<Int.random(in: 0...4, using: &generator)).map { _ in Label.random(in: 0..<10, using: &generator) }
    }
    let attributes = try RowAttributes(count: sets.count, labels: LabelColumn(sets))
    let factory = try FilteredIndexFactory(
      IndexSamples.clustered(sets.count, dimension: 8), attributes: attributes, similarity: .euclidean)
    let index = try #require(try factory.build(.labelSetGraph) as? LabelSetGraph)
    let occurring = Set(sets.map { Set($0) })
    for _ in 0..<200 {
      let wanted = Set((0..<Int.random(in: 0...3, using: &generator)).map { _ in Label.random(in: 0..<10, using: &generator) })
      let expected = Set(occurring.filter { $0.isSuperset(of: wanted) }.map { $0.sorted() })
      #expect(index.reachableSets(from: wanted.sorted()) == expected, "\(wanted)")
    }
  }

  @Test(arguments: [FilteredMethod.labelGraph, .stitchedLabelGraph])
  func theRowsOfALabelHangTogether(_ method: FilteredMethod) throws {
    let sample = try FilteredIndexTests.Sample(2_000, seed: 4, labelsPerRow: 1...3)
    let factory = try FilteredIndexFactory(sample.vectors, attributes: sample.attributes, similarity: .euclidean)
    let index = try #require(try factory.build(method) as? LabelGraph)
    for label in 0..<Label(12) { #expect(index.reachable(label) >= 0.95, "label \(label)") }
  }
}
