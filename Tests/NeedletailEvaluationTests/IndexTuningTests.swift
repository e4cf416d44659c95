import NeedletailCore
import NeedletailEvaluation
import NeedletailIndex
import NeedletailNumerics
import Testing

@Suite struct IndexTuningTests {
  private static let vectors: DenseVectors = {
    var generator = SeededGenerator(seed: 4)
    let centres = (0..<30 * 32).map { _ in Float.random(in: -1...1, using: &generator) }
    return DenseVectors(
      dimension: 32,
      values: (0..<2_500).flatMap { row in
        (0..<32).map { centres[row % 30 * 32 + $0] + 0.4 * Float.random(in: -1...1, using: &generator) }
      })
  }()

  @Test func whatIsProposedReachesTheGoalWithinTheMemory() throws {
    // A fifth of the floats: nothing that keeps the vectors fits.
    let budget = 4 * 32 * 1_000_000 / 5
    let goal = IndexTuning.Goal(recall: 0.5, limit: 5, memoryBytes: budget)
    let tuning = try IndexTuning(of: Self.vectors, rowCount: 1_000_000, goal: goal)
    let proposal = try #require(tuning.proposal)
    #expect(proposal.measurement.recall >= 0.5 && proposal.measurement.expectedBytes <= budget)
    #expect(proposal.specification.layout == .disk || !proposal.specification.keepsVectors)
    #expect(tuning.measurements.contains { !$0.isWithinMemory })
    // Nothing within the memory that finds as much is faster.
    #expect(
      tuning.measurements.allSatisfy {
        !$0.isWithinMemory || $0.recall < 0.5 || $0.expectedQueriesPerSecond <= proposal.measurement.expectedQueriesPerSecond
      })
    #expect(tuning.chart.svg.contains("stroke-dasharray"))
  }

  @Test func theProposalKeepsItsWordWhenItIsBuilt() throws {
    let tuning = try IndexTuning(of: Self.vectors, goal: IndexTuning.Goal(recall: 0.9))
    let proposal = try #require(tuning.proposal)
    let index = try DenseIndexFactory.build(Self.vectors, similarity: .cosine, specification: proposal.specification)
    let queries = DenseVectors(dimension: 32, values: Array(Self.vectors.values.prefix(100 * 32)))
    let truth = try index.search(queries, SearchOptions(limit: 10, isExact: true)).map { $0.map(\.row) }
    let found = try index.search(
      queries, SearchOptions(limit: 10, efSearch: proposal.measurement.efSearch, probes: proposal.measurement.probes))
    #expect(SearchMeasurement.recall(found, truth: truth, limit: 10) > 0.85)
  }

  @Test func whatNothingReachesIsSaid() throws {
    let tuning = try IndexTuning(of: Self.vectors, goal: IndexTuning.Goal(recall: 1, memoryBytes: 1_000))
    #expect(tuning.proposal == nil)
    let nearest = try #require(tuning.nearest)
    #expect(tuning.measurements.allSatisfy { $0.expectedBytes >= nearest.expectedBytes })
  }

  @Test func goalsThatMakeNoSenseAreRefused() {
    for goal in [IndexTuning.Goal(recall: 0), .init(recall: 1.5), .init(limit: 0), .init(memoryBytes: 0)] {
      #expect(throws: IndexError.self) { try IndexTuning(of: Self.vectors, goal: goal) }
    }
    let few = DenseVectors(dimension: 2, values: [1, 2, 3, 4])
    #expect(throws: IndexError.self) { try IndexTuning(of: few) }
  }
}
