import NeedletailNumerics
import NeedletailStore
import Testing

@Suite struct MergePolicyTests {
  /// A collection of which only the sizes exist.
  struct Simulation {
    var policy = MergePolicy()
    var segments: [MergePolicy.SegmentSize] = []
    var delta = 0
    var next: Int64 = 1
    var rowsBuilt = 0
    var largestCount = 0

    mutating func settle(isIdle: Bool) {
      while let step = policy.nextStep(deltaRows: delta, segments: segments, isIdle: isIdle) {
        var rows = step.includesDelta ? delta : 0
        if step.includesDelta { delta = 0 }
        rows += segments.filter { step.segments.contains($0.number) }.reduce(0) { $0 + $1.live }
        segments.removeAll { step.segments.contains($0.number) }
        if rows > 0 { segments.append(MergePolicy.SegmentSize(number: next, rows: rows, live: rows)) }
        next += 1
        rowsBuilt += rows
      }
      largestCount = max(largestCount, segments.count)
    }
  }

  @Test func aTrickleKeepsSegmentsFewAndBuildingCheap() {
    var simulation = Simulation()
    var written = 0
    while written < 200_000 {
      simulation.delta += 10
      written += 10
      simulation.settle(isIdle: true)
    }
    #expect(simulation.largestCount <= 10)
    #expect(simulation.rowsBuilt <= 12 * written, "each row is built \(Double(simulation.rowsBuilt) / Double(written)) times")
    #expect(simulation.segments.reduce(0) { $0 + $1.live } + simulation.delta == written)
  }

  @Test func aBulkLoadBuildsTheWholeOnce() {
    var simulation = Simulation()
    for _ in 0..<100 {
      simulation.delta += 1_000
      simulation.settle(isIdle: false)
    }
    #expect(simulation.segments.count == 11)
    simulation.settle(isIdle: true)
    #expect(simulation.segments.count == 1)
    #expect(simulation.rowsBuilt <= 2 * 100_000)
  }

  @Test func anEndlessLoadIsMergedInTiers() {
    var simulation = Simulation()
    for _ in 0..<2_000 {
      simulation.delta += 1_000
      simulation.settle(isIdle: false)
    }
    #expect(simulation.largestCount <= 48)
    #expect(simulation.rowsBuilt <= 4 * 2_000_000)
  }

  @Test func smallDeltasStayInMemory() {
    let policy = MergePolicy()
    #expect(policy.nextStep(deltaRows: policy.minimumRows - 1, segments: [], isIdle: true) == nil)
    #expect(policy.nextStep(deltaRows: policy.maximumDeltaRows - 1, segments: [], isIdle: false) == nil)
    #expect(policy.nextStep(deltaRows: policy.maximumDeltaRows, segments: [], isIdle: false) == .init(includesDelta: true, segments: []))
  }

  @Test func damageAndDeletionsAreRepaired() {
    let policy = MergePolicy()
    let sound = MergePolicy.SegmentSize(number: 1, rows: 10_000, live: 8_100)
    #expect(policy.nextStep(deltaRows: 0, segments: [sound], isIdle: true) == nil)
    for isIdle in [true, false] {
      let thinned = MergePolicy.SegmentSize(number: 2, rows: 1_000, live: 790)
      #expect(policy.nextStep(deltaRows: 0, segments: [sound, thinned], isIdle: isIdle) == .init(includesDelta: false, segments: [2]))
      let damaged = MergePolicy.SegmentSize(number: 3, rows: 1_000, live: 1_000, isDamaged: true)
      #expect(policy.nextStep(deltaRows: 0, segments: [sound, damaged], isIdle: isIdle) == .init(includesDelta: false, segments: [3]))
    }
  }

  @Test func noSegmentOutgrowsTheLimit() {
    var simulation = Simulation()
    simulation.policy.maximumSegmentRows = 20_000
    for _ in 0..<300 {
      simulation.delta += 500
      simulation.settle(isIdle: true)
    }
    #expect(simulation.segments.allSatisfy { $0.rows <= 20_000 })
    #expect(simulation.segments.count <= 20)
  }
}
